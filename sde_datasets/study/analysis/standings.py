"""What each design scores and costs: its mean over seeds with an interval, and the tokens that it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from sde_datasets.study.analysis.estimates import Estimate, estimate
from sde_datasets.study.analysis.scores import Condition, EvaluatedArm, Resampling


@dataclass(frozen=True)
class Standing:
    """The score of an arm under a condition, and its cost.

    errors: share of answers with a format error. trained: tokens of the training, mean over seeds; None for an
    untrained model. generated: tokens of an answer, mean over samples and seeds.
    """

    condition: Condition
    arm: str
    score_name: str
    estimate: Estimate
    errors: float
    trained: float | None
    generated: float | None


def standings(results: pl.DataFrame, arms: list[EvaluatedArm], resampling: Resampling) -> list[Standing]:
    """Return the standing of each arm, by condition, and in a condition the best first."""
    costs = {
        row[:-2]: row[-2:]
        for row in results.filter(pl.col("kind") == "answers")
        .group_by("model", "train_view", "test_view", "size", "label", "arm")
        .agg(pl.col("train_tokens").mean(), (pl.col("generated_tokens") / pl.col("samples")).mean())
        .iter_rows()
    }
    found = [_standing(arm, costs, resampling) for arm in arms]
    order = list(dict.fromkeys(one.condition for one in found))
    # a score that is undefined is the last
    return sorted(found, key=lambda one: (order.index(one.condition), -np.nan_to_num(one.estimate.value, nan=-1.0)))


def _standing(arm: EvaluatedArm, costs: dict[tuple, tuple], resampling: Resampling) -> Standing:
    at = arm.condition
    trained, generated = costs[at.model, at.train_view, at.test_view, at.size, at.label, arm.arm]
    score = estimate(resampling.means(arm, arm.seeds, arm.ids), list(arm.values.values()))
    return Standing(at, arm.arm, arm.score_name, score, arm.figure("format_error_rate"), trained, generated)
