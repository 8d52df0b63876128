"""The scores of evaluations, and the same scores under a hierarchical bootstrap over seeds and samples.

Resampling has two levels. A resample draws seeds, S - 1 of S with replacement: with as few seeds as studies have, S of
S would make the variance of a mean too small by the factor (S - 1) / S (Rao and Wu 1988). Then it draws test samples.
All models answer the same test samples, so one draw of samples is used for all arms and seeds of a view: differences
between arms are paired by sample as well as by seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from sde_datasets.errors import InputError
from sde_datasets.scoring.count_table import CountTable

RESAMPLES, SEED = 2000, 1


@dataclass(frozen=True)
class Condition:
    """What all arms of a comparison have in common: the model, the views of training and test, size, evaluation."""

    model: str
    train_view: str
    test_view: str
    size: int
    label: str

    @property
    def in_domain(self) -> bool:
        """True if the model is tested on the view that it was trained on; untrained models are in domain."""
        return self.train_view in ("", self.test_view)

    @property
    def trained(self) -> bool:
        """False for untrained models."""
        return self.size > 0


@dataclass(frozen=True)
class EvaluatedArm:
    """The evaluations of one arm under one condition, by seed. counts: samples x columns of a CountTable, by seed."""

    condition: Condition
    arm: str
    score_name: str
    ids: tuple[str, ...]
    table: CountTable
    counts: dict[int, np.ndarray]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, in order."""
        return tuple(sorted(self.counts))

    @cached_property
    def values(self) -> dict[int, float]:
        """The score by seed; nan where it is undefined."""
        return {seed: self.score(np.ones((1, len(self.ids))), seed)[0] for seed in self.seeds}

    def figure(self, name: str) -> float:
        """Return the mean of a headline figure over the seeds."""
        sums = np.stack([counts.sum(0) for counts in self.counts.values()])
        return float(np.mean(self.table.headline(sums)[name]))

    @property
    def mean(self) -> float:
        """The mean score over the seeds."""
        return float(np.mean(list(self.values.values())))

    def score(self, weights: np.ndarray, seed: int) -> np.ndarray:
        """Return the score of each row of sample weights (resamples x samples)."""
        return self.table.headline(weights @ self.counts[seed])[self.score_name]


def evaluated_arms(results: pl.DataFrame, samples: pl.DataFrame) -> list[EvaluatedArm]:
    """Return the scored answers of a study, by condition and arm, in the order of the results.

    Samples are those that all seeds of an arm have. Raises InputError if a cell has two rows for a sample.
    """
    answers = results.filter(pl.col("kind") == "answers")
    by_key = samples.partition_by("cell", "evaluation", as_dict=True)
    grouped: dict[tuple[Condition, str], list[dict]] = {}
    for row in answers.iter_rows(named=True):
        condition = Condition(row["model"], row["train_view"], row["test_view"], row["size"], row["label"])
        grouped.setdefault((condition, row["arm"]), []).append(row)
    return [_arm(condition, arm, rows, by_key) for (condition, arm), rows in grouped.items()]


def _arm(condition: Condition, arm: str, rows: list[dict], samples: dict[tuple, pl.DataFrame]) -> EvaluatedArm:
    parts = {row["seed"]: samples[row["cell"], row["evaluation"]] for row in rows}
    for part in parts.values():
        if part["id"].n_unique() != len(part):
            raise InputError(f"{arm} {condition.test_view}", "has two rows for a sample", "Collect the results again.")
    common = sorted(set.intersection(*(set(part["id"]) for part in parts.values())))
    first = rows[0]
    counts = {seed: sample_counts(part, common, first) for seed, part in parts.items()}
    return EvaluatedArm(condition, arm, first["score_name"], tuple(common), score_table(first), counts)


def score_table(row: Mapping[str, Any]) -> CountTable:
    """Return the table that computes the figures of the task; its own rows are not used."""
    if row["task"] == "mention":
        return CountTable("mention", np.zeros((0, 7)), np.zeros(0, int), 0)
    classes, weights = row["classes"], row["weights"]
    weights = tuple(tuple(line) for line in weights) if weights else None
    return CountTable("label", np.zeros((0, 3 + classes**2)), np.arange(classes**2), classes, weights)


def sample_counts(part: pl.DataFrame, ids: Sequence[str], row: Mapping[str, Any]) -> np.ndarray:
    """Return the counts (samples x columns): 1, right, format error, and cells or mentions."""
    order = part.filter(pl.col("id").is_in(list(ids))).sort("id")
    counts, errors = order["counts"].to_list(), order["error"].to_numpy().astype(float)
    if row["task"] == "mention":
        mentions = np.array(counts, float)
        right = (mentions[:, 0] == mentions[:, 1]) & (mentions[:, 0] == mentions[:, 2])
        return np.column_stack([np.ones(len(ids)), right, errors, mentions])
    classes = row["classes"]
    cells = np.array(counts, int)
    matrix = np.stack([np.bincount(line, minlength=classes**2) for line in cells]).astype(float)
    right = (cells // classes == cells % classes).all(1)
    return np.column_stack([np.ones(len(ids)), right, errors, matrix])


class Resampling:
    """The draws of a bootstrap: sample weights of each test view and seed weights of each training condition."""

    def __init__(self, resamples: int = RESAMPLES, seed: int = SEED) -> None:
        self.resamples, self._seed = resamples, seed
        self._samples: dict[tuple, np.ndarray] = {}
        self._seeds: dict[tuple, np.ndarray] = {}

    def sample_weights(self, view: str, ids: tuple[str, ...]) -> np.ndarray:
        """Return how often each resample draws each sample (resamples x samples)."""
        key = (view, ids)
        if key not in self._samples:
            generator = np.random.default_rng((self._seed, len(self._samples), 0))
            count = len(ids)
            drawn = generator.multinomial(count, np.full(count, 1 / count), size=self.resamples)
            self._samples[key] = drawn.astype(float)
        return self._samples[key]

    def seed_weights(self, condition: Condition, seeds: tuple[int, ...]) -> np.ndarray:
        """Return the share of each seed in each resample (resamples x seeds); 1 for a single seed."""
        key = (condition.model, condition.train_view, condition.size, seeds)
        if len(seeds) == 1:
            return np.ones((self.resamples, 1))
        if key not in self._seeds:
            generator = np.random.default_rng((self._seed, len(self._seeds), 1))
            drawn = generator.multinomial(len(seeds) - 1, np.full(len(seeds), 1 / len(seeds)), size=self.resamples)
            self._seeds[key] = drawn / (len(seeds) - 1)
        return self._seeds[key]

    def means(self, arm: EvaluatedArm, seeds: tuple[int, ...], ids: tuple[str, ...]) -> np.ndarray:
        """Return the mean score of an arm over seeds in each resample, of the samples `ids`."""
        weights = self.sample_weights(arm.condition.test_view, ids)
        if ids != arm.ids:
            place = {id: number for number, id in enumerate(ids)}
            spread = np.zeros((self.resamples, len(arm.ids)))
            for number, id in enumerate(arm.ids):
                if id in place:
                    spread[:, number] = weights[:, place[id]]
            weights = spread
        scores = np.stack([arm.score(weights, seed) for seed in seeds], axis=1)
        return (scores * self.seed_weights(arm.condition, seeds)).sum(1)
