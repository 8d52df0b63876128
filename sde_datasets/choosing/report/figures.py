"""The figures of the report of a choice: the race, the set, effects, learning curves, and costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sde_datasets.choosing.finish import Finished
from sde_datasets.choosing.report.sentences import candidate_words
from sde_datasets.choosing.trials import TrialResult, Verdict
from sde_datasets.study.report.figures import Figure, draw_figure, new_canvas

_BEST, _OTHER, _LOST = "#b3541e", "#2a5d9f", "#9aa4ae"
# how many designs a figure shows
_MOST = 20


def choice_figures(finished: Finished) -> Iterator[Figure]:
    """Yield the figures; where nothing was learned, the race only."""
    caption = (
        "Each dot is a run, lines join the runs of a design. Orange: the recommended design. Hollow: the form of the "
        "answers was not learned."
    )
    yield draw_figure("race", "The race", caption, _draw_race, finished)
    if finished.race.choice.verdict is Verdict.NOTHING_LEARNED:
        return
    caption = "Expected score at full size with 95 % intervals; dots are filled for designs with runs at full size."
    yield draw_figure("set", "Designs that cannot be told from the best", caption, _draw_set, finished)
    if finished.race.choice.effects:
        caption = "Expected difference of an option to the mean of its axis at full size, with 95 % intervals."
        yield draw_figure("effects", "Effects of the options", caption, _draw_effects, finished)
    if finished.race.choice.curves:
        caption = "Expected score by number of training samples, with 95 % bands. Where curves cross, size matters."
        yield draw_figure("curves", "Learning curves of the leaders", caption, _draw_curves, finished)
    caption = "Tokens of a mean answer against the expected score, for the designs of the set."
    yield draw_figure("costs", "Score and cost of an answer", caption, _draw_costs, finished)


def _draw_race(finished: Finished) -> Any:
    race = finished.race
    canvas, (axes,) = new_canvas(4.2)
    runs: dict[int, list[TrialResult]] = {}
    for result in race.last.results:
        runs.setdefault(result.trial.candidate, []).append(result)
    learned = race.choice.verdict is not Verdict.NOTHING_LEARNED
    for row, results in runs.items():
        best = learned and row == finished.recommendation.best
        color = _BEST if best else _OTHER if row in race.choice.confidence_set else _LOST
        by_size = {size: [r.score for r in results if r.trial.size == size] for size in {r.trial.size for r in results}}
        sizes = sorted(by_size)
        axes.plot(sizes, [np.mean(by_size[size]) for size in sizes], color=color, linewidth=1.2, zorder=2 + best)
        for result in results:
            hollow = result.parse_rate < race.settings.learned_parse_rate
            face = "none" if hollow else color
            axes.plot(
                result.trial.size, result.score, "o", color=color, markerfacecolor=face, markersize=5, zorder=3 + best
            )
    axes.set_xlabel("training samples of a run")
    axes.set_ylabel(race.runner.score_name)
    return canvas


def _draw_set(finished: Finished) -> Any:
    race, choice = finished.race, finished.race.choice
    rows = sorted(choice.confidence_set[:_MOST], key=lambda row: -choice.posterior.mean[row])
    tried = {r.trial.candidate for r in race.last.results if r.trial.size == race.settings.full_size}
    canvas, (axes,) = new_canvas(1.2 + 0.26 * len(rows))
    for place, row in enumerate(rows):
        color = _BEST if row == finished.recommendation.best else _OTHER
        axes.plot([choice.posterior.low[row], choice.posterior.high[row]], [place, place], color=color, linewidth=1.5)
        face = color if row in tried else "white"
        axes.plot(choice.posterior.mean[row], place, "o", color=color, markerfacecolor=face, markersize=5)
    axes.set_yticks(range(len(rows)), [candidate_words(finished, row) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(race.runner.score_name)
    return canvas


def _draw_effects(finished: Finished) -> Any:
    effects = finished.race.choice.effects
    canvas, (axes,) = new_canvas(1.2 + 0.24 * len(effects))
    for place, effect in enumerate(effects):
        axes.plot([effect.low, effect.high], [place, place], color=_OTHER, linewidth=1.5)
        axes.plot(effect.estimate, place, "o", color=_OTHER, markersize=5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(effects)), [f"{effect.axis.replace('_', ' ')} {effect.level}" for effect in effects])
    axes.invert_yaxis()
    axes.set_xlabel(f"difference in {finished.race.runner.score_name}")
    return canvas


def _draw_curves(finished: Finished) -> Any:
    canvas, (axes,) = new_canvas(4.4)
    for curve in finished.race.choice.curves:
        (line,) = axes.plot(curve.sizes, curve.mean, linewidth=1.6, label=candidate_words(finished, curve.candidate))
        axes.fill_between(curve.sizes, curve.low, curve.high, color=line.get_color(), alpha=0.1, linewidth=0)
    axes.set_xlabel("training samples")
    axes.set_ylabel(f"expected {finished.race.runner.score_name}")
    canvas.legend(loc="outside lower center", ncols=1, fontsize=7)
    return canvas


def _draw_costs(finished: Finished) -> Any:
    choice, found = finished.race.choice, finished.recommendation
    canvas, (axes,) = new_canvas(3.8)
    for row in choice.confidence_set:
        color = _BEST if row == found.best else _OTHER
        axes.plot(found.answers[row].generated, choice.posterior.mean[row], "o", color=color, markersize=5)
    for row in dict.fromkeys((found.best, found.cheapest)):
        place = (found.answers[row].generated, choice.posterior.mean[row])
        axes.annotate(candidate_words(finished, row), place, fontsize=7, xytext=(4, 4), textcoords="offset points")
    axes.set_xlabel("generated tokens of an answer")
    axes.set_ylabel(f"expected {finished.race.runner.score_name}")
    return canvas
