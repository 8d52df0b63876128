"""Publishing on the command line: what is said, what is written, and one clear line with the right exit code for every
mistake. The token is never shown.

pytest tests/hub/test_command.py
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from huggingface_hub import HfApi, set_client_factory
from huggingface_hub.utils._http import default_client_factory
from loopback import Hub

from hub.conftest import NAME, shown
from sde_datasets.cli import main
from sde_datasets.manifest import read_manifest

SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples"
LOG_IN = "hf auth login"


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path) -> Iterator[None]:
    """A machine on which nobody is logged in; the client is as it was after each command."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    yield
    set_client_factory(default_client_factory)


@pytest.fixture
def here(hub, monkeypatch) -> Hub:
    """The loopback Hub as the one that commands speak to, and a token that it knows."""
    speak_to(hub.url, hub.token, monkeypatch)
    return hub


def speak_to(url: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT and HF_TOKEN do for a command; the first is read when the library is imported."""
    monkeypatch.setattr("sde_datasets.hub.connection.HfApi", partial(HfApi, endpoint=url))
    monkeypatch.setenv("HF_TOKEN", token)


@pytest.fixture
def folder(before, tmp_path) -> Path:
    """A built folder that may be damaged."""
    return Path(shutil.copytree(before, tmp_path / "built"))


def sde(*args: object) -> Result:
    """Run a command; standard input is no terminal."""
    return CliRunner().invoke(main, [str(arg) for arg in args])


def push(folder: Path, *args: object) -> Result:
    return sde("push", folder, *args, "--quiet")


def done(result: Result) -> str:
    """What a command that must succeed says on standard output."""
    assert result.exit_code == 0, result.output
    return result.stdout


def fails(result: Result, code: int, *says: str) -> None:
    """The command ends with this code and one line that says all this."""
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert all(word in result.stderr for word in says), result.stderr
    assert len(result.stderr.splitlines()) == 1 and "Traceback" not in result.output


def writes(hub: Hub) -> list[str]:
    """The calls that are not mere questions."""
    return [f"{call.method} {call.path}" for call in hub.calls if call.method not in ("GET", "HEAD")]


def repositories(hub: Hub) -> bool:
    """Is the repository there?"""
    try:
        return bool(hub.repository(NAME))
    except KeyError:
        return False


# what is done and said


def test_first_push_says_what_is_added_and_where_it_is(here, before):
    said = done(push(before, NAME, "--yes"))
    count = len(here.repository(NAME).files()) - 1
    assert f"{NAME} main, not there yet: a public one is made" in said
    assert f"add        {count} files" in said and "One commit" in said
    head = here.repository(NAME).head()[:8]
    assert f"{here.url}/datasets/{NAME} at {head}" in said
    assert f'load_dataset("{NAME}", "mabsa-lines-text")' in said
    assert shown(here)


def test_second_push_of_the_same_writes_nothing(here, before):
    done(push(before, NAME, "--yes"))
    head = here.repository(NAME).head()
    here.clear()
    assert "Nothing has changed" in done(push(before, NAME, "--yes"))
    assert writes(here) == [] and here.repository(NAME).head() == head


def test_push_of_what_is_there_asks_nobody(here, before):
    done(push(before, NAME, "--yes"))
    assert "Nothing has changed" in done(push(before, NAME))


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
    assert "tagged v1" in said and 'revision="v1")' in said
    assert here.repository(NAME).tags == {"v1": here.repository(NAME).head()}


def test_request_is_said_with_its_address(here, before, after):
    done(push(before, NAME, "--yes"))
    assert f"proposed in {here.url}/datasets/{NAME}/discussions/1" in done(push(after, NAME, "--yes", "--create-pr"))


def test_message_is_the_title_of_the_commit(here, before):
    done(push(before, NAME, "--yes", "--message", "Spring\nharvest"))
    assert here.repository(NAME).commits()[0].title.startswith("Spring harvest (build ")


@pytest.mark.parametrize("how", [[], ["--tag", "v1"], ["--revision", "next"], ["--private"], ["--create-pr"]])
def test_dry_run_of_a_first_push_writes_nothing(here, before, how):
    assert "not there yet" in done(push(before, NAME, "--dry-run", *how))
    assert writes(here) == [] and not repositories(here)


@pytest.mark.parametrize("how", [[], ["--tag", "v1"], ["--revision", "next"], ["--create-pr"]])
def test_dry_run_of_an_update_writes_nothing(here, before, after, how):
    done(push(before, NAME, "--yes"))
    here.clear()
    assert "replace" in done(push(after, NAME, "--dry-run", *how))
    assert writes(here) == []


def test_new_repository_is_private_if_asked(here, before):
    assert "a private one is made" in done(push(before, NAME, "--yes", "--private"))
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


def test_sources_and_licences_go_along(here, tmp_path):
    """GENIA's licence text must be handed on with the corpus."""
    done(build(tmp_path, "--source", f"genia={SAMPLES / 'ner'}", "--designs", "lines-text"))
    done(push(tmp_path / "out", NAME, "--yes"))
    notice = here.repository(NAME).files()["NOTICE.md"].decode()
    text = SAMPLES.parents[1] / "cards" / "licences" / "genia.txt"
    assert "## Licence text: genia" in notice and text.read_text("utf-8").strip() in notice


# asking before


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
    assert "not there yet" in out and "Traceback" not in err
    assert repositories(hub) == (code == 0) == bool(writes(hub))


def test_nobody_to_ask(here, before):
    fails(push(before, NAME), 2, "nobody is there to be asked", "--yes", "--dry-run")
    assert writes(here) == []


# the token


def test_no_token_says_how_to_log_in(here, before, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    fails(push(before, NAME, "--yes"), 1, NAME, "there is no token", LOG_IN, "HF_TOKEN")
    assert here.calls == []


@pytest.mark.parametrize("there", [True, False])
def test_wrong_token_says_how_to_log_in(here, before, monkeypatch, there):
    if there:
        here.create(NAME)
    monkeypatch.setenv("HF_TOKEN", "hf_wrongwrongwrong")
    result = push(before, NAME, "--yes")
    fails(result, 1, NAME, "the token is not accepted", LOG_IN)
    assert "hf_wrongwrongwrong" not in result.output and (not there or not shown(here))


def test_token_from_the_file_of_the_library(here, before, monkeypatch, tmp_path):
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_text(f"{here.token}\n")
    done(push(before, NAME, "--yes"))
    assert shown(here)


def test_token_is_in_nothing_that_is_said_or_sent(here, folder):
    result = push(folder, NAME, "--yes", "--tag", "v1")
    done(result)
    assert here.token not in result.output
    for content in [*here.repository(NAME).files().values(), *(p.read_bytes() for p in folder.rglob("*.*"))]:
        assert here.token.encode() not in content


class Repeater(BaseHTTPRequestHandler):
    """Answers every call with one status and an error that repeats the Authorization header."""

    status = 403

    def _answer(self) -> None:
        said = f"not for {self.headers['Authorization']}"
        body = json.dumps({"error": said}).encode()
        self.send_response(self.status)
        self.send_header("X-Error-Message", said)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = _answer

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(params=[400, 401, 403, 409])
def repeater(request, monkeypatch) -> Iterator[None]:
    """A server that repeats the token, as the one that commands speak to."""
    handler = type("Handler", (Repeater,), {"status": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        speak_to(f"http://127.0.0.1:{server.server_port}", "hf_secretsecretsecret", monkeypatch)
        yield
        server.shutdown()
        serving.join()


def test_token_is_masked_where_the_server_repeats_it(repeater, before):
    result = push(before, NAME, "--yes")
    fails(result, 1, NAME, "***")
    assert "secretsecret" not in result.output


def test_token_that_may_not_write(here, before, monkeypatch):
    """The Hub lets such a token read, and answers every writing with 403."""
    from loopback import routes
    from loopback.wire import Problem

    here.create(NAME)
    admit = routes._admit

    def reading_only(state, request, access) -> None:
        if access != "read":
            raise Problem(403, "You have read access but not the required permissions for this operation")
        admit(state, request, access)

    monkeypatch.setattr(routes, "_admit", reading_only)
    fails(push(before, NAME, "--yes"), 1, NAME, "the token may not do this", "write access")
    assert not shown(here)


def test_offline_is_said(here, before, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    fails(push(before, NAME, "--yes"), 1, NAME, "HF_HUB_OFFLINE is set")


# wrong use


@pytest.mark.parametrize("name", ["sde", "a/b/c", "org/ sde", "org/", "/sde", "org/sde.git", "org/a..b", "org/é"])
def test_name_that_is_none(here, before, name):
    fails(push(before, name, "--yes"), 2, repr(name), "org/name")
    assert here.calls == []


@pytest.mark.parametrize(("how", "says"), [(["--tag", "v1"], "--tag"), (["--revision", "next"], "--revision")])
def test_request_goes_without_tag_and_branch(here, before, how, says):
    fails(push(before, NAME, "--yes", "--create-pr", *how), 2, "pull request", says)
    assert here.calls == []


@pytest.mark.parametrize("arguments", [[NAME], []])
def test_folder_that_was_not_built(here, tmp_path, arguments):
    fails(push(tmp_path, *arguments, "--yes"), 1, str(tmp_path), "no manifest.json", "sde-datasets build")
    assert here.calls == []


@pytest.mark.parametrize("path", ["data/mabsa-records/test-00000-of-00001.parquet", "configs.csv", "NOTICE.md"])
def test_changed_file_is_refused_by_its_name(here, folder, path):
    content = bytearray((folder / path).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / path).write_bytes(content)
    fails(push(folder, NAME, "--yes"), 1, str(folder / path), "is not what the manifest says", "Build the folder again")
    assert not shown(here)


def test_plan_without_a_repository(here, before):
    fails(push(before, "--yes"), 2, "the plan of this folder names none")


# building and pushing


def build(folder: Path, *args: object) -> Result:
    """Build into `out` of a folder."""
    return sde("build", "--out", folder / "out", "--quiet", "--workers", 1, *args)


def planned(folder: Path, view: str, top: str = "") -> Path:
    """A plan of one view with one design."""
    (folder / "sde.toml").write_text(f'designs = ["lines-text"]\n{top}\n[[view]]\n{view}\n')
    return folder / "sde.toml"


@pytest.fixture
def own(tmp_path) -> str:
    """The lines of a view of own data, which has no licence yet."""
    rows = [{"text": text, "annotations": [{"target": "food", "label": "positive"}]} for text in ("good tea", "ok")]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 'corpus = "jsonl"\npath = "mine.jsonl"\ntask = "mabsa"\n'


ACOS = f'corpus = "acos"\npath = "{SAMPLES / "mabsa"}"\n'
OWN_REFUSED = ["view mabsa", "have no licence", 'licence = "cc-by-4.0"']
ACOS_REFUSED = ["view mabsa", "Restaurant-ACOS and Laptop-ACOS", "licence: not stated", "redistribute = true"]


def test_repository_of_the_plan(here, own, tmp_path):
    plan = planned(tmp_path, own + 'licence = "cc0-1.0"', f'repository = "{NAME}"')
    done(build(tmp_path, "--plan", plan))
    assert f"{NAME} main" in done(push(tmp_path / "out", "--yes"))
    assert shown(here)


def test_repository_of_the_command_goes_before_that_of_the_plan(here, own, tmp_path):
    plan = planned(tmp_path, own + 'licence = "cc0-1.0"', 'repository = "org/other"')
    done(build(tmp_path, "--plan", plan))
    done(push(tmp_path / "out", NAME, "--yes"))
    card = here.repository(NAME).files()["README.md"].decode()
    assert f'load_dataset("{NAME}"' in card and 'load_dataset("org/other"' not in card


def test_own_data_without_a_licence_are_not_pushed(here, own, tmp_path):
    done(build(tmp_path, "--plan", planned(tmp_path, own)))
    fails(push(tmp_path / "out", NAME, "--yes"), 1, *OWN_REFUSED)
    assert writes(here) == []


def test_corpus_without_a_licence_is_not_pushed(here, tmp_path):
    done(build(tmp_path, "--source", f"acos={SAMPLES / 'mabsa'}", "--designs", "lines-text"))
    fails(push(tmp_path / "out", NAME, "--yes"), 1, *ACOS_REFUSED)
    assert writes(here) == []


def test_corpus_is_pushed_where_the_plan_takes_the_responsibility(here, tmp_path):
    done(build(tmp_path, "--plan", planned(tmp_path, ACOS + "redistribute = true")))
    done(push(tmp_path / "out", NAME, "--yes"))
    assert shown(here)


def test_build_and_push(here, own, tmp_path):
    said = done(build(tmp_path, "--plan", planned(tmp_path, own + 'licence = "cc0-1.0"'), "--push", NAME, "--yes"))
    assert f"{here.url}/datasets/{NAME} at {here.repository(NAME).head()[:8]}" in said
    listed = read_manifest(tmp_path / "out")["outputs"]
    assert here.repository(NAME).files().keys() == {*listed, "README.md", "manifest.json", ".gitattributes"}


@pytest.mark.parametrize(
    ("licence", "how", "code", "says"),
    [
        ("", [NAME, "--yes"], 1, OWN_REFUSED),
        ("cc0-1.0", ["sde", "--yes"], 2, ["'sde'", "org/name"]),
        ("cc0-1.0", [NAME], 2, ["nobody is there to be asked"]),
        ("cc0-1.0", [NAME, "--yes", "--create-pr", "--tag", "v1"], 2, ["--tag"]),
    ],
)
def test_what_stops_a_push_of_own_data_stops_before_the_build(here, own, tmp_path, licence, how, code, says):
    plan = planned(tmp_path, own + f'licence = "{licence}"')
    fails(build(tmp_path, "--plan", plan, "--push", *how), code, *says)
    assert not (tmp_path / "out").exists() and here.calls == []


def test_corpus_that_may_not_be_pushed_is_not_built_for_it(here, tmp_path):
    source = f"acos={SAMPLES / 'mabsa'}"
    fails(build(tmp_path, "--source", source, "--push", NAME, "--yes"), 1, *ACOS_REFUSED)
    assert not (tmp_path / "out").exists() and here.calls == []


def test_nothing_is_built_for_a_push_without_a_token(here, own, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    plan = planned(tmp_path, own + 'licence = "cc0-1.0"')
    fails(build(tmp_path, "--plan", plan, "--push", NAME, "--yes"), 1, "there is no token", LOG_IN)
    assert not (tmp_path / "out").exists()
