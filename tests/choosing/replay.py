"""A world from the results of a study: real runs, with seeds and validation samples drawn again.

The true score of an arm is its mean over all seeds and samples at the largest size. A replay draws samples with
replacement, and for each trial one of the seeds of its arm and size, also with replacement. A size that the study
does not have is answered by the nearest one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from sde_datasets.choosing.trials import Candidate, FailedTrial, Settings, Trial, TrialResult
from sde_datasets.study.analysis.scores import EvaluatedArm, evaluated_arms
from sde_datasets.study.arms import STUDY_AXES

RESAMPLES = 200


@dataclass(frozen=True, eq=False)
class Table:
    """Evaluations of the same arms at one or more sizes. arms: by size, in the order of the candidates."""

    candidates: tuple[Candidate, ...]
    arms: dict[int, tuple[EvaluatedArm, ...]]
    truth: np.ndarray

    @classmethod
    def of(cls, results: pl.DataFrame, samples: pl.DataFrame) -> Table:
        """Return the table of the condition with the most arms: model, view, evaluation; in domain, of trained models.

        Arms that are missing at one of its sizes are left out.
        """
        groups: dict[tuple, dict[int, dict[str, EvaluatedArm]]] = {}
        for arm in evaluated_arms(results, samples):
            if arm.condition.trained and arm.condition.in_domain:
                key = replace(arm.condition, size=1)
                groups.setdefault((key, arm.score_name), {}).setdefault(arm.condition.size, {})[arm.arm] = arm
        by_size = max(groups.values(), key=lambda sizes: sum(map(len, sizes.values())))
        names = [name for name in by_size[max(by_size)] if all(name in arms for arms in by_size.values())]
        rows = results.filter(pl.col("arm").is_in(names)).unique("arm", maintain_order=True)
        levels = {row["arm"]: tuple((axis, _word(row[axis])) for axis in STUDY_AXES) for row in rows.to_dicts()}
        arms = {size: tuple(by_size[size][name] for name in names) for size in sorted(by_size)}
        truth = np.array([arm.mean for arm in arms[max(arms)]])
        return cls(tuple(Candidate(name, levels[name]) for name in names), arms, truth)

    def settings(self, share: float, draws: int, seed: int = 0) -> Settings:
        """Return the settings of a race that costs about this share of a full run of every candidate."""
        sizes = sorted(self.arms)
        full = sizes[-1]
        plan = Settings(
            full,
            screen_fraction=sizes[0] / full,
            second_fraction=sizes[len(sizes) // 2] / full,
            draws=draws,
            seed=seed,
        )
        return plan.scaled_to(share * len(self.candidates))


class Replay:
    """One replay of a table: the same trial always gets the same result."""

    def __init__(self, table: Table, number: int) -> None:
        self.table, self._number = table, number
        count = min(len(arm.ids) for arms in table.arms.values() for arm in arms)
        random = np.random.default_rng((number, 23))
        # (1 + resamples, samples): the samples of this replay, and what a bootstrap of them draws
        drawn = random.multinomial(count, np.full(count, 1 / count))
        self._weights = np.vstack([drawn, random.multinomial(count, drawn / count, size=RESAMPLES)]).astype(float)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The arms of the table."""
        return self.table.candidates

    @property
    def full_size(self) -> int:
        """The largest size of the table."""
        return max(self.table.arms)

    @property
    def runner(self) -> Replay:
        """The replay itself."""
        return self

    def run(self, trials: Sequence[Trial]) -> Iterator[TrialResult | FailedTrial]:
        """Yield the results."""
        for trial in trials:
            size = min(self.table.arms, key=lambda one: abs(one - trial.size))
            arm = self.table.arms[size][trial.candidate]
            random = np.random.default_rng((self._number, 29, trial.candidate, size, trial.seed))
            counts = arm.counts[arm.seeds[random.integers(len(arm.seeds))]][: self._weights.shape[1]]
            figures = arm.table.headline(self._weights @ counts)
            scores = np.nan_to_num(figures[arm.score_name])
            rate = 1 - float(figures["format_error_rate"][0])
            yield TrialResult(trial, float(scores[0]), scores[1:], rate, 0.0, float(trial.size))


def _word(option: object) -> str:
    return f"{option:g}" if isinstance(option, float) else str(option)
