"""Samples of the hyperparameters, against posteriors with a closed form.

pytest tests/choosing/test_hyperparameters.py
"""

from __future__ import annotations

import numpy as np
import pytest

from sde_datasets.choosing.hyperparameters import Hyperparameters, posterior_points


def test_without_results_the_samples_are_those_of_the_prior():
    points, weights = posterior_points(lambda samples: np.zeros(len(samples.noise)))
    assert weights.sum() == pytest.approx(1)
    assert weights @ points == pytest.approx(np.zeros(points.shape[1]), abs=0.1)
    assert weights @ points**2 == pytest.approx(np.ones(points.shape[1]), abs=0.2)


@pytest.mark.parametrize("distance", [-2.0, 1.0, 2.5])
def test_a_likelihood_far_from_the_prior_is_found(distance):
    # log(main) and log(noise) are measured with errors of 0.2 and 0.3 prior deviations; their posterior is normal
    prior = Hyperparameters.at(np.zeros((1, 10)))
    unit = Hyperparameters.at(np.ones((1, 10)))
    errors = {"main": 0.2, "noise": 0.3}

    def coordinates(samples: Hyperparameters) -> dict[str, np.ndarray]:
        values = ((one.score[:, 0], one.noise) for one in (samples, prior, unit))
        (main, noise), (main_at, noise_at), (main_one, noise_one) = values
        return {
            "main": np.log(main / main_at) / np.log(main_one / main_at),
            "noise": np.log(noise / noise_at) / np.log(noise_one / noise_at),
        }

    def log_likelihood(samples: Hyperparameters) -> np.ndarray:
        found = coordinates(samples)
        return sum(-0.5 * ((found[name] - distance) / error) ** 2 for name, error in errors.items())

    points, weights = posterior_points(log_likelihood)
    found = coordinates(Hyperparameters.at(points))
    for name, error in errors.items():
        mean = weights @ found[name]
        assert mean == pytest.approx(distance / (1 + error**2), abs=0.1), name
        assert weights @ (found[name] - mean) ** 2 == pytest.approx(error**2 / (1 + error**2), rel=0.3), name
    # no few points have all the weight, which would state too small intervals
    assert 1 / (weights**2).sum() > 50
