"""Sentences: for each axis what the results allow to conclude, and what they do not."""

from __future__ import annotations

from collections.abc import Sequence

from sde_datasets.study.analysis.differences import Difference
from sde_datasets.study.analysis.effects import Effect, Fit
from sde_datasets.study.analysis.estimates import Estimate
from sde_datasets.study.analysis.ranks import RankComparison

ONE_SEED = "There is one seed: no conclusion can be drawn, because another seed may reverse any difference."


def conclusions(differences: Sequence[Difference], fits: Sequence[Fit], ranks: Sequence[RankComparison]) -> list[str]:
    """Return a sentence for each difference, for each axis of a factorial plan, and for each comparison of ranks."""
    lines = [difference_sentence(difference) for difference in differences]
    for fit in fits:
        lines += fit_sentences(fit)
    return lines + [rank_sentence(one) for one in ranks]


def difference_sentence(difference: Difference) -> str:
    """Return what a difference allows to conclude."""
    reference, option = difference.contrast.options
    found = difference.estimate
    label = "" if difference.label == "greedy" else f", {difference.label}"
    start = f"{difference.contrast.axis}, {difference.domain}{label}: "
    name = difference.score_name
    if found.low is None or found.high is None:
        value = f"{option} scores {signed(found.value)} {name} against {reference}"
        return f"{start}cannot tell. With one seed {value}, and another seed may reverse it."
    numbers = f"{interval_words(found)}; {_p(difference.holm)}; {found.seeds} seeds"
    if difference.is_clear:
        better = "better" if found.value > 0 else "worse"
        return f"{start}{option} is {better} than {reference} by {abs(found.value):.3f} {name} ({numbers})."
    return (
        f"{start}cannot tell whether {option} or {reference} is better: the difference is {signed(found.value)} {name} "
        f"({numbers})."
    )


def fit_sentences(fit: Fit) -> list[str]:
    """Return what a fit allows to conclude about each axis, and about interactions."""
    if not fit.effects:
        return [f"{fit.domain}: cannot tell. {fit.reason}."]
    axes = dict.fromkeys(effect.term.axes[0] for effect in fit.main)
    lines = [_axis_sentence(fit, axis, [e for e in fit.main if e.term.axes[0] == axis]) for axis in axes]
    clear = [effect for effect in fit.interactions if effect.is_clear]
    if not fit.interactions:
        return [*lines, f"interactions, {fit.domain}: cannot tell. The complete runs suffice for main effects only."]
    if not clear:
        return [
            *lines,
            f"interactions, {fit.domain}: none of {len(fit.interactions)} is clear after Holm's correction.",
        ]
    strongest = max(clear, key=lambda effect: abs(effect.estimate.value))
    words = f"the strongest is {strongest.term.name} ({signed(strongest.estimate.value)} {fit.score_name})"
    return [*lines, f"interactions, {fit.domain}: {len(clear)} of {len(fit.interactions)} are clear; {words}."]


def _axis_sentence(fit: Fit, axis: str, effects: list[Effect]) -> str:
    start = f"{axis}, {fit.domain}: "
    best = max(effects, key=lambda effect: effect.estimate.value)
    option = best.term.options[0][1]
    if best.estimate.low is None:
        return f"{start}cannot tell. With one seed {option} has the highest mean, and another seed may reverse it."
    clear = [effect for effect in effects if effect.is_clear]
    if not clear:
        return (
            f"{start}cannot tell. No option differs clearly from the mean; {option} has the highest ({_effect(best)})."
        )
    words = ", ".join(
        f"{effect.term.options[0][1]} is {'above' if effect.estimate.value > 0 else 'below'} ({_effect(effect)})"
        for effect in clear
    )
    return f"{start}compared with the mean of all designs, {words}; {fit.score_name}, {best.estimate.seeds} seeds."


def _effect(effect: Effect) -> str:
    return f"{signed(effect.estimate.value)}, {interval_words(effect.estimate)}, {_p(effect.holm)}"


def rank_sentence(ranks: RankComparison) -> str:
    """Return whether a measure of prompts predicts the ranks after fine-tuning."""
    start = f"ranks by {ranks.measure.replace('_', ' ')}, {ranks.view}: "
    if ranks.correlation is None:
        return f"{start}cannot tell. All options have the same value."
    if ranks.low is None or ranks.high is None:
        return f"{start}cannot tell. {len(ranks.values)} options are too few for an interval of the correlation."
    numbers = f"Spearman {ranks.correlation:+.2f}, {ranks.low:+.2f} to {ranks.high:+.2f}, {len(ranks.values)} options"
    if ranks.low > 0:
        return f"{start}good prompts are good designs for fine-tuning ({numbers})."
    if ranks.high < 0:
        return f"{start}good prompts are bad designs for fine-tuning ({numbers})."
    return f"{start}cannot tell whether good prompts are good designs for fine-tuning ({numbers})."


def interval_words(found: Estimate) -> str:
    """Return an interval as text."""
    if found.low is None or found.high is None:
        return "no interval"
    return f"{signed(found.low)} to {signed(found.high)}"


def signed(value: float) -> str:
    """Return a number with its sign and three decimals."""
    return f"{value:+.3f}".replace("-", "−")


def _p(value: float | None) -> str:
    if value is None:
        return "no p-value"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
