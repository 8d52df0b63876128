"""Paired differences of arms to their references, in domain and out of domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sde_datasets.study.analysis.estimates import Estimate, estimate, holm
from sde_datasets.study.analysis.scores import Condition, EvaluatedArm, Resampling
from sde_datasets.study.arms import Contrast

DOMAINS = ("in domain", "out of domain")


@dataclass(frozen=True)
class Difference:
    """The difference arm - reference in a mean over conditions.

    group: what the conditions have in common: domain, evaluation, score. conditions: how many there are.
    holm: the p-value corrected for all differences of the group. reference_mean, arm_mean: the scores.
    """

    contrast: Contrast
    domain: str
    label: str
    score_name: str
    conditions: int
    estimate: Estimate
    reference_mean: float
    arm_mean: float
    reference_errors: float
    arm_errors: float
    holm: float | None = None

    @property
    def is_clear(self) -> bool:
        """True if the difference holds after the correction for several comparisons."""
        return self.estimate.is_clear and self.holm is not None and self.holm < 0.05


def differences(
    contrasts: Sequence[Contrast], arms: Sequence[EvaluatedArm], resampling: Resampling
) -> list[Difference]:
    """Return the difference of each contrast in each group of conditions, with p-values corrected within a group."""
    by_key = {(arm.condition, arm.arm): arm for arm in arms}
    groups = dict.fromkeys(_group(arm) for arm in arms)
    found = []
    for group in groups:
        of_group = [
            difference
            for contrast in contrasts
            if (difference := _difference(contrast, group, by_key, resampling)) is not None
        ]
        corrected = holm([difference.estimate.p for difference in of_group])
        found += [replace(one, holm=p) for one, p in zip(of_group, corrected, strict=True)]
    return found


def _group(arm: EvaluatedArm) -> tuple[str, str, str]:
    return DOMAINS[not arm.condition.in_domain], arm.condition.label, arm.score_name


def _difference(
    contrast: Contrast,
    group: tuple[str, str, str],
    arms: dict[tuple[Condition, str], EvaluatedArm],
    resampling: Resampling,
) -> Difference | None:
    """Return the mean difference over the conditions that both arms have; None without any."""
    pairs = [
        (arms[condition, contrast.reference.name], arm)
        for (condition, name), arm in arms.items()
        if name == contrast.arm.name and _group(arm) == group and (condition, contrast.reference.name) in arms
    ]
    if not pairs:
        return None
    # seeds that all conditions have, so that a value by seed is a mean over the same conditions
    seeds = tuple(sorted(set.intersection(*(set(a.seeds) & set(b.seeds) for a, b in pairs))))
    if not seeds:
        return None
    drawn = np.mean([_drawn(a, b, seeds, resampling) for a, b in pairs], axis=0)
    by_seed = [float(np.mean([b.values[seed] - a.values[seed] for a, b in pairs])) for seed in seeds]
    sides = [[side.mean for side in part] for part in zip(*pairs, strict=True)]
    errors = [[side.figure("format_error_rate") for side in part] for part in zip(*pairs, strict=True)]
    return Difference(
        contrast,
        *group,
        len(pairs),
        estimate(drawn, by_seed),
        *(float(np.mean(part)) for part in (*sides, *errors)),
    )


def _drawn(a: EvaluatedArm, b: EvaluatedArm, seeds: tuple[int, ...], resampling: Resampling) -> np.ndarray:
    ids = a.ids if a.ids == b.ids else tuple(sorted(set(a.ids) & set(b.ids)))
    return resampling.means(b, seeds, ids) - resampling.means(a, seeds, ids)
