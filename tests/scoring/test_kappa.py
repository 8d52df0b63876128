"""Weighted kappa: the orientation of the reference's matrix, examples to check on paper, and scikit-learn.

pytest tests/scoring/test_kappa.py
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from sde_datasets.scoring.json_object import Ratio
from sde_datasets.scoring.metrics import kappa, kappas
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.tasks.task import get_task
from tests.properties import examples

SCHEMA = get_task("mabsa").schema(("food",))
WEIGHTS = ScoringSettings.of(SCHEMA).weights
POSITIVE, NEUTRAL, NEGATIVE, UNMENTIONED = range(4)


def confusion(*pairs: tuple[int, int]) -> np.ndarray:
    """Counts of pairs of gold and answer."""
    counts = np.zeros((4, 4), int)
    for gold, answer in pairs:
        counts[gold, answer] += 1
    return counts


def test_the_matrix_is_that_of_the_reference_in_its_order():
    assert tuple(SCHEMA.number_of) == ("positive", "neutral", "negative", "unmentioned")
    assert WEIGHTS == ((1, 0.5, 0, 0.5), (0.67, 1, 0.67, 0.67), (0, 0.5, 1, 0.5), (0.5, 0.67, 0.5, 1))


def test_rows_are_gold_and_columns_are_answers():
    # gold positive and neutral; both answered neutral, then both answered positive.
    # Po = (0.5 + 1) / 2 = 0.75 = Pe, so that kappa is 0; and Po = (1 + 0.67) / 2 = 0.835 = Pe, so 0 again
    assert kappa(confusion((POSITIVE, NEUTRAL), (NEUTRAL, NEUTRAL)), WEIGHTS) == Ratio(pytest.approx(0))
    # three right and one gold positive answered neutral: Po = (3 + 0.5) / 4 = 0.875. Rows 2/4 2/4, columns 1/4 3/4.
    # Pe = 1/8 * 1 + 3/8 * 0.5 + 1/8 * 0.67 + 3/8 * 1 = 0.77125, kappa = 0.10375 / 0.22875
    pairs = [(POSITIVE, POSITIVE), (POSITIVE, NEUTRAL), (NEUTRAL, NEUTRAL), (NEUTRAL, NEUTRAL)]
    assert kappa(confusion(*pairs), WEIGHTS).value == pytest.approx(0.10375 / 0.22875)
    # the other way round, gold neutral answered positive: Po = (3 + 0.67) / 4 = 0.9175. Rows 1/4 3/4, columns 2/4 2/4.
    # Pe = 1/8 * 1 + 1/8 * 0.5 + 3/8 * 0.67 + 3/8 * 1 = 0.81375, kappa = 0.10375 / 0.18625
    turned = [(answer, gold) for gold, answer in pairs]
    assert kappa(confusion(*turned), WEIGHTS).value == pytest.approx(0.10375 / 0.18625)


def test_without_a_matrix_it_is_cohens():
    pairs = [(0, 0), (0, 1), (1, 1), (1, 1)]
    # Po = 3/4, Pe = 1/2 * 1/4 + 1/2 * 3/4 = 1/2
    assert kappa(confusion(*pairs)).value == pytest.approx(0.5)


@settings(max_examples=examples(150))
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40), st.sampled_from([1, 2, None])
)
def test_symmetric_weights_give_what_scikit_learn_gives(pairs, power):
    gold, answers = zip(*pairs, strict=True)
    if len(set(gold) | set(answers)) < 2:
        return
    distance = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    weights = None if power is None else 1 - (distance / 3) ** power
    name = {1: "linear", 2: "quadratic", None: None}[power]
    expected = cohen_kappa_score(gold, answers, labels=[0, 1, 2, 3], weights=name)
    found = kappa(confusion(*pairs), weights).value
    assert (found is None) == np.isnan(expected)
    assert found is None or found == pytest.approx(expected, abs=1e-12)


def test_all_right_is_one_and_undefined_has_its_reason():
    assert kappa(confusion((0, 0), (3, 3)), WEIGHTS) == Ratio(pytest.approx(1))
    assert kappa(confusion((3, 3), (3, 3)), WEIGHTS) == Ratio(None, "one class only")
    assert kappa(confusion(), WEIGHTS) == Ratio(None, "no gold")


def test_many_matrices_at_once_are_each_as_alone():
    matrices = np.array([confusion((0, 0), (1, 2)), confusion((0, 2), (2, 2)), confusion()])
    many = kappas(matrices, WEIGHTS)
    assert [None if np.isnan(value) else value for value in many] == [kappa(m, WEIGHTS).value for m in matrices]
