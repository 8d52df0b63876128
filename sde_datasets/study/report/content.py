"""The content of the report of a study: what was run, what can be concluded, and what cannot."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sde_datasets.study.analysis.conclusions import ONE_SEED
from sde_datasets.study.analysis.study_analysis import StudyAnalysis
from sde_datasets.study.estimate import duration
from sde_datasets.study.report.figures import study_figures
from sde_datasets.study.report.parts import Report
from sde_datasets.study.report.published import published_difference
from sde_datasets.study.report.tables import cell_table, study_tables

# a score up to which a model has learned nothing: kappa and F1 are 0 for answers without any information
_NOTHING = 0.05


def study_report(analysis: StudyAnalysis) -> Report:
    """Return the report of an analysed study."""
    tables = [table for table in study_tables(analysis) if table.rows]
    return Report(
        title=analysis.plan.title,
        facts=tuple(_facts(analysis)),
        sentences=tuple(analysis.sentences),
        limits=tuple(_limits(analysis)),
        tables=tuple(tables),
        figures=tuple(study_figures(analysis)),
        cells=cell_table(analysis),
    )


def _facts(analysis: StudyAnalysis) -> Iterator[str]:
    results = analysis.results
    complete = results.filter(pl.col("evaluation").is_not_null())
    failed = results.filter(pl.col("evaluation").is_null())
    cells = complete.unique("cell")
    seconds = float(cells["train_seconds"].sum() or 0) + float(complete["seconds"].sum() or 0)
    yield f"{len(cells)} cells with {len(complete)} evaluations; {duration(seconds)} of training and evaluation"
    if len(failed):
        yield f"{len(failed)} cells failed: {failed['failure'][0]}"
    for name in ("model", "size", "seed"):
        values = complete[name].unique(maintain_order=True).to_list()
        yield f"{name}: {', '.join(f'{value}' for value in values if value != 0)}"
    tests = complete.filter(pl.col("samples") > 0)["samples"].unique().sort().to_list()
    yield f"test samples of an evaluation: {', '.join(map(str, tests))}"
    if analysis.plan.training:
        yield "training: " + ", ".join(f"{key} = {value}" for key, value in analysis.plan.training.items())


def _limits(analysis: StudyAnalysis) -> Iterator[str]:
    with_one_seed = [one for one in analysis.differences if one.estimate.seeds == 1]
    if len(analysis.plan.seeds) == 1 or (with_one_seed and len(with_one_seed) == len(analysis.differences)):
        yield ONE_SEED
    elif with_one_seed:
        count = f"{len(with_one_seed)} of {len(analysis.differences)} comparisons"
        yield f"{count} have one seed so far: they allow no conclusion, because another seed may reverse them."
    best = analysis.results.filter((pl.col("kind") == "answers") & (pl.col("size") > 0))["score"].max()
    if isinstance(best, float) and best <= _NOTHING:
        yield f"No model learned the task: the best score is {best:.3f}, so differences say nothing about designs."
    yield (
        "Intervals are those of a bootstrap over seeds and test samples. They do not cover other corpora, models or "
        "training options."
    )
    yield (
        "Formats and model sizes interact (arXiv 2408.02442, 2604.03616): results of a model with fewer than a billion "
        "parameters do not hold for models of 7 billion."
    )
    if any(published_difference(one) for one in analysis.differences):
        yield "Published figures are those of models of 7 billion parameters on private data (arXiv 2404.13033)."
