"""Ranks of options as prompts of the untrained model, against their ranks after fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from sde_datasets.study.analysis.scores import EvaluatedArm

# measures of an untrained model, and whether more is better
MEASURES = {"zero-shot": 1, "few-shot": 1, "prompt_perplexity": -1, "completion_perplexity": -1}
_LEAST = 4


@dataclass(frozen=True)
class RankComparison:
    """Spearman's correlation of a measure of prompts with the score after fine-tuning.

    values: for each arm the measure and the score. low, high: the 95 % interval over options; None for fewer than four.
    """

    model: str
    view: str
    measure: str
    values: dict[str, tuple[float, float]]
    correlation: float | None
    low: float | None = None
    high: float | None = None


def rank_comparisons(results: pl.DataFrame, evaluated: Sequence[EvaluatedArm]) -> list[RankComparison]:
    """Return a comparison for each model, view and measure, over the arms that have both values."""
    tuned = {
        (one.condition.model, one.condition.test_view, one.arm): one.mean
        for one in evaluated
        if one.condition.trained and one.condition.in_domain and one.condition.label == "greedy"
    }
    found: dict[tuple[str, str, str], dict[str, tuple[float, float]]] = {}
    for (model, view, arm), score in tuned.items():
        untrained = results.filter(
            (pl.col("model") == model) & (pl.col("test_view") == view) & (pl.col("arm") == arm) & (pl.col("size") == 0)
        )
        for measure in MEASURES:
            if (value := _measure(untrained, measure)) is not None:
                found.setdefault((model, view, measure), {})[arm] = (value, score)
    return [_comparison(*key, values) for key, values in found.items() if len(values) > 1]


def _measure(untrained: pl.DataFrame, measure: str) -> float | None:
    if measure.endswith("perplexity"):
        values = untrained.filter(pl.col("label") == "perplexity")[measure]
    else:
        values = untrained.filter(pl.col("label") == measure)["score"]
    return values[0] if len(values) and values[0] is not None else None


def _comparison(model: str, view: str, measure: str, values: dict[str, tuple[float, float]]) -> RankComparison:
    pairs = np.array(list(values.values()))
    count = len(pairs)
    if np.ptp(pairs[:, 0]) == 0 or np.ptp(pairs[:, 1]) == 0:
        return RankComparison(model, view, measure, values, None)
    correlation = float(stats.spearmanr(MEASURES[measure] * pairs[:, 0], pairs[:, 1]).statistic)
    if count < _LEAST:
        return RankComparison(model, view, measure, values, correlation)
    return RankComparison(model, view, measure, values, correlation, *_interval(correlation, count))


def _interval(correlation: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of Spearman's correlation (Bonett and Wright 2000)."""
    error = ((1 + correlation**2 / 2) / (count - 3)) ** 0.5
    center = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    low, high = np.tanh([center - 1.96 * error, center + 1.96 * error])
    return float(low), float(high)
