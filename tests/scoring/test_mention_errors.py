"""Confused types, missed and spurious mentions, and misses that vanish where strings are normalised.

pytest tests/scoring/test_mention_errors.py
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets import compare, score
from sde_datasets.errors import InputError, UsageError
from sde_datasets.scoring.matching import confused_types, match
from sde_datasets.scoring.surface_forms import normalised
from sde_datasets.tasks.task import get_task
from tests.properties import examples
from tests.scoring.examples import SCHEMAS

SCHEMA = get_task("ner").schema(("DNA", "RNA", "protein"))
pairs = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["IL-2", "il 2", "p50", "x", "y"])), max_size=6)


def written(found: list[tuple[int, str]]) -> str:
    lines = [json.dumps([SCHEMA.targets[code], surface]) for code, surface in sorted(found, key=lambda pair: pair[0])]
    return "\n".join(lines) or "[]"


def scored(gold, said, **options) -> dict:
    scores = score([written(gold)], [written(said)], design="list-text-ou", schema=SCHEMA, resamples=0, **options)
    return scores["figures"]


@settings(max_examples=examples(100))
@given(pairs, pairs, st.randoms())
def test_the_matrix_counts_each_mention_once_in_any_order(gold, said, dice):
    types = scored(gold, said)["types"]
    counts, names = types["counts"], [*range(3)]
    assert [sum(counts[code]) for code in names] == [sum(pair[0] == code for pair in gold) for code in names]
    columns = [sum(row[code] for row in counts) for code in names]
    assert columns == [sum(pair[0] == code for pair in said) for code in names]
    assert sum(counts[code][code] for code in names) == sum(match(gold, said).hard)
    assert types["missed"] == sum(row[-1] for row in counts) and types["spurious"] == sum(counts[-1])
    assert scored(dice.sample(gold, len(gold)), dice.sample(said, len(said)))["types"] == types


def test_a_mention_with_the_wrong_type_is_no_miss():
    types = scored([(0, "IL-2"), (1, "p50")], [(2, "il-2"), (0, "x")])["types"]
    assert (types["wrong_type"], types["missed"], types["spurious"]) == (1, 1, 1)
    assert types["classes"] == ["DNA", "RNA", "protein", "(no mention)"]
    assert types["counts"] == [[0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]


def test_each_prediction_explains_one_gold_mention():
    left = {(2, "a"): 1}
    assert sorted(confused_types([(0, "a"), (1, "a")], left), key=str) == [(0, 2), (1, None)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("IL-2 gene", "IL 2 gene"),
        ("NF-κB", "NF‑κB"),
        ("ﬁbrin", "fibrin"),
        ("IL−2", "il2"),
        ("Ｔ細胞", "T細胞"),
        ("⻬", "齐"),
    ],
)
def test_forms_that_are_equal_where_strings_are_normalised(one, other):
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), [("IL-2", "IL-3"), ("-", ""), ("a/b", "ab")])
def test_forms_that_stay_different(one, other):
    assert normalised(one) != normalised(other)


@settings(max_examples=examples(60))
@given(pairs, pairs)
def test_normalise_counts_as_hits_what_vanishes_without_it(gold, said):
    without, counted = scored(gold, said), scored(gold, said, normalise=True)
    misses = without["normalised"]
    assert misses["misses"] == len(gold) - without["micro"]["hard"]["tp"]
    assert counted["micro"]["hard"]["tp"] == without["micro"]["hard"]["tp"] + misses["vanish"]
    assert counted["normalised"] == {**misses, "counted": True} and not misses["counted"]


def test_scores_with_and_without_normalise_are_not_compared():
    gold = ['["DNA", "IL-2"]']
    without, counted = (
        score(gold, gold, design="list-text-ou", schema=SCHEMA, normalise=normalise) for normalise in (False, True)
    )
    with pytest.raises(InputError, match="--normalise"):
        compare(without, counted)


def test_labels_are_not_normalised():
    with pytest.raises(UsageError, match="compares mentions"):
        score(["food: positive"], ["food: positive"], design="lines-text", schema=SCHEMAS["mabsa"], normalise=True)


def test_soft_matches_do_not_depend_on_the_order_of_gold():
    # both gold strings are equally similar to the prediction, and one has its target
    for gold in ([(0, "abc"), (1, "xab")], [(1, "xab"), (0, "abc")]):
        assert match(gold, [(1, "ab")]).soft.count(True) == 1
