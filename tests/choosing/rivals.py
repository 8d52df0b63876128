"""Other ways to choose a design, to compare with: each runs trials in a world and returns a candidate and its cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from sde_datasets.choosing.trials import Candidate, Runner, Trial, TrialResult

# candidates and their share of the full size in each round of successive halving: 24.8 full runs
_HALVING = ((100, 0.05), (50, 0.1), (25, 0.2), (12, 0.4), (5, 1.0))
_RANDOM_RUNS = 20
_SEEDS = 2
# the levels of ES, as worlds and as studies name them
_ES = {("format", "lines"), ("labels", "text"), ("reasoning", "none"), ("prompt_weight", "0")}
_ES |= {("placement", "first"), ("placement", "inst-first"), ("unmentioned", "placeholder"), ("unmentioned", "pu")}


class Place(Protocol):
    """A world: its candidates, its full size and a runner."""

    @property
    def candidates(self) -> Sequence[Candidate]:
        """The candidates."""
        ...

    @property
    def full_size(self) -> int:
        """Training samples of a full run."""
        ...

    @property
    def runner(self) -> Runner:
        """Runs trials."""
        ...


def one_factor_at_a_time(place: Place, seed: int) -> tuple[int, float]:
    """Vary each axis alone from a base design, with two seeds at full size, and combine the best levels."""
    levels = [one.levels for one in place.candidates]
    base = levels[fixed_design(place, seed)[0]]
    alone = [row for row, own in enumerate(levels) if sum(a != b for a, b in zip(own, base, strict=True)) <= 1]
    scores = _scores(place, alone, place.full_size, _SEEDS)
    best = []
    for axis in range(len(base)):
        rows = [
            row
            for row in alone
            if all(a == b for i, (a, b) in enumerate(zip(levels[row], base, strict=True)) if i != axis)
        ]
        best.append(levels[max(rows, key=lambda row: scores[row])][axis])
    # a combination that is no candidate: the best single design
    chosen = levels.index(tuple(best)) if tuple(best) in levels else max(scores, key=lambda row: scores[row])
    return chosen, float(len(alone) * _SEEDS)


def successive_halving(place: Place, seed: int) -> tuple[int, float]:
    """Start with 100 candidates at 5 % of the data; keep half of them and double the data in each round."""
    rows = _shuffled(place, seed)
    cost = 0.0
    for count, fraction in _HALVING:
        rows = rows[:count]
        scores = _scores(place, rows, round(fraction * place.full_size), 1)
        cost += len(rows) * fraction
        rows = sorted(rows, key=lambda row: -scores[row])
    return rows[0], cost


def random_search(place: Place, seed: int) -> tuple[int, float]:
    """Run 20 random candidates at full size and take the best."""
    rows = _shuffled(place, seed)[:_RANDOM_RUNS]
    scores = _scores(place, rows, place.full_size, 1)
    return max(rows, key=lambda row: scores[row]), float(len(rows))


def fixed_design(place: Place, seed: int) -> tuple[int, float]:
    """Take the design ES with a prompt weight of 0 or the nearest to it, without a run."""
    return max(range(len(place.candidates)), key=lambda row: len(_ES & set(place.candidates[row].levels))), 0.0


RIVALS: dict[str, Callable[[Place, int], tuple[int, float]]] = {
    "one factor at a time": one_factor_at_a_time,
    "successive halving": successive_halving,
    "random search": random_search,
    "always ES": fixed_design,
}


def _shuffled(place: Place, seed: int) -> list[int]:
    return [int(row) for row in np.random.default_rng((seed, 19)).permutation(len(place.candidates))]


def _scores(place: Place, rows: Sequence[int], size: int, seeds: int) -> dict[int, float]:
    """Return the mean score over seeds of each candidate."""
    trials = [Trial(row, size, seed) for row in rows for seed in range(seeds)]
    found: dict[int, list[float]] = {}
    for result in place.runner.run(trials):
        assert isinstance(result, TrialResult)
        found.setdefault(result.trial.candidate, []).append(result.score)
    return {row: float(np.mean(scores)) for row, scores in found.items()}
