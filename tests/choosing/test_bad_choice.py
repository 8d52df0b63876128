"""Choices that cannot be made: each is refused with the place, the problem and the cure.

pytest tests/choosing/test_bad_choice.py
"""

from __future__ import annotations

import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.source_plan import source_plan
from tests.choosing.conftest import FIXED, write_rows
from tests.choosing.world_launcher import World

pytestmark = pytest.mark.train


def plan(path):
    return source_plan([f"jsonl={path}"], "mabsa")


def test_few_rows_are_refused_with_what_can_be_told_and_cross_validation(ask, choose, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", 60)
    with pytest.raises(InputError) as error:
        choose(ask(plan(path)), tmp_path / "choice", World())
    assert "has 60 training rows. On about 12 validation rows a share is known within about ±0.28" in str(error.value)
    assert "Give --folds 5, which validates on all 60 rows (within about ±0.13)" in str(error.value)


def test_one_class_is_refused(ask, choose, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", 150, label="positive")
    with pytest.raises(InputError, match="has one class only in train: every target is 'positive'"):
        choose(ask(plan(path)), tmp_path / "choice", World())


def test_reasoning_without_evidence_is_refused(ask, choose, tmp_path):
    from dataclasses import replace

    path = write_rows(tmp_path / "rows.jsonl", 150, evidence=False)
    with pytest.raises(InputError, match="has no evidence, which reasoning=cot needs"):
        request = ask(replace(plan(path), evidence="annotated"), fixed=FIXED | {"reasoning": ("cot",)})
        choose(request, tmp_path / "choice", World())


def test_a_budget_too_small_for_the_screen_is_refused(folder, ask, choose, tmp_path):
    world = World()
    with pytest.raises(InputError, match="is too small: the smallest screen has 10 runs"):
        choose(ask(str(folder), runs=5), tmp_path / "choice", world)
    assert not world.ran


def test_a_model_that_answers_in_no_form_is_named_with_the_cure(folder, ask, choose, tmp_path):
    world = World(parsed=0.0)
    with pytest.raises(InputError) as error:
        choose(ask(str(folder)), tmp_path / "choice", world)
    assert "tiny: gave no answer that can be parsed, under" in str(error.value)
    assert "--train-option epochs=10" in str(error.value) and len(world.ran) < 24


def test_a_race_in_which_every_run_fails_says_why(folder, ask, choose, tmp_path):
    with pytest.raises(InputError, match="has no complete run; the first failed: memory is short"):
        choose(ask(str(folder)), tmp_path / "choice", World(fails=lambda job: "memory is short"))


def test_a_folder_with_other_files_is_left_alone(folder, ask, choose, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="exists and is not a folder of choose"):
        choose(ask(str(folder)), tmp_path, World())


def test_a_view_must_be_named_if_there_are_several(ask, choose, tmp_path):
    with pytest.raises(UsageError, match=r"the plan has several views: give --view\. Known: ner, ed, mabsa"):
        choose(ask("bundled"), tmp_path / "choice", World())


def test_answers_shorter_than_any_design_has_are_refused(folder, choose, tmp_path):
    from sde_datasets.choosing.amount import parse_amount
    from sde_datasets.choosing.request import ChoiceRequest
    from sde_datasets.choosing.wishes import Wishes

    request = ChoiceRequest("tiny", parse_amount(runs=20), str(folder), wishes=Wishes(FIXED, max_answer_tokens=1))
    with pytest.raises(UsageError, match="--max-answer-tokens 1: the shortest mean answer has"):
        choose(request, tmp_path / "choice", World())
