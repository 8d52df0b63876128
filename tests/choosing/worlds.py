"""Worlds with a known truth, in which `choose` and its rivals run: they replace the trainer.

A world has 288 designs (six axes) with random effects. Design x at n training samples has the expected score
f(x) - G(n) h(x), with the full size N, G(N) = 0 and G(0.15 N) = 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from sde_datasets.choosing.trials import Candidate, FailedTrial, Trial, TrialResult

AXES = {
    "format": ("natural", "lines", "json"),
    "labels": ("text", "num"),
    "reasoning": ("none", "cot", "rcot"),
    "unmentioned": ("placeholder", "omit"),
    "placement": ("first", "last"),
    "prompt_weight": ("0", "0.1", "0.5", "1"),
}
CANDIDATES = tuple(
    Candidate("-".join(levels), tuple(zip(AXES, levels, strict=True))) for levels in product(*AXES.values())
)
FULL_SIZE = 4000
SMALL = 0.15
RESAMPLES = 200


@dataclass(frozen=True)
class WorldKind:
    """What distinguishes a kind of worlds. Effects are standard deviations over levels, in units of the score.

    drop: mean loss at 0.15 N, with main effects drop_main and interactions drop_pairs. power: the exponent of curves;
    they are flat above plateau * N. cliff: the loss of each of three combinations of three levels. unlearned: twice the
    probability that a pair of a format and a level of another axis is learned only with more samples. noise: over
    seeds. growth: by how many times the noise is larger for a score 0.3 below the best. offset: subtracted from all
    scores, which are then bounded at 0.
    """

    name: str
    main: float = 0.03
    pairs: float = 0.012
    drop: float = 0.10
    drop_main: float = 0.010
    drop_pairs: float = 0.004
    power: float = 0.5
    plateau: float = 1.0
    cliff: float = 0.0
    unlearned: float = 0.0
    noise: float = 0.012
    test_noise: float = 0.010
    growth: float = 0.0
    offset: float = 0.0


STANDARD = WorldKind("standard")
KINDS = {
    kind.name: kind
    for kind in (
        STANDARD,
        replace(STANDARD, name="interactions", main=0.05, pairs=0.03),
        replace(STANDARD, name="unlearned forms", unlearned=0.3),
        replace(STANDARD, name="weak", main=0.008, pairs=0.004, drop_main=0.003, drop_pairs=0.001),
        replace(STANDARD, name="weak, crossing", main=0.008, pairs=0.004),
        replace(STANDARD, name="crossing", drop_main=0.03, drop_pairs=0.012),
        replace(STANDARD, name="heavy noise", noise=0.030),
        replace(STANDARD, name="nil", main=0.0, pairs=0.0, drop_main=0.0, drop_pairs=0.0),
        replace(STANDARD, name="cliff", cliff=0.15),
        replace(STANDARD, name="slow power", power=0.2, drop_main=0.02, drop_pairs=0.008),
        replace(STANDARD, name="plateau", plateau=0.5),
        replace(STANDARD, name="growing noise", growth=3.0),
        replace(STANDARD, name="bounded", offset=0.55),
        replace(STANDARD, name="at zero", offset=0.95),
    )
}


@dataclass(frozen=True, eq=False)
class World:
    """One world. truth: expected score of each candidate at full size, which no method sees."""

    kind: WorldKind
    truth: np.ndarray
    drop: np.ndarray
    threshold: np.ndarray
    seed: int

    @classmethod
    def draw(cls, kind: WorldKind, seed: int) -> World:
        """Draw a world."""
        random = np.random.default_rng((seed, 11))
        score = 0.6 + _effects(random, kind.main, kind.pairs)
        for _ in range(3 if kind.cliff else 0):
            axes = random.choice(len(AXES), 3, replace=False)
            chosen = CANDIDATES[random.integers(len(CANDIDATES))]
            cliff = [all(one.levels[axis] == chosen.levels[axis] for axis in axes) for one in CANDIDATES]
            score = score - kind.cliff * np.array(cliff)
        drop = np.maximum(kind.drop + _effects(random, kind.drop_main, kind.drop_pairs), 0.0)
        threshold = np.zeros(len(CANDIDATES))
        for first, second in combinations(range(len(AXES)), 2):
            levels = list(AXES.values())
            for pair in product(levels[first], levels[second]):
                if first == 0 and random.random() < kind.unlearned / 2:
                    late = [(one.levels[first][1], one.levels[second][1]) == pair for one in CANDIDATES]
                    threshold = np.maximum(threshold, random.uniform(0.16, 0.6) * np.array(late))
        return cls(kind, np.maximum(score - kind.offset, 0.0), drop, threshold * FULL_SIZE, seed)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The designs."""
        return CANDIDATES

    @property
    def full_size(self) -> int:
        """Training samples of a full run."""
        return FULL_SIZE

    @property
    def runner(self) -> World:
        """The world itself."""
        return self

    def expected(self, rows: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Return the expected scores of candidates at sizes."""
        kind = self.kind
        reached = np.minimum(sizes / FULL_SIZE, kind.plateau)
        curve = (reached**-kind.power - kind.plateau**-kind.power) / (SMALL**-kind.power - kind.plateau**-kind.power)
        base = self.truth[rows]
        if kind.offset:
            base = np.where(base > 0, base, -1.0)
        score = base - curve * self.drop[rows] - 0.3 * (sizes < self.threshold[rows])
        return np.maximum(score, 0.0)

    def regret(self, row: int) -> float:
        """Return how far a candidate is below the best."""
        return float(self.truth.max() - self.truth[row])

    def run(self, trials: Sequence[Trial]) -> Iterator[TrialResult | FailedTrial]:
        """Yield the results: the same trial always gets the same result."""
        shared = np.random.default_rng((self.seed, 13)).standard_normal(RESAMPLES) * 0.01
        for trial in trials:
            random = np.random.default_rng((self.seed, 17, trial.candidate, trial.size, trial.seed))
            expected = float(self.expected(np.array([trial.candidate]), np.array([trial.size]))[0])
            kind = self.kind
            noise = kind.noise * (1 + kind.growth * (self.truth.max() - expected) / 0.3)
            at_zero = expected == 0.0
            score = expected + noise * random.standard_normal() + kind.test_noise * random.standard_normal()
            score = 0.0 if at_zero else max(score, 0.0)
            draws = score + (0 if at_zero else 1) * (shared + kind.test_noise * random.standard_normal(RESAMPLES))
            learned = trial.size >= self.threshold[trial.candidate]
            rate = random.uniform(0.95, 1.0) if learned else random.uniform(0.2, 0.7)
            yield TrialResult(trial, score, draws, rate, 20.0, float(trial.size))


def _effects(random: np.random.Generator, main: float, pairs: float) -> np.ndarray:
    """Return random main effects and interactions of two axes of the candidates."""
    total = np.zeros(len(CANDIDATES))
    codes = [{level: number for number, level in enumerate(levels)} for levels in AXES.values()]
    table = np.array([[codes[axis][level] for axis, (_, level) in enumerate(one.levels)] for one in CANDIDATES])
    for axis, levels in enumerate(codes):
        total += random.standard_normal(len(levels))[table[:, axis]] * main
    for first, second in combinations(range(len(codes)), 2):
        cells = random.standard_normal((len(codes[first]), len(codes[second])))
        total += cells[table[:, first], table[:, second]] * pairs
    return total
