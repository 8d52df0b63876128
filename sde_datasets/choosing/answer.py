"""What draws from the posterior say: chances, the set of designs, effects, learning curves, the verdict."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np

from sde_datasets.choosing.kernel import level_codes
from sde_datasets.choosing.model import PosteriorDraws
from sde_datasets.choosing.noise import is_at_zero, unlearned_trials
from sde_datasets.choosing.trials import (
    Candidate,
    Choice,
    Crossing,
    Effect,
    LearningCurve,
    Posterior,
    Settings,
    TrialResult,
    Verdict,
)

_LEADERS = 5
_CURVE_POINTS = 12
# a race in which this share of the scores is at 0 ranks nothing
_NOTHING_LEARNED = 0.9


def summarize(draws: PosteriorDraws, settings: Settings, failed: Collection[int] = ()) -> Posterior:
    """Return expected scores at full size with intervals and chances. failed: candidates that cannot be the best."""
    low, high = _interval(draws.score, settings)
    score = draws.score.copy()
    score[list(failed)] = -np.inf
    best = score.max(0)
    winners = np.bincount(score.argmax(0), minlength=len(score))
    near = (score >= best - settings.near).mean(1)
    return Posterior(draws.score.mean(1), low, high, winners / len(best), near)


def choose(
    candidates: Sequence[Candidate],
    results: Sequence[TrialResult],
    draws: PosteriorDraws,
    settings: Settings,
    failed: Collection[int] = (),
) -> Choice:
    """Return the answer under the posterior. failed: candidates that cannot be recommended."""
    posterior = summarize(draws, settings, failed)
    first = leaders(posterior, failed)
    chosen = confidence_set(posterior, settings.coverage)
    curves = learning_curves(first, draws, settings)
    return Choice(
        verdict(results, chosen, draws, first[0], settings),
        first[0],
        chosen,
        posterior,
        main_effects(candidates, draws, settings),
        curves,
        crossings(curves),
        unlearned_trials(results, settings),
    )


def confidence_set(posterior: Posterior, coverage: float) -> tuple[int, ...]:
    """Return the fewest candidates that hold the best with the probability `coverage`, most likely first."""
    order = np.argsort(-posterior.chance_best, kind="stable")
    count = int(np.searchsorted(np.cumsum(posterior.chance_best[order]), coverage - 1e-12)) + 1
    return tuple(int(row) for row in order[:count])


def leaders(posterior: Posterior, failed: Collection[int] = ()) -> list[int]:
    """Return the candidates with the highest expected scores, best first, without those that failed."""
    order = [int(row) for row in np.argsort(-posterior.mean, kind="stable")]
    return [row for row in order if row not in failed][:_LEADERS]


def verdict(
    results: Sequence[TrialResult], chosen: Sequence[int], draws: PosteriorDraws, best: int, settings: Settings
) -> Verdict:
    """Return how far the answer can be relied on. chosen: the confidence set."""
    if nothing_learned(results):
        return Verdict.NOTHING_LEARNED
    better = (draws.score[best] - draws.score.mean(0) > settings.near).mean()
    if len(chosen) > len(draws.score) / 2 or better < settings.coverage:
        return Verdict.CANNOT_TELL
    return Verdict.CHOICE


def nothing_learned(results: Sequence[TrialResult]) -> bool:
    """Return whether nearly all scores at the largest size so far are at 0."""
    largest = max(one.trial.size for one in results)
    at_zero = [is_at_zero(one) for one in results if one.trial.size == largest]
    return sum(at_zero) >= _NOTHING_LEARNED * len(at_zero)


def main_effects(candidates: Sequence[Candidate], draws: PosteriorDraws, settings: Settings) -> tuple[Effect, ...]:
    """Return the effect of each level of the axes with two levels or more, over all candidates that have it."""
    found = []
    for number, values in enumerate(level_codes(candidates)):
        axis, levels = candidates[0].levels[number][0], list(dict.fromkeys(values))
        if len(levels) < 2:
            continue
        means = np.stack([draws.score[np.array(values) == level].mean(0) for level in levels])
        effects = means - means.mean(0)
        low, high = _interval(effects, settings)
        found += [
            Effect(axis, level, float(effects[row].mean()), float(low[row]), float(high[row]))
            for row, level in enumerate(levels)
        ]
    return tuple(found)


def learning_curves(rows: Sequence[int], draws: PosteriorDraws, settings: Settings) -> tuple[LearningCurve, ...]:
    """Return the expected curves of candidates from the size of the screen to the full size."""
    smallest, full = settings.screen_size, settings.full_size
    sizes = np.unique(np.geomspace(smallest, full, _CURVE_POINTS).round().astype(int))
    at = np.stack([draws.at(size, smallest, full)[list(rows)] for size in sizes])
    low, high = _interval(at, settings)
    mean = at.mean(-1)
    return tuple(
        LearningCurve(row, sizes, mean[:, place], low[:, place], high[:, place]) for place, row in enumerate(rows)
    )


def crossings(curves: Sequence[LearningCurve]) -> tuple[Crossing, ...]:
    """Return the pairs of curves of which the lower one at the smallest size is the higher one at full size."""
    found = []
    for one, other in combinations(curves, 2):
        gap = one.mean - other.mean
        if gap[0] * gap[-1] < 0:
            earlier, later = (one, other) if gap[0] > 0 else (other, one)
            place = int(np.flatnonzero(np.sign(gap) == np.sign(gap[-1]))[0])
            found.append(Crossing(earlier.candidate, later.candidate, int(one.sizes[place])))
    return tuple(found)


def _interval(draws: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    tail = (1 - settings.coverage) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=-1)
    return low, high
