"""Scores of trials from the counts of their samples, with bootstrap draws that are common to all trials.

A resample draws documents of validation samples, the same for all trials. So the draws of two trials have the
covariance of their scores, and their difference has the draws of a paired difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from sde_datasets.study.analysis.scores import sample_counts, score_table

# resamples of documents, and the seed of their draw
RESAMPLES, SEED = 1000, 1


@dataclass(frozen=True)
class Scored:
    """The score of a trial. draws: shape (RESAMPLES,). parse_rate: share of answers without a format error."""

    name: str
    score: float
    draws: np.ndarray
    parse_rate: float


@dataclass(frozen=True)
class Scorer:
    """Scores trials. documents: the document of each validation sample."""

    documents: Mapping[str, str]
    resamples: int = RESAMPLES

    def scored(self, results: Sequence[Mapping[str, Any]]) -> Scored | None:
        """Return the score of the results of a trial's evaluations, one for each fold; None where it is undefined.

        The samples of all folds count together, so a score is that of all of them.
        """
        first = results[0]
        table = score_table(first)
        parts = [pl.DataFrame({name: result[name] for name in ("ids", "errors", "counts")}) for result in results]
        frame = pl.concat(parts).rename({"ids": "id", "errors": "error"})
        ids = sorted(frame["id"].to_list())
        counts = sample_counts(frame, ids, first)
        name = next(iter(first["figures"]))
        score = float(table.headline(counts.sum(0, keepdims=True))[name][0])
        if np.isnan(score):
            return None
        draws = table.headline(self._weights[tuple(ids)] @ counts)[name]
        # a resample without any mention or with one class has no score
        draws = np.where(np.isnan(draws), score, draws)
        return Scored(name, score, draws, 1.0 - float(frame["error"].to_numpy().mean()))

    @cached_property
    def _weights(self) -> _Weights:
        return _Weights(self.documents, self.resamples)


class _Weights(dict[tuple[str, ...], np.ndarray]):
    """How often each resample draws each of some samples (resamples x samples), by their ids."""

    def __init__(self, documents: Mapping[str, str], resamples: int) -> None:
        self._documents, self._resamples = documents, resamples

    def __missing__(self, ids: tuple[str, ...]) -> np.ndarray:
        number_of: dict[str, int] = {}
        numbers = [number_of.setdefault(self._documents[id], len(number_of)) for id in ids]
        count = len(number_of)
        generator = np.random.default_rng(SEED)
        drawn = generator.multinomial(count, np.full(count, 1 / count), size=self._resamples)
        self[ids] = drawn[:, numbers].astype(float)
        return self[ids]
