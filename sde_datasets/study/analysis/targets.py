"""Differences by target: what omitting unmentioned targets costs each target, against how rarely it is mentioned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sde_datasets.study.analysis.differences import differences
from sde_datasets.study.analysis.estimates import Estimate
from sde_datasets.study.analysis.scores import Resampling, evaluated_arms
from sde_datasets.study.arms import Contrast

AXIS = "unmentioned"


@dataclass(frozen=True)
class TargetDifference:
    """The difference OU - PU of kappa of one target. share: of the test samples that do not mention it."""

    view: str
    target: str
    share: float
    contrast: Contrast
    estimate: Estimate


def target_differences(
    contrasts: Sequence[Contrast], results: pl.DataFrame, samples: pl.DataFrame, resampling: Resampling
) -> list[TargetDifference]:
    """Return the difference of each target of label tasks, in domain, for contrasts of placeholder and omission."""
    chosen = [contrast for contrast in contrasts if contrast.axis == AXIS]
    greedy = results.filter(
        (pl.col("task") == "label") & pl.col("in_domain") & (pl.col("label") == "greedy") & (pl.col("size") > 0)
    )
    found: list[TargetDifference] = []
    if not chosen:
        return found
    for (view,), rows in greedy.partition_by("test_view", as_dict=True, maintain_order=True).items():
        classes = rows["classes"][0]
        of_view = samples.filter(pl.col("evaluation").is_in(rows["evaluation"].unique().to_list()))
        for number, target in enumerate(rows["targets"][0].to_list()):
            of_target = of_view.with_columns(pl.col("counts").list.slice(number, 1))
            gold = of_target["counts"].list.first() // classes
            arms = evaluated_arms(rows, of_target)
            found += [
                TargetDifference(
                    str(view), target, float((gold == classes - 1).mean() or 0), one.contrast, one.estimate
                )
                for one in differences(chosen, arms, resampling)
            ]
    return found
