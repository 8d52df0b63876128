"""Soft matching against `difflib`, string by string.

pytest tests/score/test_similar.py
"""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.score.similar import nearest_gold, ratio

texts = st.text(st.sampled_from("ab c-2的"), min_size=1, max_size=14)
long_texts = st.builds(lambda piece, times: piece * times, texts, st.integers(1, 60))


@settings(max_examples=300, deadline=None)
@given(st.one_of(texts, long_texts), st.one_of(texts, long_texts))
def test_the_ratio_is_that_of_difflib(a, b):
    assert ratio(a, b) == pytest.approx(SequenceMatcher(None, a, b).ratio(), abs=1e-12)


def by_definition(predicted: str, golds: list[str]) -> str:
    """The gold string with the highest ratio, if it is above one half and one of both contains the other."""
    ratios = [SequenceMatcher(None, predicted, gold).ratio() for gold in golds]
    best = golds[ratios.index(max(ratios))] if golds else predicted
    contains = best in predicted or predicted in best
    return best if golds and max(ratios) > 0.5 and contains else predicted


@settings(max_examples=600, deadline=None)
@given(st.one_of(texts, long_texts), st.lists(st.one_of(texts, long_texts), max_size=5, unique=True))
def test_the_nearest_gold_string_is_found_as_defined(predicted, golds):
    if predicted not in golds:
        assert nearest_gold(predicted, golds) == by_definition(predicted, golds)


@settings(max_examples=200, deadline=None)
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
        ("ab", ["abc", "xab"], "abc"),  # both 0.8: the first
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
