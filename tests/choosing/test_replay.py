"""Replays of the results of a study.

pytest tests/choosing/test_replay.py
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sde_datasets.choosing.trials import Trial
from sde_datasets.study.arms import Arm, arm_from
from tests.choosing.replay import Replay, Table
from tests.choosing.rivals import fixed_design
from tests.choosing.trial_runs import outcome
from tests.study.test_analysis import study

AXES = {"format": ("natural", "lines", "json"), "labels": ("text", "num"), "placement": ("inst-first", "inst-last")}
ARMS = [arm_from(dict(zip(AXES, options, strict=True))) for options in product(*AXES.values())]
ACCURACY: dict[Arm, float] = {arm: 0.4 + 0.04 * number for number, arm in enumerate(ARMS)}


@pytest.fixture(scope="module")
def table() -> Table:
    return Table.of(*study(ACCURACY, seeds=3, samples=300, noise=0.01))


def test_a_table_has_the_arms_of_the_study_and_their_mean_scores(table):
    assert [one.name for one in table.candidates] == [arm.name for arm in ARMS]
    assert ("placement", "inst-last") in table.candidates[1].levels
    assert table.truth == pytest.approx(list(ACCURACY.values()), abs=0.06)


def test_replays_draw_samples_and_seeds(table):
    (one,), (again,), (other,) = (list(Replay(table, number).run([Trial(3, 10, 0)])) for number in (1, 1, 2))
    assert one.score == again.score != other.score
    assert (one.draws == again.draws).all()
    # the spread of replays is that of samples and seeds
    scores = [next(Replay(table, number).run([Trial(3, 10, 0)])).score for number in range(40)]
    assert np.std(scores) == pytest.approx(np.std(one.draws), rel=0.6)
    assert np.mean(scores) == pytest.approx(table.truth[3], abs=0.03)


def test_always_es_takes_the_arm_of_es():
    # in this order an arm with the instruction last comes before ES
    table = Table.of(*study(dict(reversed(ACCURACY.items())), seeds=1, samples=20, noise=0.01))
    assert table.candidates[fixed_design(Replay(table, 0), 0)[0]].name == "lines-text"


def test_choose_finds_the_best_arm_of_a_table(table):
    found = [outcome(Replay(table, number), table.truth, number, table.settings(1.0, 800)) for number in range(3)]
    assert np.mean([one.regret for one in found]) < 0.03
