"""The recommendation: the answer of a race under the wishes of the user, and the options of the final run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sde_datasets.choosing.lengths import Lengths
from sde_datasets.choosing.trials import Choice, Stage, TrialResult
from sde_datasets.choosing.wishes import Wishes
from sde_datasets.runs.options import TrainingOptions, options_toml
from sde_datasets.study.arms import Arm


@dataclass(frozen=True)
class Answers:
    """Tokens and form of the answers of a candidate.

    generated, prompt: mean tokens, as the data have them for every candidate, so that a candidate with a run can be
    compared with one without. parse_rate: of its largest runs; None without a run. size: their training samples; 0
    without a run.
    """

    generated: float
    prompt: float
    parse_rate: float | None = None
    size: int = 0


@dataclass(frozen=True)
class Recommendation:
    """The recommended candidate. best: its index. cheapest, shortest: those of the set with the fewest generated
    tokens, and with the shortest prompt. answers: of each candidate. unmet: why a wish could not be met; empty if all
    are met."""

    best: int
    cheapest: int
    shortest: int
    answers: tuple[Answers, ...]
    unmet: str = ""


def recommend(stage: Stage, choice: Choice, lengths: Sequence[Lengths], wishes: Wishes) -> Recommendation:
    """Return what is recommended of the designs that cannot be told from the best."""
    answers = tuple(_answers(row, one, stage.results) for row, one in enumerate(lengths))
    members, unmet = _members(choice, answers, wishes)
    best = choice.best if choice.best in members else max(members, key=lambda row: choice.posterior.mean[row])
    cheapest = min(members, key=lambda row: (answers[row].generated, answers[row].prompt))
    shortest = min(members, key=lambda row: (answers[row].prompt, answers[row].generated))
    return Recommendation(cheapest if wishes.prefer == "cheap" else best, cheapest, shortest, answers, unmet)


def _members(choice: Choice, answers: Sequence[Answers], wishes: Wishes) -> tuple[list[int], str]:
    """Return the candidates to recommend from, and why they are not all that the wishes ask for."""
    members = list(dict.fromkeys([*choice.confidence_set, choice.best]))
    if not wishes.min_parse_rate:
        return members, ""
    rates = {row: answers[row].parse_rate for row in members}
    kept = [row for row, rate in rates.items() if rate is not None and rate >= wishes.min_parse_rate]
    if kept:
        return kept, ""
    measured = [rate for rate in rates.values() if rate is not None]
    highest = f"the highest measured share is {100 * max(measured):.1f} %" if measured else "none of them was tried"
    wanted = f"{100 * wishes.min_parse_rate:g} % of the answers in the form that is asked for"
    return members, f"no design of the set has {wanted}; {highest}"


def _answers(row: int, lengths: Lengths, results: Sequence[TrialResult]) -> Answers:
    own = [result for result in results if result.trial.candidate == row]
    if not own:
        return Answers(lengths.generated, lengths.prompt)
    size = max(result.trial.size for result in own)
    rates = [result.parse_rate for result in own if result.trial.size == size]
    return Answers(lengths.generated, lengths.prompt, sum(rates) / len(rates), size)


def final_options(
    arm: Arm, view: str, model: str, training: Mapping[str, Any], data: str, revision: str | None, out: str
) -> TrainingOptions:
    """Return the options of the final run: all training samples, and the training options of the trials."""
    return TrainingOptions(
        config=f"{view}-{arm.design.name}",
        data=data,
        revision=revision,
        model=model,
        out=out,
        prompt_weight=arm.prompt_weight,
        **training,
    )


def run_toml(options: TrainingOptions) -> str:
    """Return a run file with the options that differ from the defaults."""
    defaults = TrainingOptions()
    lines = options_toml(options).splitlines(keepends=True)
    given = [name for name, value in vars(options).items() if value is not None]
    kept = [line for name, line in zip(given, lines, strict=True) if getattr(options, name) != getattr(defaults, name)]
    return "".join(kept)
