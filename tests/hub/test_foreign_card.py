"""A card that somebody else wrote, or added configs to, is replaced only with --replace-card.

pytest tests/hub/test_foreign_card.py
"""

from __future__ import annotations

import json

import pytest
import yaml

from sde_datasets.card.notes import notes_section
from tests.hub.commands import done, fails, push, sde, writes
from tests.hub.conftest import NAME, shown

FOREIGN = b"---\nlicense: mit\nconfigs:\n- config_name: mine\n  data_files: data/mine.csv\n---\n\n# Mine\n"


@pytest.fixture
def foreign(here):
    """A repository with a card and a config of somebody else."""
    here.create(NAME)
    here.commit(NAME, {"README.md": FOREIGN, "data/mine.csv": b"a\n1\n"}, title="theirs")
    here.clear()
    return here


@pytest.mark.parametrize("how", [["--yes"], ["--dry-run"], ["--yes", "--create-pr"], ["--yes", "--revision", "next"]])
def test_it_is_refused_with_what_would_be_lost_and_the_cure(foreign, before, how):
    result = push(before, NAME, *how)
    fails(result, 1, f"{NAME} README.md", "was not written by sde-datasets", "configs mine", "--replace-card")
    assert writes(foreign) == [] and foreign.repository(NAME).files()["README.md"] == FOREIGN


def test_it_is_refused_before_a_build(foreign, tmp_path):
    row = {"text": "good tea", "annotations": [{"target": "food", "label": "positive"}]}
    (tmp_path / "mine.jsonl").write_text(json.dumps(row) + "\n")
    view = 'corpus = "jsonl"\npath = "mine.jsonl"\ntask = "mabsa"\nlicence = "mit"'
    (tmp_path / "sde.toml").write_text(f'designs = ["lines-text"]\n[[view]]\n{view}\n')
    command = ["build", "--plan", tmp_path / "sde.toml", "--out", tmp_path / "out", "--quiet", "--push", NAME, "--yes"]
    fails(sde(*command), 1, f"{NAME} README.md", "--replace-card")
    assert writes(foreign) == [] and not (tmp_path / "out").exists()
    done(sde(*command, "--replace-card"))
    assert shown(foreign)


def test_it_is_replaced_where_that_is_asked_for(foreign, before, after):
    done(push(before, NAME, "--yes", "--replace-card"))
    assert shown(foreign) and foreign.repository(NAME).files()["data/mine.csv"] == b"a\n1\n"
    # the card is ours from then on
    done(push(after, NAME, "--yes"))


def test_a_config_that_somebody_added_to_our_card_is_not_taken_away(here, before, after):
    done(push(before, NAME, "--yes"))
    card = here.repository(NAME).files()["README.md"].decode()
    head, rest = card.removeprefix("---\n").split("---\n", 1)
    added = yaml.safe_load(head)
    added["configs"].append({"config_name": "extra", "data_files": "extra.csv"})
    here.commit(NAME, {"README.md": f"---\n{yaml.safe_dump(added)}---\n{rest}".encode()})
    here.clear()
    fails(push(after, NAME, "--yes"), 1, "configs that sde-datasets did not write", "the configs extra would no longer")
    assert writes(here) == []


@pytest.mark.parametrize("card", ["# Rewritten\n", "---\nconfigs: [\n---\n", "---\n- 1\n---\n", ""])
def test_a_card_of_ours_that_somebody_wrote_anew_is_not_replaced(here, before, after, card):
    done(push(before, NAME, "--yes"))
    here.commit(NAME, {"README.md": card.encode()})
    fails(push(after, NAME, "--yes"), 1, "was not written by sde-datasets", "--replace-card")


def test_our_card_without_our_manifest_is_somebody_elses(here, before):
    """A copy of a card of ours says nothing of which files of the repository are ours."""
    here.create(NAME)
    here.commit(NAME, {"README.md": f"# Copied\n{notes_section('')}\n".encode()})
    fails(push(before, NAME, "--yes"), 1, "was not written by sde-datasets")
