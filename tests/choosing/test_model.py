"""The model of scores: its kernel, the noise of scores, and what its posterior says where the answer is known.

pytest tests/choosing/test_model.py
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sde_datasets.choosing.kernel import DesignKernel
from sde_datasets.choosing.model import ScoreModel, shape_of_curve
from sde_datasets.choosing.noise import observations, validation_noise
from sde_datasets.choosing.trials import Candidate, Settings, Trial, TrialResult

AXES = {"format": ("natural", "lines", "json"), "labels": ("text", "num"), "placement": ("first", "last")}
DESIGNS = tuple(Candidate("-".join(one), tuple(zip(AXES, one, strict=True))) for one in product(*AXES.values()))
SETTINGS = Settings(1000, draws=1600)
FLAT = np.zeros(50)


def result(candidate: int, size: int, score: float, seed: int = 0, rate: float = 1.0) -> TrialResult:
    return TrialResult(Trial(candidate, size, seed), score, score + FLAT, rate, 10.0, float(size))


def posterior(results: list[TrialResult], settings: Settings = SETTINGS):
    return ScoreModel(DESIGNS, settings).posterior(observations(results, settings))


def test_effects_of_an_axis_sum_to_zero_and_parts_have_variance_one():
    main, pairs, triples, rest = DesignKernel.of(DESIGNS).parts
    for part in (main, pairs, triples, rest):
        assert np.diag(part) == pytest.approx(1)
        assert np.linalg.eigvalsh(part).min() > -1e-9
    # over a whole grid, effects sum to 0 and the parts are orthogonal
    assert main.sum(0) == pytest.approx(0)
    assert np.abs(main @ pairs).max() < 1e-9


def test_an_axis_with_one_level_has_no_effects():
    alone = [Candidate(one.name, (*one.levels, ("wording", "1"))) for one in DESIGNS]
    assert (DesignKernel.of(alone).parts == DesignKernel.of(DESIGNS).parts).all()


def test_noise_that_all_trials_share_cancels_in_differences():
    random = np.random.default_rng(1)
    shared, own = 0.05 * random.standard_normal(400), 0.01 * random.standard_normal((6, 400))
    noise = validation_noise(0.5 + shared + own)
    difference = noise[0, 0] + noise[1, 1] - 2 * noise[0, 1]
    assert difference == pytest.approx(2 * 0.01**2, rel=0.25)
    assert noise[0, 0] > 0.045**2


def test_scores_of_all_designs_at_full_size_are_believed():
    truth = np.linspace(0.4, 0.8, len(DESIGNS))
    draws = posterior([result(row, 1000, score, seed) for row, score in enumerate(truth) for seed in (0, 1)])
    assert np.abs(draws.score.mean(1) - truth).max() < 0.02
    assert draws.score.std(1).max() < 0.03


def test_designs_that_were_not_tried_follow_from_main_effects():
    effect = {"natural": -0.1, "lines": 0.0, "json": 0.1, "text": 0.05, "num": -0.05, "first": 0.02, "last": -0.02}
    truth = np.array([0.6 + sum(effect[level] for _, level in one.levels) for one in DESIGNS])
    tried = [row for row in range(len(DESIGNS)) if row != truth.argmax()]
    draws = posterior([result(row, 1000, truth[row], seed) for row in tried for seed in (0, 1)])
    assert draws.score.mean(1).argmax() == truth.argmax()
    # and the one without a run is the least certain
    assert draws.score.std(1).argmax() == truth.argmax()


def test_a_form_that_was_not_learned_does_not_count_against_its_design():
    scores = [result(row, 150, 0.6) for row in range(4, len(DESIGNS))]
    unlearned = [result(row, 150, 0.1, rate=0.3) for row in range(4)]
    learned = [result(row, 150, 0.1) for row in range(4)]
    kept, lost = (posterior(scores + some).score.mean(1)[:4].mean() for some in (unlearned, learned))
    assert kept > 0.5 > 0.4 > lost


def test_at_full_size_a_form_that_was_not_learned_counts():
    draws = posterior([result(row, 1000, 0.1 if row < 4 else 0.6, rate=0.3 if row < 4 else 1) for row in range(12)])
    assert draws.score.mean(1)[:4].max() < 0.3


def test_prior_effects_move_designs_without_results_alone():
    settings = Settings(1000, draws=1600, prior_effects={("format", "json"): 0.1})
    json = np.array([("format", "json") in one.levels for one in DESIGNS])
    some = [result(row, 1000, 0.6, seed) for row in np.flatnonzero(~json)[:2] for seed in (0, 1)]
    means = posterior(some, settings).score.mean(1)
    assert means[json].mean() - means[~json].mean() > 0.05
    every = [result(row, 1000, 0.6, seed) for row in range(12) for seed in (0, 1)]
    means = posterior(every, settings).score.mean(1)
    assert abs(means[json].mean() - means[~json].mean()) < 0.02


def test_the_posterior_does_not_depend_on_the_order_of_results():
    results = [result(row, size, 0.5 + 0.01 * row) for row in range(12) for size in (150, 1000)]
    assert (posterior(results).score == posterior(results[::-1]).score).all()


def test_a_curve_falls_from_one_to_zero():
    for exponent in (0.2, 0.5, 1.0, 2.0):
        curve = shape_of_curve(np.array([150, 350, 1000]), exponent, 150, 1000)
        assert curve[0] == pytest.approx(1)
        assert 0 < curve[1] < 1
        assert curve[2] == 0
    assert shape_of_curve(np.array([1000]), 0.5, 1000, 1000) == 0
