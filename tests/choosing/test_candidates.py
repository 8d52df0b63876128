"""Candidates: every design that wishes and data leave, and clear words where they leave none.

pytest tests/choosing/test_candidates.py
"""

from __future__ import annotations

import pytest

from sde_datasets.choosing.candidates import CandidateRules, candidates_of, possible_arms
from sde_datasets.choosing.wishes import CHOICE_AXES, Wishes, checked_wishes, parse_fixed
from sde_datasets.designs.design import ViewTraits
from sde_datasets.errors import InputError, UsageError

LABELS = ViewTraits("mabsa", "label", ("food",))
MENTIONS = ViewTraits("ner", "mention")


def designs(traits: ViewTraits, wishes: Wishes | None = None, evidence: bool = True) -> set[str]:
    return {arm.design.name for arm in possible_arms(CandidateRules(traits, evidence), wishes or Wishes())}


def test_a_label_task_has_all_designs_but_inline_and_definitions_that_it_lacks():
    # formats, labels, reasoning, unmentioned, placement
    assert len(designs(LABELS)) == 4 * 2 * 4 * 2 * 3


def test_a_mention_task_with_definitions_has_inline_and_definitions():
    with_instruction, without = (4 * 4 * 2 + 1) * 2 * 2 * 2, (4 * 4 * 2 + 1) * 2
    assert len(designs(MENTIONS)) == with_instruction + without


def test_reasoning_needs_evidence():
    assert not any("cot" in name or "post" in name for name in designs(MENTIONS, evidence=False))


def test_no_cot_leaves_reasons_after_the_answer():
    found = designs(LABELS, Wishes(no_cot=True))
    assert not any("cot" in name for name in found) and any("post" in name for name in found)


def test_every_candidate_names_its_option_of_every_axis():
    arms = possible_arms(CandidateRules(LABELS, True), Wishes({"prompt_weight": ("0", "0.25")}))
    candidates = candidates_of(arms)
    assert {tuple(axis for axis, _ in one.levels) for one in candidates} == {CHOICE_AXES}
    assert {dict(one.levels)["prompt_weight"] for one in candidates} == {"0", "0.25"}
    assert len({one.name for one in candidates}) == len(candidates) == 2 * 192


def test_fixed_options_are_read():
    assert parse_fixed(["placement=inst-last", "prompt-weight=0,1"]) == {
        "placement": ("inst-last",),
        "prompt_weight": ("0", "1"),
    }


@pytest.mark.parametrize(
    "words, message",
    [
        ("placement", "give AXIS=OPTION"),
        ("place=inst-last", "unknown axis. Did you mean placement"),
        ("wording=2", "unknown axis"),
        ("placement=inst-lost", "unknown option. Did you mean inst-last"),
        ("prompt_weight=2", "give a number from 0 to 1"),
    ],
)
def test_wrong_wishes_are_named(words, message):
    with pytest.raises(UsageError, match=message):
        checked_wishes(Wishes(parse_fixed([words])))


@pytest.mark.parametrize(
    "fixed, message",
    [
        (
            {"reasoning": ("cot",)},
            "view mabsa: has no evidence, which reasoning=cot needs. Build the data with evidence",
        ),
        ({"format": ("inline",)}, "inline marks mentions, and mabsa has labels"),
        ({"definitions": ("defs",)}, "mabsa has no definition of 'food'"),
    ],
)
def test_a_wish_that_the_data_cannot_have_is_refused(fixed, message):
    with pytest.raises(InputError, match=message):
        possible_arms(CandidateRules(LABELS, False), Wishes(fixed))


def test_wishes_that_leave_no_design_are_refused():
    with pytest.raises(UsageError, match="the wishes leave no design of ner"):
        possible_arms(CandidateRules(MENTIONS, True), Wishes({"format": ("inline",), "unmentioned": ("pu",)}))


def test_one_candidate_is_nothing_to_choose_from():
    arms = possible_arms(CandidateRules(MENTIONS, True), Wishes())[:1]
    with pytest.raises(UsageError, match="There is nothing to choose"):
        candidates_of(arms)
