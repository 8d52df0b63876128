"""The analysis of a study folder: everything that its report shows. Start reading here."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from sde_datasets.study.analysis.conclusions import conclusions
from sde_datasets.study.analysis.differences import Difference, differences
from sde_datasets.study.analysis.effects import Fit, fits
from sde_datasets.study.analysis.ranks import RankComparison, rank_comparisons
from sde_datasets.study.analysis.scores import EvaluatedArm, Resampling, evaluated_arms
from sde_datasets.study.analysis.standings import Standing, standings
from sde_datasets.study.analysis.targets import TargetDifference, target_differences
from sde_datasets.study.arms import Arm, Contrast, contrasts
from sde_datasets.study.factorial import levels_of
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.matrix import arms_of
from sde_datasets.study.plan import Plan
from sde_datasets.study.results import read_results


@dataclass(frozen=True)
class StudyAnalysis:
    """What the results of a study say. sentences: for each axis what can be concluded, and what cannot."""

    plan: Plan
    folder: StudyFolder
    results: pl.DataFrame
    arms: list[Arm]
    contrasts: list[Contrast]
    evaluated: list[EvaluatedArm]
    standings: list[Standing] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    fits: list[Fit] = field(default_factory=list)
    ranks: list[RankComparison] = field(default_factory=list)
    targets: list[TargetDifference] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def analyse(folder: StudyFolder, resampling: Resampling | None = None) -> StudyAnalysis:
    """Analyse the results of a study folder. Raises InputError if it has none."""
    plan = folder.plan()
    results, samples = read_results(folder)
    resampling = resampling or Resampling()
    arms, evaluated = arms_of(plan), evaluated_arms(results, samples)
    factorial = plan.kind == "factorial"
    found = [] if factorial else contrasts(arms, plan.against)
    compared = differences(found, evaluated, resampling)
    fitted = fits(arms, levels_of(plan.axes), evaluated, resampling) if factorial else []
    ranks = rank_comparisons(results, evaluated)
    return StudyAnalysis(
        plan,
        folder,
        results,
        arms,
        found,
        evaluated,
        standings(results, evaluated, resampling),
        compared,
        fitted,
        ranks,
        target_differences(found, results, samples, resampling),
        conclusions(compared, fitted, ranks),
    )
