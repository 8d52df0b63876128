"""An unusual folder, repository or name gives an error of one line before anything is written.

pytest tests/hub/test_strange.py
"""

from __future__ import annotations

import json
import shutil

import pytest

from sde_datasets.card.notes import notes_section
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.errors import InputError, UsageError
from sde_datasets.hub.connection import connect
from sde_datasets.hub.push_options import PushOptions
from tests.hub.conftest import NAME, pushed, shown


@pytest.fixture
def folder(before, tmp_path):
    return shutil.copytree(before, tmp_path / "before" / "out")


def writes(hub) -> list:
    return [call for call in hub.calls if call.method not in ("GET", "HEAD")]


@pytest.mark.parametrize("name", ["data/mabsa-lines-text/train-00000-of-00001.parquet", "configs.csv"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_file_that_is_damaged_or_gone(hub, folder, name, damage):
    path = folder / name
    path.write_bytes(path.read_bytes()[:50]) if damage == "cut" else path.unlink()
    with pytest.raises(InputError, match=name.rpartition("/")[2]):
        pushed(hub, folder)
    assert not hub.calls


@pytest.mark.parametrize(
    "manifest",
    ['{"format": 2, "outputs": {"x": {"config": "a"}}}', '{"format": true, "outputs": {}}', "[]", "\udcff", "{}"],
)
def test_a_manifest_in_the_repository_that_is_not_ours(hub, before, manifest):
    hub.create(NAME)
    hub.commit(NAME, {"manifest.json": manifest.encode("utf-8", "surrogateescape"), "x": b"x"}, title="theirs")
    with pytest.raises(InputError, match=r"manifest\.json: was not written by sde-datasets"):
        pushed(hub, before)


def test_a_card_in_the_repository_that_is_no_utf8(hub, before):
    pushed(hub, before)
    hub.commit(NAME, {"README.md": b"\xff\xfe"}, title="theirs")
    pushed(hub, before, replace_card=True)
    assert shown(hub)


def test_a_manifest_of_the_folder_that_is_none(folder):
    (folder / "manifest.json").write_text('{"format": 3}')
    with pytest.raises(InputError, match="it lacks outputs, repository, views"):
        Manifest.load(folder)


def write_notes(card: str, words: str) -> str:
    begin, end = notes_section("").split("\n\n")
    return card.partition(begin)[0] + notes_section(words) + card.partition(end)[2]


def test_notes_written_on_both_sides_are_told_and_can_be_put_together(hub, folder):
    pushed(hub, folder)
    card = hub.repository(NAME).files("main")["README.md"].decode()
    # as a browser on Windows sends it
    hub.commit(NAME, {"README.md": write_notes(card, "theirs").replace("\n", "\r\n").encode()}, title="web")
    ours = folder / "README.md"
    ours.write_text(write_notes(ours.read_text("utf-8"), "ours"), encoding="utf-8")
    with pytest.raises(InputError, match="both on the Hub and in the folder"):
        pushed(hub, folder)
    ours.write_text(write_notes(ours.read_text("utf-8"), "theirs\n\nours"), encoding="utf-8")
    pushed(hub, folder)
    assert "theirs\n\nours" in hub.repository(NAME).files("main")["README.md"].decode()
    hub.clear()
    pushed(hub, folder)
    assert not writes(hub)


def test_a_branch_is_made_though_nothing_differs(hub, before):
    pushed(hub, before)
    assert pushed(hub, before, revision="next").branched
    assert hub.repository(NAME).branches.keys() == {"main", "next"} and shown(hub, "next") == shown(hub)


def test_a_tag_is_no_branch(hub, before, after):
    pushed(hub, before, tag="v1")
    with pytest.raises(InputError, match="v1 is a tag"):
        pushed(hub, after, revision="v1")


def test_a_request_that_is_not_there_is_no_new_branch(hub, before, after):
    pushed(hub, before)
    with pytest.raises(InputError, match="has no refs/pr/7"):
        pushed(hub, after, revision="refs/pr/7")


@pytest.mark.parametrize("name", ["", "v 1", "a..b", "-x", "/x", "x/", "x.lock", "a//b", "é", "x.", "a/.b", "a:b"])
def test_names_that_git_does_not_take(name):
    with pytest.raises(UsageError, match="is not a valid name of a"):
        PushOptions(NAME, revision=name)
    if name:
        with pytest.raises(UsageError, match="is not a valid name of a"):
            PushOptions(NAME, tag=name)


@pytest.mark.parametrize("name", ["v1.0.0", "1", "release/2026-11", "a_b", "refs/pr/3"])
def test_names_that_it_takes(name):
    assert PushOptions(NAME, revision=name).revision == name


def test_a_tag_is_not_named_like_the_branch():
    with pytest.raises(UsageError, match="has the name of the branch"):
        PushOptions(NAME, tag="main")


def test_a_token_that_is_none(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_schlüssel")
    with pytest.raises(InputError) as told:
        connect(NAME)
    assert "schl" not in str(told.value) and "hf auth login" in str(told.value)


def test_the_remote_manifest_lists_only_what_is_there(hub, before):
    pushed(hub, before)
    files = hub.repository(NAME).files("main")
    assert set(json.loads(files["manifest.json"])["outputs"]) | {".gitattributes", "README.md", "manifest.json"} == set(
        files
    )


def test_a_file_of_somebody_else_that_would_be_loaded_with_a_split_stops_the_push(hub, before):
    hub.create(NAME)
    stray = "data/mabsa-lines-text/train-extra.parquet"
    hub.commit(NAME, {stray: b"theirs"})
    hub.clear()
    with pytest.raises(InputError, match=r"train-extra\.parquet: is not part of this push"):
        pushed(hub, before)
    assert not writes(hub)
