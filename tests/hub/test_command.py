"""Publishing on the command line: messages, written files, and the confirmation.

pytest tests/hub/test_command.py
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hub.commands import done, fails, push, repositories, writes
from tests.hub.conftest import NAME, shown
from tests.loopback import Hub


def test_first_push_says_what_is_added_and_where_it_is(here, before):
    said = done(push(before, NAME, "--yes"))
    count = len(here.repository(NAME).files()) - 1
    assert f"{NAME} main, a new public repository" in said
    assert f"add        {count} files" in said and "One commit" in said
    head = here.repository(NAME).head()[:8]
    assert f"{here.url}/datasets/{NAME} at {head}" in said
    assert f'load_dataset("{NAME}", "mabsa-lines-text")' in said
    assert shown(here)


def test_second_push_of_the_same_writes_nothing(here, before):
    done(push(before, NAME, "--yes"))
    head = here.repository(NAME).head()
    here.clear()
    assert "No changes" in done(push(before, NAME, "--yes"))
    assert writes(here) == [] and here.repository(NAME).head() == head


def test_push_of_what_is_there_asks_nobody(here, before):
    done(push(before, NAME, "--yes"))
    assert "No changes" in done(push(before, NAME))


def test_update_counts_what_is_added_replaced_and_removed(here, before, after):
    done(push(before, NAME, "--yes"))
    old = here.repository(NAME).files()
    said = done(push(after, NAME, "--yes"))
    new = here.repository(NAME).files()
    both = old.keys() & new.keys()
    counts = {
        "add": len(new.keys() - old.keys()),
        "replace": sum(old[path] != new[path] for path in both),
        "remove": len(old.keys() - new.keys()),
        "unchanged": sum(old[path] == new[path] for path in both - {".gitattributes"}),
    }
    rows = [line.split() for line in said.splitlines()]
    assert {row[0]: int(row[1]) for row in rows if row[0] in counts} == counts and all(counts.values())


def test_tag_is_said_and_pinned(here, before):
    said = done(push(before, NAME, "--yes", "--tag", "v1"))
    assert "created the tag v1" in said and 'revision="v1")' in said
    assert here.repository(NAME).tags == {"v1": here.repository(NAME).head()}


def test_request_is_said_with_its_address(here, before, after):
    done(push(before, NAME, "--yes"))
    assert f"proposed in {here.url}/datasets/{NAME}/discussions/1" in done(push(after, NAME, "--yes", "--create-pr"))


def test_message_is_the_title_of_the_commit(here, before):
    done(push(before, NAME, "--yes", "--message", "Spring\nharvest"))
    assert here.repository(NAME).commits()[0].title.startswith("Spring harvest (build ")


@pytest.mark.parametrize("how", [[], ["--tag", "v1"], ["--revision", "next"], ["--private"], ["--create-pr"]])
def test_dry_run_of_a_first_push_writes_nothing(here, before, how):
    visibility = "private" if "--private" in how else "public"
    assert f"a new {visibility} repository" in done(push(before, NAME, "--dry-run", *how))
    assert writes(here) == [] and not repositories(here)


@pytest.mark.parametrize("how", [[], ["--tag", "v1"], ["--revision", "next"], ["--create-pr"]])
def test_dry_run_of_an_update_writes_nothing(here, before, after, how):
    done(push(before, NAME, "--yes"))
    here.clear()
    assert "replace" in done(push(after, NAME, "--dry-run", *how))
    assert writes(here) == []


def test_new_repository_is_private_if_asked(here, before):
    assert "a new private repository" in done(push(before, NAME, "--yes", "--private"))
    assert here.repository(NAME).private


def test_private_repository_is_pushed_to_again(here, before, after):
    done(push(before, NAME, "--yes", "--private"))
    done(push(after, NAME, "--yes", "--private"))
    assert here.repository(NAME).private


def test_public_repository_is_not_pushed_to_as_a_private_one(here, before):
    here.create(NAME)
    fails(push(before, NAME, "--yes", "--private"), 1, NAME, "exists and is public", "--private")
    assert writes(here) == []


def test_foreign_manifest_in_the_repository_is_refused(here, before):
    here.create(NAME)
    here.commit(NAME, {"manifest.json": b'{"name": "an app"}'})
    fails(push(before, NAME, "--yes"), 1, f"{NAME} manifest.json", "was not written by sde-datasets")
    assert writes(here) == []


@contextmanager
def terminal(hub: Hub, home: Path, *args: object) -> Iterator[tuple[subprocess.Popen, int]]:
    """A command whose standard input is a terminal; the other end of that terminal."""
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": hub.token, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-m", "sde_datasets", *map(str, args)]
    user, inside = pty.openpty()
    pipes = {"stdin": inside, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    try:
        with subprocess.Popen(command, env=os.environ | settings | {"HF_HUB_DISABLE_TELEMETRY": "1"}, **pipes) as run:
            yield run, user
    finally:
        os.close(user)
        os.close(inside)


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_user_is_asked_and_obeyed(hub, before, tmp_path, answer, code):
    with terminal(hub, tmp_path, "push", before, NAME) as (run, user):
        os.write(user, f"{answer}\n".encode())
        out, err = run.communicate(timeout=60)
    assert run.returncode == code and f"Push to {NAME}?" in err, err
    assert "a new public repository" in out and "Traceback" not in err
    assert repositories(hub) == (code == 0) == bool(writes(hub))


def test_nobody_to_ask(here, before):
    fails(push(before, NAME), 2, "cannot be confirmed", "--yes", "--dry-run")
    assert writes(here) == []


def test_foreign_files_that_are_replaced_are_named(here, before, after):
    here.create(NAME)
    here.commit(NAME, {"README.md": b"# mine", "other.txt": b"x"}, title="theirs")
    said = done(push(before, NAME, "--yes", "--replace-card"))
    assert "Replaces files that sde-datasets did not write: README.md." in said
    assert here.repository(NAME).files()["other.txt"] == b"x"
    assert "Replaces files" not in done(push(after, NAME, "--yes"))
