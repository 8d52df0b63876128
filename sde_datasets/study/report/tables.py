"""The tables of the report of a study, as words."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

import polars as pl

from sde_datasets.study.analysis.conclusions import interval_words, signed
from sde_datasets.study.analysis.differences import DOMAINS, Difference
from sde_datasets.study.analysis.estimates import Estimate
from sde_datasets.study.analysis.standings import Standing
from sde_datasets.study.analysis.study_analysis import StudyAnalysis
from sde_datasets.study.estimate import duration
from sde_datasets.study.report.parts import Table
from sde_datasets.study.report.published import published_difference, published_scores, verdict

# published measure, the evaluation that has it in a study, and its column
_PUBLISHED = (
    ("kappa", "greedy", "kappa"),
    ("few-shot", "few-shot", "kappa"),
    ("zero-shot format errors", "zero-shot", "format_error_rate"),
    ("prompt_perplexity", "perplexity", "prompt_perplexity"),
    ("completion_perplexity", "perplexity", "completion_perplexity"),
)


def study_tables(analysis: StudyAnalysis) -> Iterator[Table]:
    """Yield the tables of results; a table may have no rows."""
    yield _differences(analysis.differences)
    yield _standings(analysis.standings)
    for fit in analysis.fits:
        for title, effects in (("Main effects", fit.main), ("Interactions", fit.interactions)):
            rows = sorted(effects, key=lambda effect: -abs(effect.estimate.value))[:40]
            yield Table(
                f"{title}, {fit.domain}",
                ("effect", fit.score_name, "95 % interval", "p (Holm)"),
                tuple(
                    (e.term.name, signed(e.estimate.value), interval_words(e.estimate), _p_value(e.holm)) for e in rows
                ),
                f"Deviations from the mean of {fit.runs} designs, the largest first.",
            )
    yield _next_to_the_paper(analysis.results)
    yield Table(
        "Ranks as prompts against ranks after fine-tuning",
        ("view", "measure", "Spearman", "95 % interval", "options"),
        tuple(
            (
                one.view,
                one.measure.replace("_", " "),
                "–" if one.correlation is None else signed(one.correlation),
                "–" if one.low is None or one.high is None else f"{signed(one.low)} to {signed(one.high)}",
                str(len(one.values)),
            )
            for one in analysis.ranks
        ),
    )
    yield Table(
        "Omitted targets against placeholders, by target",
        ("view", "target", "not mentioned", "comparison", "kappa OU − PU", "95 % interval"),
        tuple(
            (
                one.view,
                one.target,
                f"{100 * one.share:.0f} %",
                f"{one.contrast.arm.name} − {one.contrast.reference.name}",
                signed(one.estimate.value),
                interval_words(one.estimate),
            )
            for one in sorted(analysis.targets, key=lambda one: one.share)
        ),
    )


def _differences(found: list[Difference]) -> Table:
    columns = ("axis", "option", "against", "domain", "score", "reference", "difference", "95 % interval", "p (Holm)")
    rows = []
    for one in found:
        published = published_difference(one)
        paper = "" if published is None else f"{signed(published.value)} ({verdict(one, published)})"
        label = "" if one.label == "greedy" else f", {one.label}"
        reference, option = one.contrast.options
        what = (one.contrast.axis, option, reference, one.domain + label, one.score_name, f"{one.reference_mean:.3f}")
        value = (signed(one.estimate.value), interval_words(one.estimate), _p_value(one.holm))
        rows.append((*what, *value, f"{100 * one.arm_errors:.1f} %", paper))
    note = "Paired differences over seeds and samples. Paper: mean difference of its 7B models, not data of this study."
    return Table("Differences", (*columns, "format errors", "paper"), tuple(rows), note)


def _standings(found: list[Standing]) -> Table:
    rows = []
    for one in found:
        at = one.condition
        where = (at.model, at.train_view or "–", at.test_view, str(at.size or "–"), at.label)
        score = (one.score_name, _number(one.estimate.value), _between(one.estimate), str(one.estimate.seeds))
        tokens = (_count(one.trained), "–" if one.generated is None else f"{one.generated:.1f}")
        rows.append((one.arm, *where, *score, f"{100 * one.errors:.1f} %", *tokens))
    columns = ("design", "model", "train", "test", "size", "evaluation", "figure", "score", "95 % interval", "seeds")
    note = (
        "Means over seeds, the best first. The interval is that of one score: to compare designs, use the paired "
        "differences. Tokens: trained on, and generated for an answer."
    )
    costs = ("format errors", "tokens trained", "per answer")
    return Table("Scores of each design", (*columns, *costs), tuple(rows), note)


def _next_to_the_paper(results: pl.DataFrame) -> Table:
    """Return the mean scores of the cells that the paper has as well."""
    rows = []
    for measure, label, column in _PUBLISHED:
        chosen = results.filter((pl.col("label") == label) & pl.col(column).is_not_null())
        groups = chosen.group_by("arm", "size", "in_domain", maintain_order=True).agg(pl.col(column).mean())
        for arm, size, in_domain, value in groups.iter_rows():
            domain = DOMAINS[not in_domain]
            if published := published_scores(arm, measure, size, domain):
                words = f"{measure.replace('_', ' ')}, {size} samples, {domain}" if size else measure.replace("_", " ")
                numbers = (f"{value:.3f}", f"{published.value:.3f}", f"{published.low:.3f} to {published.high:.3f}")
                rows.append((arm, words, *numbers))
    note = (
        "Paper: mean, lowest and highest of its 7B models on private data. It is no part of the results of this study."
    )
    return Table("Scores next to the paper", ("design", "score", "this study", "paper", "its range"), tuple(rows), note)


def cell_table(analysis: StudyAnalysis) -> Table:
    """Return the table of all cells and their evaluations."""
    columns = (
        "design",
        "train",
        "test",
        "size",
        "seed",
        "evaluation",
        "score",
        "format errors",
        "tokens",
        "time",
        "run",
    )
    rows = []
    for row in analysis.results.iter_rows(named=True):
        if row["evaluation"] is None:
            failure = f"failed: {row['failure']}"
            rows.append(
                (row["arm"], row["train_view"], "", str(row["size"]), str(row["seed"]), failure, *[""] * 4, row["run"])
            )
            continue
        seconds = (row["train_seconds"] or 0) + row["seconds"]
        errors = row["format_error_rate"]
        what = (row["arm"], row["train_view"] or "–", row["test_view"], str(row["size"] or "–"), str(row["seed"]))
        score = (row["label"], f"{row['score_name']} {_number(row['score'])}")
        shown = "–" if errors is None else f"{100 * errors:.1f} %"
        rows.append((*what, *score, shown, f"{row['train_tokens'] or 0:,}", duration(seconds), row["run"]))
    return Table("All cells", columns, tuple(rows), "tokens: trained on; time: of training and this evaluation.")


def _between(score: Estimate) -> str:
    return "–" if score.low is None else f"{_number(score.low)} to {_number(score.high)}"


def _count(value: float | None) -> str:
    return "–" if not value else f"{value:,.0f}"


def _p_value(value: float | None) -> str:
    return "< 0.001" if value is not None and value < 0.001 else _number(value)


def _number(value: float | None) -> str:
    return "–" if value is None or isnan(value) else f"{value:.3f}".replace("-", "−")
