"""What the method of `choose` and the side that runs its trials exchange.

`race(candidates, runner, budget, settings)` in `race.py` asks a `Runner` for `Trial`s, asks a `Budget` how many of them
can be paid, and yields a `Stage` after each stage. The last stage carries the `Choice`. A higher
score is better (kappa, F1). Sizes are numbers of training samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Candidate:
    """A design with a prompt weight. levels: pairs of axis and value; the same axes in all candidates, in one order."""

    name: str
    levels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Trial:
    """A training run to make.

    candidate: index of the candidate. size: number of training samples. seed: number of the seed, from 0; trials with
    the same seed share samples, order and random numbers, and the samples of a smaller size are part of those of a
    larger size.
    """

    candidate: int
    size: int
    seed: int


@dataclass(frozen=True, eq=False)
class TrialResult:
    """What a trial gave.

    score: on all validation samples. draws: shape (B,), the score under B bootstrap resamples of the validation samples
    by document. The resamples are the same for all trials, so the covariance of the draws of two trials gives the noise
    of their paired difference, for any metric. nan: undefined; a trial with an undefined score counts as failed.
    parse_rate: share of answers that the strict parser accepts.
    answer_tokens: that the model wrote, mean per sample. cost: in the unit of the budget.
    """

    trial: Trial
    score: float
    draws: np.ndarray
    parse_rate: float
    answer_tokens: float
    cost: float


@dataclass(frozen=True)
class FailedTrial:
    """A trial without a result, and why. Its candidate is neither run again nor recommended."""

    trial: Trial
    reason: str


class Runner(Protocol):
    """Runs trials. A result that exists already (a race that continues after a stop) is returned without a run."""

    def run(self, trials: Sequence[Trial]) -> Iterator[TrialResult | FailedTrial]:
        """Yield one result or failure for each trial, in any order."""
        ...


class Budget(Protocol):
    """Knows what trials cost and what is left."""

    def affords(self, trials: Sequence[Trial]) -> int:
        """Return how many of these trials, from the first on, can still be paid. Trials with a result cost nothing."""
        ...


@dataclass(frozen=True)
class Settings:
    """The plan of a race and what the answer states. `scaled_to` adapts the numbers of runs to a budget.

    full_size: number of training samples of a full run (N).
    screen_runs, screen_fraction: runs of the screen, repeats included, and their share of the full size.
    repeats: designs of the screen that run a second time, with another seed.
    second_runs, second_fraction: the second stage. final_runs: the third stage, at full size.
    further_seeds: runs at full size after the third stage, one by one, each where it is expected to gain most: another
    seed of a candidate, or the first run of another candidate.
    seed: of the screen and of the draws. draws: number of draws from the posterior.
    coverage: of intervals and of the set of designs. near: designs this close to the best count as good as the best.
    learned_parse_rate: a run with a smaller parse rate has not learned its form.
    prior_effects: expected effect of a level, for example from published results; empty for none.
    """

    full_size: int
    screen_runs: int = 32
    screen_fraction: float = 0.15
    repeats: int = 2
    second_runs: int = 14
    second_fraction: float = 0.35
    final_runs: int = 5
    further_seeds: int = 8
    seed: int = 0
    draws: int = 4000
    coverage: float = 0.95
    near: float = 0.005
    learned_parse_rate: float = 0.8
    prior_effects: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def screen_size(self) -> int:
        """Training samples of a run of the screen."""
        return max(1, round(self.screen_fraction * self.full_size))

    @property
    def second_size(self) -> int:
        """Training samples of a run of the second stage."""
        return max(1, round(self.second_fraction * self.full_size))

    @property
    def full_runs(self) -> float:
        """The cost of the plan in full runs, if a run costs as much as it has training samples."""
        return (
            self.screen_runs * self.screen_fraction
            + self.second_runs * self.second_fraction
            + self.final_runs
            + self.further_seeds
        )

    def scaled_to(self, full_runs: float) -> Settings:
        """Return the settings with all numbers of runs scaled, so that the plan costs at most `full_runs` full runs.

        Numbers of runs do not fall below 10, 4, 2 and 0, so a plan for a very small budget can cost more than it.
        """
        plan = self
        factor = full_runs / self.full_runs
        for _ in range(200):
            plan = replace(
                self,
                screen_runs=max(10, int(self.screen_runs * factor)),
                second_runs=max(4, int(self.second_runs * factor)),
                final_runs=max(2, int(self.final_runs * factor)),
                further_seeds=int(self.further_seeds * factor),
            )
            if plan.full_runs <= full_runs:
                break
            factor *= 0.98
        return plan


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known about the score of each candidate at full size; arrays of shape (candidates,).

    mean, low, high: expected score and interval. chance_best: probability to be the best.
    chance_near: probability to be within `Settings.near` of the best.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    chance_best: np.ndarray
    chance_near: np.ndarray


@dataclass(frozen=True)
class Effect:
    """Expected difference between a level's mean score at full size and the mean of its axis, with interval."""

    axis: str
    level: str
    estimate: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Expected score of a candidate by number of training samples, with interval; arrays of shape (sizes,)."""

    candidate: int
    sizes: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Crossing:
    """Two leaders whose expected curves cross: `later` overtakes `earlier` at about `size` training samples."""

    earlier: int
    later: int
    size: int


class Verdict(Enum):
    """How far the answer can be relied on."""

    CHOICE = "choice"
    CANNOT_TELL = "cannot tell"
    """More than half of the designs remain in the set, or the best is not clearly better than the mean design."""
    NOTHING_LEARNED = "nothing learned"
    """Nearly all scores at the largest size are at 0: the model learns no design at this size, so nothing is ranked."""


@dataclass(frozen=True, eq=False)
class Choice:
    """The answer of a race.

    best: the recommended candidate. confidence_set: candidates that cannot be told from the best, most likely first;
    it holds the best with a probability of `Settings.coverage`. unlearned: trials whose form was not learned.
    effects: main effects at full size. curves: of the leaders, best first. crossings: among the curves.
    """

    verdict: Verdict
    best: int
    confidence_set: tuple[int, ...]
    posterior: Posterior
    effects: tuple[Effect, ...]
    curves: tuple[LearningCurve, ...]
    crossings: tuple[Crossing, ...]
    unlearned: tuple[Trial, ...]


@dataclass(frozen=True, eq=False)
class Stage:
    """State of a race after a stage.

    name: `screen`, `second`, `final` or `seed 1`, `seed 2`, ... for the further runs. results, failed: of all stages so
    far. posterior: None before the first result. stopped: the budget ended the race in this stage.
    choice: in the last stage only; None there if no trial has a result.
    """

    name: str
    results: tuple[TrialResult, ...]
    failed: tuple[FailedTrial, ...]
    posterior: Posterior | None
    stopped: bool = False
    choice: Choice | None = None
