"""Branches, tags and pull requests, and what a push leaves alone: main, tags, files that are not ours, and notes.

pytest tests/hub/test_requests.py
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from sde_datasets.card.notes import BEGIN, END, notes_of, notes_section
from sde_datasets.card.writer import rewrite_card_files
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.errors import InputError
from sde_datasets.utils.files import sha256_of
from tests.hub.conftest import NAME, own_data, pushed, shown
from tests.loopback import Hub


def files(hub: Hub, revision: str = "main") -> dict[str, bytes]:
    return hub.repository(NAME).files(revision)


def commits(hub: Hub, revision: str = "main") -> list[str]:
    """The titles of the commits of a revision, newest first."""
    return [commit.title for commit in hub.repository(NAME).commits(revision)]


def uploads(hub: Hub) -> set[str]:
    """The hashes of the contents that were sent since the last `clear`."""
    return {call.path.split("/")[5] for call in hub.calls if call.method == "PUT"}


def writes(hub: Hub) -> list[str]:
    """The calls since the last `clear` that are not mere questions."""
    return [f"{call.method} {call.path}" for call in hub.calls if call.method not in ("GET", "HEAD")]


def hashes(folder: Path) -> set[str]:
    """The hashes of the files of a folder that the Hub keeps as large ones."""
    outputs = Manifest.load(folder).outputs
    return {sha256_of(folder / path) for path in outputs if path.endswith((".parquet", ".png"))}


def annotated(folder: Path, new: Path, notes: str) -> Path:
    """A copy of a folder in whose card a person has written."""
    shutil.copytree(folder, new)
    card = new / "README.md"
    card.write_text(with_notes(card.read_text("utf-8"), notes), "utf-8")
    rewrite_card_files(new)
    return new


def with_notes(card: str, notes: str) -> str:
    """A card with other words between its marks."""
    return card.replace(notes_section(notes_of(card, "card")), notes_section(notes))


def notes_at(hub: Hub) -> str:
    return notes_of(files(hub)["README.md"].decode(), "card")


# branches


def test_branch_is_made_from_main_and_main_stays(hub, before, after):
    head = pushed(hub, before).commit
    done = pushed(hub, after, revision="next")
    repository = hub.repository(NAME)
    assert repository.branches == {"main": head, "next": done.commit}
    assert repository.commits("next")[0].parent == head
    assert files(hub, "next").keys() > {f"data/mabsa-json-text/{split}-00000-of-00001.parquet" for split in ["train"]}


def test_branch_of_a_repository_that_is_not_there(hub, before):
    done = pushed(hub, before, revision="next")
    assert hub.repository(NAME).branches["next"] == done.commit
    assert shown(hub, "next") and not shown(hub)


def test_branch_that_is_there_goes_on(hub, before, after):
    pushed(hub, before, revision="next")
    first = hub.repository(NAME).head("next")
    pushed(hub, after, revision="next")
    assert hub.repository(NAME).commits("next")[0].parent == first


def test_branch_and_tag_with_a_slash(hub, before):
    done = pushed(hub, before, revision="next/one", tag="v1/rc")
    assert hub.repository(NAME).head("next/one") == done.commit
    assert hub.repository(NAME).tags == {"v1/rc": done.commit}


# pull requests


@pytest.fixture
def api(hub) -> HfApi:
    return HfApi(endpoint=hub.url, token=hub.token)


@pytest.mark.parametrize("one_commit", [2_000, 3])
def test_merged_request_gives_the_pushed_state(hub, api, before, after, one_commit):
    head = pushed(hub, before).commit
    done = pushed(hub, after, one_commit=one_commit, create_pr=True)
    assert done.request == "refs/pr/1" and hub.repository(NAME).head() == head
    proposed = files(hub, "refs/pr/1")
    api.merge_pull_request(NAME, 1, repo_type="dataset")
    assert files(hub) == proposed
    hub.clear()
    pushed(hub, after, one_commit=one_commit)
    assert writes(hub) == []


@pytest.mark.parametrize("one_commit", [2_000, 3])
def test_same_push_opens_no_second_request(hub, before, after, one_commit):
    pushed(hub, before)
    first = pushed(hub, after, one_commit=one_commit, create_pr=True)
    hub.clear()
    again = pushed(hub, after, one_commit=one_commit, create_pr=True)
    assert (again.request, again.commit) == (first.request, first.commit)
    assert writes(hub) == [] and list(hub.repository(NAME).pulls) == [1]


def test_other_data_open_another_request(hub, before, after, tmp_path):
    pushed(hub, before)
    pushed(hub, after, create_pr=True)
    other = own_data(tmp_path, ["bad soup", "nice tea", "fine cake"], ("lines-text",))
    assert pushed(hub, other, create_pr=True).request == "refs/pr/2"


def test_closed_request_is_opened_anew(hub, api, before, after):
    pushed(hub, before)
    pushed(hub, after, create_pr=True)
    api.change_discussion_status(NAME, 1, "closed", repo_type="dataset")
    assert pushed(hub, after, create_pr=True).request == "refs/pr/2"


def test_request_for_what_is_there_is_none(hub, before):
    pushed(hub, before)
    assert pushed(hub, before, create_pr=True).request == ""
    assert hub.repository(NAME).pulls == {}


def test_first_push_as_a_request(hub, api, before):
    done = pushed(hub, before, create_pr=True)
    assert done.request == "refs/pr/1" and not shown(hub)
    api.merge_pull_request(NAME, 1, repo_type="dataset")
    assert shown(hub)


# tags


def card_names(hub: Hub, tag: str, revision: str = "main") -> bool:
    return f'revision="{tag}"' in files(hub, revision)["README.md"].decode()


def test_tag_names_the_commit_and_the_card_names_the_tag(hub, before):
    done = pushed(hub, before, tag="v1")
    assert done.tagged and hub.repository(NAME).tags == {"v1": done.commit}
    assert card_names(hub, "v1", "v1")


def test_tag_of_another_state_is_refused_before_anything_is_sent(hub, before, after):
    first = pushed(hub, before, tag="v1").commit
    hub.clear()
    with pytest.raises(InputError, match=f"the tag v1 already exists on another state \\({first[:8]}\\)"):
        pushed(hub, after, tag="v1")
    assert writes(hub) == []


def test_push_without_the_tag_makes_no_commit(hub, before):
    done = pushed(hub, before, tag="v1")
    hub.clear()
    assert pushed(hub, before).commit == done.commit
    assert writes(hub) == [] and card_names(hub, "v1")


def test_push_with_the_same_tag_makes_no_commit(hub, before):
    pushed(hub, before, tag="v1")
    hub.clear()
    assert not pushed(hub, before, tag="v1").tagged
    assert writes(hub) == []


def test_other_data_are_not_called_by_the_old_tag(hub, before, after):
    pushed(hub, before, tag="v1")
    pushed(hub, after)
    assert not card_names(hub, "v1") and card_names(hub, "v1", "v1")
    assert json.loads(files(hub)["manifest.json"])["tag"] == ""


def test_second_tag_for_the_same_data(hub, before):
    first = pushed(hub, before, tag="v1").commit
    hub.clear()
    second = pushed(hub, before, tag="v2").commit
    assert hub.repository(NAME).tags == {"v1": first, "v2": second}
    assert card_names(hub, "v2") and uploads(hub) == set()


def test_tag_that_is_missing_is_set_by_pushing_again(hub, api, before):
    done = pushed(hub, before, tag="v1")
    api.delete_tag(NAME, tag="v1", repo_type="dataset")
    hub.clear()
    again = pushed(hub, before, tag="v1")
    assert again.tagged and hub.repository(NAME).tags == {"v1": done.commit}
    assert [call.rpartition("/tag/")[0] for call in writes(hub)] == [f"POST /api/datasets/{NAME}"]


def test_tag_on_a_branch(hub, before, after):
    pushed(hub, before)
    done = pushed(hub, after, revision="next", tag="v2")
    assert hub.repository(NAME).tags == {"v2": done.commit} and card_names(hub, "v2", "next")


# what is sent, and what is left alone


def test_only_changed_files_are_sent(hub, before, after):
    pushed(hub, before)
    hub.clear()
    pushed(hub, after)
    new = hashes(after) - hashes(before)
    assert uploads(hub) == new and len(new) < len(hashes(after))


def test_nothing_is_sent_for_new_notes(hub, before, tmp_path):
    pushed(hub, before)
    hub.clear()
    pushed(hub, annotated(before, tmp_path / "out", "Read me."))
    assert uploads(hub) == set() and notes_at(hub) == "Read me."


@pytest.mark.parametrize("one_commit", [2_000, 3])
def test_files_that_are_not_ours_stay(hub, before, after, one_commit):
    theirs = {"other.txt": b"o", "data/mine/train.parquet": b"p", "data/mabsa-lines-text/notes.txt": b"n"}
    hub.create(NAME)
    hub.commit(NAME, theirs)
    for folder in (before, after, before):
        pushed(hub, folder, one_commit=one_commit)
        assert theirs.items() <= files(hub).items()


@pytest.mark.parametrize("one_commit", [2_000, 3])
def test_configs_that_are_gone_are_removed(hub, before, after, one_commit):
    pushed(hub, before, one_commit=one_commit)
    assert any("mabsa-lines-text" in path for path in files(hub))
    pushed(hub, after, one_commit=one_commit)
    assert not any("mabsa-lines-text" in path for path in files(hub))


def test_one_push_is_one_commit(hub, before, after):
    pushed(hub, before, message="First")
    pushed(hub, after, message="Second")
    assert [title.split(" (build ")[0] for title in commits(hub)] == ["Second", "First", "initial commit"]


def test_notes_of_the_repository_survive_a_folder_without_notes(hub, before, after):
    pushed(hub, before)
    hub.commit(NAME, {"README.md": with_notes(files(hub)["README.md"].decode(), "Written here.").encode()})
    pushed(hub, after)
    assert notes_at(hub) == "Written here."


def test_notes_of_the_repository_are_no_change(hub, before):
    pushed(hub, before)
    hub.commit(NAME, {"README.md": with_notes(files(hub)["README.md"].decode(), "Written here.").encode()})
    hub.clear()
    pushed(hub, before)
    assert writes(hub) == []


def test_notes_written_in_both_places_stop_the_push(hub, before, tmp_path):
    pushed(hub, before)
    hub.commit(NAME, {"README.md": with_notes(files(hub)["README.md"].decode(), "Written here.").encode()})
    hub.clear()
    with pytest.raises(InputError, match="both on the Hub and in the folder"):
        pushed(hub, annotated(before, tmp_path / "out", "Written there."))
    assert writes(hub) == []


@pytest.mark.parametrize("mark", [BEGIN, END])
def test_broken_marks_in_the_repository_stop_the_push(hub, before, after, mark):
    pushed(hub, before)
    hub.commit(NAME, {"README.md": files(hub)["README.md"].replace(mark.encode(), b"")})
    hub.clear()
    with pytest.raises(InputError, match="marks around the notes"):
        pushed(hub, after)
    assert writes(hub) == []
