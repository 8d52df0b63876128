"""Errors of scores that are known before the model is fitted: the noise of the validation samples, and flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sde_datasets.choosing.trials import Settings, Trial, TrialResult

# a score at most this far above 0, or two standard errors, is at 0
_ZERO = 0.01
_UNLEARNED_SD, _ZERO_SD = 3.0, 0.1


@dataclass(frozen=True, eq=False)
class Observations:
    """Results as arrays, in the order of `results`; shape (trials,), except test_noise: (trials, trials).

    test_noise: covariance of the scores under resampling of validation samples.
    extra_sd: standard deviation of a further error. A run below the full size whose form was not learned says next to
    nothing about the score at full size. All such runs err in the same direction, so their errors do not cancel in a
    mean, and the deviation is so large that they count as missing. A score at 0 says that the score is low, but not
    how low.
    """

    results: tuple[TrialResult, ...]
    candidates: np.ndarray
    sizes: np.ndarray
    seeds: np.ndarray
    scores: np.ndarray
    test_noise: np.ndarray
    extra_sd: np.ndarray


def observations(results: Sequence[TrialResult], settings: Settings) -> Observations:
    """Return results as arrays, in an order that does not depend on the order in which they came."""
    ordered = tuple(sorted(results, key=lambda one: (one.trial.size, one.trial.seed, one.trial.candidate)))
    sizes = np.array([one.trial.size for one in ordered], int)
    return Observations(
        ordered,
        np.array([one.trial.candidate for one in ordered], int),
        sizes,
        np.array([one.trial.seed for one in ordered], int),
        np.array([one.score for one in ordered], float),
        # a resample without a score, such as one with a single class, says nothing about the noise
        validation_noise(np.array([np.where(np.isfinite(one.draws), one.draws, one.score) for one in ordered])),
        np.array([_extra_sd(one, settings) for one in ordered]),
    )


def _extra_sd(result: TrialResult, settings: Settings) -> float:
    if result.trial.size >= settings.full_size:
        return 0.0
    if result.parse_rate < settings.learned_parse_rate:
        return _UNLEARNED_SD
    return _ZERO_SD if is_at_zero(result) else 0.0


def is_at_zero(result: TrialResult) -> bool:
    """Return whether a score cannot be told from 0."""
    return result.score <= max(_ZERO, 2 * float(np.nanstd(result.draws)))


def unlearned_trials(results: Sequence[TrialResult], settings: Settings) -> tuple[Trial, ...]:
    """Return the trials whose form was not learned, at any size, in order."""
    return tuple(one.trial for one in results if one.parse_rate < settings.learned_parse_rate)


def validation_noise(draws: np.ndarray) -> np.ndarray:
    """Return the covariance of scores (trials x trials) from their bootstrap draws (trials x resamples).

    What all trials share cancels in differences; its variance is kept for the interval of a single score. The rest has
    as many trials as there are few resamples, so it is shrunk towards equal variances (Ledoit and Wolf 2004).
    """
    from sklearn.covariance import ledoit_wolf

    shared = draws.mean(0)
    common = float(np.var(shared))
    if len(draws) == 1:
        return np.full((1, 1), common)
    own = (draws - shared).T
    return ledoit_wolf(own)[0] + common
