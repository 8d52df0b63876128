"""Soft matching against `difflib`, string by string.

pytest tests/scoring/test_similar.py
"""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.scoring.matching import nearest_gold, similarity
from tests.properties import examples

texts = st.text(st.sampled_from("ab c-2的"), min_size=1, max_size=14)
long_texts = st.builds(lambda piece, times: piece * times, texts, st.integers(1, 60))


@settings(max_examples=examples(300))
@given(st.one_of(texts, long_texts), st.one_of(texts, long_texts))
def test_the_ratio_is_that_of_difflib(a, b):
    assert similarity(a, b) == pytest.approx(SequenceMatcher(None, a, b).ratio(), abs=1e-12)


def by_definition(predicted: str, golds: list[str]) -> str:
    """The gold string with the highest ratio, if it is above one half and one of both contains the other."""
    ratios = {gold: SequenceMatcher(None, predicted, gold).ratio() for gold in golds}
    best = [gold for gold, ratio in ratios.items() if ratio > 0.5 and ratio == max(ratios.values())]
    return min((gold for gold in best if gold in predicted or predicted in gold), default=predicted)


@settings(max_examples=examples(600))
@given(st.one_of(texts, long_texts), st.lists(st.one_of(texts, long_texts), max_size=5, unique=True))
def test_the_nearest_gold_string_is_found_as_defined(predicted, golds):
    if predicted not in golds:
        assert nearest_gold(predicted, golds) == by_definition(predicted, golds)


@settings(max_examples=examples(200))
@given(texts, st.lists(texts, max_size=5, unique=True), st.randoms())
def test_the_order_of_gold_does_not_matter(predicted, golds, dice):
    shuffled = dice.sample(golds, len(golds))
    assert nearest_gold(predicted, golds) == nearest_gold(predicted, shuffled)


@settings(max_examples=examples(200))
@given(st.lists(texts, min_size=1, max_size=4, unique=True), st.data())
def test_a_gold_string_stays_itself(golds, data):
    predicted = data.draw(st.sampled_from(golds))
    assert nearest_gold(predicted, golds) == predicted


@pytest.mark.parametrize(
    ("predicted", "golds", "expected"),
    [
        ("the il-2 gene", ["il-2 gene", "protein"], "il-2 gene"),  # 2 * 9 / (13 + 9) = 0.82, contained
        ("il-2", ["il-2 gene promoter"], "il-2"),  # 2 * 4 / (4 + 18) = 0.36
        ("kappa c", ["kappa b"], "kappa c"),  # 0.86, but neither contains the other
        ("ab", ["xab", "abc"], "abc"),  # both 0.8: the first in the order of strings
        (
            "gene a",
            ["gene b", "gene"],
            "gene a",
        ),  # the nearest, 0.83, does not contain it; the other, 0.8, is not nearest
        ("x", [], "x"),
    ],
)
def test_examples_to_check_on_paper(predicted, golds, expected):
    assert nearest_gold(predicted, golds) == expected == by_definition(predicted, golds)
