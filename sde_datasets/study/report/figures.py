"""The figures of a report as SVG: the same bytes for the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import polars as pl

from sde_datasets.study.analysis.study_analysis import StudyAnalysis
from sde_datasets.study.folder import read_json
from sde_datasets.study.report.published import published_difference, published_targets

_OURS, _PAPER, _ERRORS = "#2a5d9f", "#b3541e", "#b3402f"
_WIDTH = 7.5


@dataclass(frozen=True)
class Figure:
    """A figure: its file name, title, caption, and SVG. runs: the run folders that it is made from."""

    name: str
    title: str
    caption: str
    svg: str


def study_figures(analysis: StudyAnalysis) -> Iterator[Figure]:
    """Yield the figures for which a study has results."""
    if analysis.differences:
        caption = "Dots: this study, with 95 % intervals. Hollow diamonds: mean of the paper's 7B models on other data."
        yield draw_figure("differences", "Differences to the reference", caption, _draw_differences, analysis)
    answers = analysis.results.filter(pl.col("kind") == "answers")
    if len(answers):
        caption = "Share of answers that are not in the form that the design asks for, mean over cells."
        yield draw_figure("format_errors", "Format errors", caption, _draw_errors, answers)
    if answers.filter(pl.col("size") > 0)["size"].n_unique() > 1:
        caption = "Mean score in domain over seeds and views; bars: lowest and highest."
        yield draw_figure("sizes", "Score by number of training samples", caption, _draw_sizes, answers)
    if len(answers):
        caption = "Cost of training and evaluation against the mean score. Line: no other design has more for less."
        yield draw_figure("cost", "Cost and score", caption, _draw_cost, answers)
    if analysis.ranks:
        caption = "Rank of each design as a prompt of the untrained model (left) and after fine-tuning (right)."
        yield draw_figure("ranks", "Ranks as prompts and after fine-tuning", caption, _draw_ranks, analysis)
    if any(fit.interactions for fit in analysis.fits):
        caption = "Mean score by options of two axes, for the pairs with the largest interactions."
        yield draw_figure("interactions", "Interactions", caption, _draw_interactions, analysis)
    if analysis.targets:
        caption = (
            "Difference OU − PU of kappa by target (dots), and by aspect of the paper (hollow diamonds: 7B models)."
        )
        yield draw_figure("targets", "Omission by target", caption, _draw_targets, analysis)
    yield from _attention_figures(analysis)


def draw_figure(name: str, title: str, caption: str, draw: Callable[[Any], Any], data: Any) -> Figure:
    """Return the figure that `draw` makes of some data as a canvas of matplotlib."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    # names of elements and the date would differ from run to run
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
                                "grid.alpha": 0.3, "axes.axisbelow": True}):  # fmt: skip
        text = StringIO()
        FigureCanvasSVG(draw(data)).print_svg(text, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return Figure(name, title, caption, svg[svg.index("<svg") :])


def new_canvas(height: float, columns: int = 1) -> Any:
    """Return a canvas of the width of a report, and its axes in one row. height: in inches."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(_WIDTH, height), layout="constrained")
    return canvas, canvas.subplots(1, columns, squeeze=False)[0]


def _draw_differences(analysis: StudyAnalysis) -> Any:
    found = analysis.differences
    canvas, (axes,) = new_canvas(1.2 + 0.28 * len(found))
    labels = []
    for place, one in enumerate(found):
        reference, option = one.contrast.options
        extra = "" if one.label == "greedy" else f", {one.label}"
        labels.append(f"{option} − {reference} ({one.domain}{extra}, {one.score_name})")
        if one.estimate.low is not None:
            axes.plot([one.estimate.low, one.estimate.high], [place, place], color=_OURS, linewidth=1.5)
        axes.plot(one.estimate.value, place, "o", color=_OURS, markersize=5)
        if published := published_difference(one):
            axes.plot(published.value, place + 0.25, "D", color=_PAPER, markerfacecolor="none", markersize=5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(found)), labels)
    axes.invert_yaxis()
    axes.set_xlabel("difference")
    return canvas


def _draw_errors(answers: pl.DataFrame) -> Any:
    means = answers.group_by("arm", maintain_order=True).agg(pl.col("format_error_rate").mean())
    canvas, (axes,) = new_canvas(1.0 + 0.25 * len(means))
    axes.barh(means["arm"].to_list(), (100 * means["format_error_rate"]).to_list(), color=_ERRORS, height=0.6)
    axes.invert_yaxis()
    axes.set_xlabel("format errors (%)")
    axes.set_xlim(left=0)
    return canvas


def _draw_sizes(answers: pl.DataFrame) -> Any:
    trained = answers.filter((pl.col("size") > 0) & pl.col("in_domain") & (pl.col("label") == "greedy"))
    canvas, (axes,) = new_canvas(4.2)
    for (arm,), rows in trained.partition_by("arm", as_dict=True, maintain_order=True).items():
        by_size = rows.group_by("size").agg(
            pl.col("score").mean(), pl.col("score").min().alias("low"), pl.col("score").max().alias("high")
        ).sort("size")  # fmt: skip
        mean = by_size["score"].to_numpy()
        spread = [mean - by_size["low"].to_numpy(), by_size["high"].to_numpy() - mean]
        axes.errorbar(by_size["size"].to_list(), mean, yerr=spread, marker="o", markersize=4, capsize=2, label=arm)
    axes.set_xlabel("training samples")
    axes.set_ylabel("score")
    canvas.legend(loc="outside lower center", ncols=2)
    return canvas


def _draw_cost(answers: pl.DataFrame) -> Any:
    per_arm = (
        answers.with_columns(
            cost=pl.col("train_tokens").fill_null(0) + pl.col("generated_tokens").fill_null(0),
            spent=pl.col("train_seconds").fill_null(0) + pl.col("seconds"),
        )
        .group_by("arm", "size", maintain_order=True)
        .agg(pl.col("cost", "spent", "score").mean())
        .drop_nulls()
    )
    canvas, both = new_canvas(3.6, 2)
    for axes, column, label in zip(both, ("cost", "spent"), ("tokens trained and generated", "seconds"), strict=True):
        costs, scores = per_arm[column].to_numpy(), per_arm["score"].to_numpy()
        axes.plot(costs, scores, "o", color=_OURS, markersize=4)
        front = pareto_front(costs, scores)
        axes.plot(costs[front], scores[front], color=_PAPER, linewidth=1, drawstyle="steps-post")
        for place in front:
            axes.annotate(per_arm["arm"][place], (costs[place], scores[place]), fontsize=6, rotation=20)
        axes.set_xlabel(label)
    both[0].set_ylabel("score")
    return canvas


def pareto_front(costs: np.ndarray, scores: np.ndarray) -> list[int]:
    """Return the places that no other beats: with a higher score at no higher cost; the cheapest is first."""
    front: list[int] = []
    for place in np.lexsort((-scores, costs)):
        if not front or scores[place] > scores[front[-1]]:
            front.append(int(place))
    return front


def _draw_ranks(analysis: StudyAnalysis) -> Any:
    from sde_datasets.study.analysis.ranks import MEASURES

    shown = analysis.ranks[:4]
    canvas, all_axes = new_canvas(3.8, len(shown))
    for axes, one in zip(all_axes, shown, strict=True):
        pairs = np.array(list(one.values.values()))
        ranks = [(-column).argsort(kind="stable").argsort(kind="stable") + 1 for column in
                 (MEASURES[one.measure] * pairs[:, 0], pairs[:, 1])]  # fmt: skip
        for arm, before, after in zip(one.values, *ranks, strict=True):
            axes.plot([0, 1], [before, after], "o-", color=_OURS, linewidth=1, markersize=3)
            axes.annotate(arm, (1.03, after), fontsize=5, va="center", annotation_clip=False)
        axes.set_xticks([0, 1], [one.measure.replace("_", "\n"), "tuned"])
        axes.set_title(one.view, fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(-0.2, 1.9)
    return canvas


def _draw_interactions(analysis: StudyAnalysis) -> Any:
    fit = max(analysis.fits, key=lambda fit: len(fit.interactions))
    strength: dict[tuple[str, ...], float] = {}
    for effect in fit.interactions:
        axes_names = effect.term.axes
        strength[axes_names] = max(strength.get(axes_names, 0.0), abs(effect.estimate.value))
    pairs = sorted(strength, key=lambda pair: -strength[pair])[:3]
    answers = analysis.results.filter((pl.col("kind") == "answers") & (pl.col("size") > 0))
    canvas, all_axes = new_canvas(3.4, len(pairs))
    for axes, (first, second) in zip(all_axes, pairs, strict=True):
        means = answers.with_columns(pl.col(first, second).cast(pl.String)).group_by(first, second).agg(
            pl.col("score").mean()
        )  # fmt: skip
        options = means[first].unique().sort().to_list()
        for (option,), rows in means.sort(second).partition_by(second, as_dict=True, maintain_order=True).items():
            values = dict(zip(rows[first], rows["score"], strict=True))
            axes.plot(options, [values.get(name) for name in options], "o-", markersize=4, label=f"{second}={option}")
        axes.set_xlabel(first)
        axes.tick_params(axis="x", rotation=30)
        axes.legend(fontsize=6)
    all_axes[0].set_ylabel("score")
    return canvas


def _draw_targets(analysis: StudyAnalysis) -> Any:
    canvas, (axes,) = new_canvas(3.8)
    for one in analysis.targets:
        place = 100 * one.share
        if one.estimate.low is not None:
            axes.plot([place, place], [one.estimate.low, one.estimate.high], color=_OURS, linewidth=0.8, alpha=0.5)
        axes.plot(place, one.estimate.value, "o", color=_OURS, markersize=4)
        axes.annotate(one.target, (place, one.estimate.value), fontsize=6, xytext=(3, 3), textcoords="offset points")
    for share, difference in published_targets():
        axes.plot(100 * share, difference, "D", color=_PAPER, markerfacecolor="none", markersize=4)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel("samples that do not mention the target (%)")
    axes.set_ylabel("kappa, OU − PU")
    return canvas


def _attention_figures(analysis: StudyAnalysis) -> Iterator[Figure]:
    profiles = []
    for row in analysis.results.filter(pl.col("kind") == "attention").iter_rows(named=True):
        result = read_json(analysis.folder.path / "cells" / row["cell"] / f"{row['evaluation']}.json")
        if result is not None:
            name = f"{row['arm']}, {row['size'] or 'untrained'}, seed {row['seed']}"
            profiles.append((name, row["arm"], result["attention"]))
    if not profiles:
        return
    caption = "Mean attention on a token of the text by its relative position, over all layers, per cell."
    yield draw_figure("attention", "Attention by position in the text", caption, _draw_attention, profiles)
    caption = "Attention of each layer on the tokens of one text, with the first cell of each design."
    yield draw_figure("attention_sample", "Attention of one sample", caption, _draw_sample, profiles)


def _draw_attention(profiles: list[tuple[str, str, dict]]) -> Any:
    canvas, (axes,) = new_canvas(3.8)
    for name, _, profile in profiles:
        by_part = np.array(profile["by_part"]).mean(0)
        axes.plot(np.linspace(5, 95, len(by_part)), by_part, "o-", markersize=3, linewidth=1, label=name)
    axes.set_xlabel("position in the text (%)")
    axes.set_ylabel("attention on a token")
    canvas.legend(loc="outside lower center", ncols=2, fontsize=6)
    return canvas


def _draw_sample(profiles: list[tuple[str, str, dict]]) -> Any:
    first = {arm: profile for _, arm, profile in reversed(profiles)}
    canvas, all_axes = new_canvas(4.5, len(first))
    for axes, (arm, profile) in zip(all_axes, sorted(first.items()), strict=True):
        weights = np.array(profile["weights"])
        axes.imshow(weights.T, aspect="auto", cmap="Blues", interpolation="nearest")
        axes.set_title(arm, fontsize=8)
        axes.set_xlabel("layer")
        step = max(1, len(profile["tokens"]) // 40)
        # a dollar sign would begin a formula
        labels = [token.replace("$", r"\$") for token in profile["tokens"][::step]]
        axes.set_yticks(range(0, len(profile["tokens"]), step), labels, fontsize=5)
        axes.grid(False)
    return canvas
