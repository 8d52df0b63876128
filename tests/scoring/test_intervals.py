"""Bootstrap and permutation: that drawing rows by how often they occur is drawing samples, and that seeds decide.

pytest tests/scoring/test_intervals.py
"""

from __future__ import annotations

import numpy as np
import pytest

from sde_datasets.scoring.count_table import CountTable
from sde_datasets.scoring.figures import Figure
from sde_datasets.scoring.intervals import bootstrap, headline, interval, p_value, swapped
from sde_datasets.scoring.sample_counts import AnswerFlags, MentionCounts, SampleCounts

FINE, WRONG = AnswerFlags(), AnswerFlags(error=True)


def row(gold: int, predicted: int, hard: int, soft: int, flags: AnswerFlags) -> SampleCounts:
    return SampleCounts(MentionCounts(gold, predicted, hard, soft), flags)


ROWS = [row(2, 2, 2, 2, FINE), row(3, 2, 1, 2, FINE), row(1, 0, 0, 0, WRONG), row(0, 1, 0, 0, WRONG)]
FREQUENCY = np.array([30.0, 12, 5, 3])


def table(rows=ROWS) -> CountTable:
    return CountTable.of("mention", rows)


def by_samples(resamples: int) -> np.ndarray:
    """F1 of resamples, drawn sample by sample."""
    generator = np.random.default_rng(7)
    numbers = np.repeat(np.arange(len(ROWS)), FREQUENCY.astype(int))
    counts = np.array([row.counts for row in ROWS], float)
    drawn = [counts[generator.choice(numbers, len(numbers))].sum(0) for _ in range(resamples)]
    return np.array([2 * hard / (gold + predicted) for gold, predicted, hard, _ in drawn])


def test_drawing_rows_is_drawing_samples():
    ours = bootstrap([table()], FREQUENCY, 4000, 1)[0]["f1"]
    theirs = by_samples(4000)
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.003)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.08)
    assert interval(ours) == pytest.approx(interval(theirs), abs=0.012)


def test_the_seed_decides_and_nothing_else():
    assert headline(table(), FREQUENCY, 200, 5) == headline(table(), FREQUENCY, 200, 5)
    assert headline(table(), FREQUENCY, 200, 5) != headline(table(), FREQUENCY, 200, 6)


def test_figures_to_check_on_paper():
    # gold 60 + 36 + 5 = 101, predicted 60 + 24 + 3 = 87, hard 60 + 12 = 72, soft 60 + 24 = 84
    found = {name: each.value for name, each in headline(table(), FREQUENCY, 0, 1).items()}
    assert found == pytest.approx(
        {"f1": 144 / 188, "precision": 72 / 87, "recall": 72 / 101, "soft_f1": 168 / 188,
         "sample_accuracy": 30 / 50, "format_error_rate": 8 / 50}
    )  # fmt: skip


def test_the_interval_holds_the_value():
    for each in headline(table(), FREQUENCY, 1000, 1).values():
        assert each.low <= each.value <= each.high


def test_many_resamples_in_small_portions_are_as_many(monkeypatch):
    monkeypatch.setattr("sde_datasets.scoring.intervals._MOST_CELLS", 40)
    drawn = bootstrap([table()], FREQUENCY, 95, 1)[0]
    assert {len(values) for values in drawn.values()} == {95}


def test_what_is_undefined_has_a_reason_and_no_interval():
    nothing = headline(table([row(0, 0, 0, 0, FINE)]), np.array([4.0]), 50, 1)
    assert nothing["f1"].to_json() == {
        "value": None, "low": None, "high": None, "undefined": {"value": "neither gold nor predicted"}
    }  # fmt: skip
    assert nothing["sample_accuracy"] == Figure(1.0, 1.0, 1.0)


def test_swapping_by_a_coin_against_all_swaps():
    # two samples, a right and b wrong: the difference of accuracy is -1, 0, 0, 1 in the four ways to swap
    right, wrong = row(1, 1, 1, 1, FINE), row(1, 1, 0, 0, FINE)
    drawn = swapped(table([right]), table([wrong]), np.array([2.0]), 20_000, 3)["sample_accuracy"]
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [-1, 0, 1]
    assert (counts / 20_000).tolist() == pytest.approx([0.25, 0.5, 0.25], abs=0.015)
    assert p_value(-1, drawn) == pytest.approx(0.5, abs=0.02)


def test_a_p_value_counts_what_was_observed():
    assert p_value(0.5, np.zeros(99)) == 1 / 100
    assert p_value(0, np.zeros(99)) == 1
