"""A repository by the address of its page, and one that was renamed.

pytest tests/hub/test_names.py
"""

from __future__ import annotations

import json

import pytest

from tests.hub.commands import done, fails, push
from tests.hub.conftest import NAME, shown
from tests.hub.test_score import answers, sde


@pytest.fixture
def endpoint(here, monkeypatch):
    """The loopback Hub, named in the environment as people name theirs."""
    monkeypatch.setenv("HF_ENDPOINT", here.url)
    return here


@pytest.mark.parametrize("given", ["{url}/datasets/org/sde", "{url}/datasets/org/sde/tree/main", "datasets/org/sde"])
def test_a_push_to_an_address_is_one_to_the_repository(endpoint, before, given):
    said = done(push(before, given.format(url=endpoint.url), "--yes"))
    assert f"{NAME} main" in said and f'load_dataset("{NAME}"' in said and shown(endpoint)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("https://huggingface.co/spaces/org/sde", "is a space"),
        ("https://huggingface.co/org/sde", "is a model"),
        ("https://example.com/datasets/org/sde", "is not an address of"),
        ("https://huggingface.co/datasets/org/sde/tree/v1", "names the revision 'v1'"),
    ],
)
def test_an_address_of_something_else_is_refused(endpoint, before, given, says):
    fails(push(before, given, "--yes"), 2, given, says)
    assert endpoint.calls == []


def test_a_renamed_repository_is_pushed_to_and_reported_under_its_new_name(here, before, after):
    done(push(before, NAME, "--yes", "--tag", "v1"))
    here.rename(NAME, "team/notes")
    said = done(push(after, NAME, "--yes", "--tag", "v2"))
    assert "org/sde was renamed to team/notes" in said and f"{here.url}/datasets/team/notes at" in said
    assert 'load_dataset("team/notes", "mabsa-json-text", revision="v2")' in said
    repository = here.repository("team/notes")
    assert repository.tags["v2"] == repository.head() and "data/mabsa-json-text" in str(list(repository.files()))
    assert 'load_dataset("team/notes"' in repository.files()["README.md"].decode()


@pytest.mark.slow
def test_scores_name_a_repository_by_its_name_of_today(here, before, tmp_path):
    done(push(before, NAME, "--yes"))
    here.rename(NAME, "team/notes")
    path, config = answers(before, tmp_path / "answers.jsonl"), ("--config", "mabsa-lines-text", "--split", "train")
    for number, given in enumerate((NAME, f"{here.url}/datasets/team/notes")):
        out = tmp_path / f"{number}.json"
        run = sde(here, tmp_path / "home", "score", path, "--data", given, *config, "--quiet", "--json", out)
        assert run.returncode == 0, run.stderr
        assert json.loads(out.read_text())["inputs"]["gold"]["name"] == "team/notes"
