"""Describe a plan as sentences, and its cells as a table."""

from __future__ import annotations

from rich.table import Table

from sde_datasets.errors import InputError
from sde_datasets.study.api import StudyCells
from sde_datasets.study.arms import Arm, contrasts
from sde_datasets.study.factorial import terms_of
from sde_datasets.study.matrix import arms_of, impossible
from sde_datasets.study.plan import Plan

_TRAINED = {
    "greedy": "the most likely answers",
    "sampled": "sampled answers with the seeds {seeds}",
    "wordings": "answers to the other wordings of the instruction",
    "attention": "the attention on the text, by layer",
}
_UNTRAINED = {
    "zero-shot": "its answers without examples",
    "few-shot": "its answers with {shots} examples",
    "perplexity": "the perplexity of prompts and completions",
    "attention": "the attention on the text, by layer",
}


def explain(plan: Plan) -> str:
    """Return what a study of this plan does, in sentences. Raises InputError for a factorial plan with too few runs."""
    arms = arms_of(plan)
    lines = [f"{plan.title} ({plan.name})", ""]
    lines += _factorial(plan, arms) if plan.kind == "factorial" else _comparisons(arms, plan.against)
    lines += ["", *_training(plan)]
    lines += [f"Not possible: {line}." for line in impossible(plan, arms)]
    if len(plan.seeds) == 1:
        lines.append("There is one seed, so the report will draw no conclusion: give several with --seeds.")
    return "\n".join(lines)


def _comparisons(arms: list[Arm], against: str) -> list[str]:
    lines = [f"It compares {len(arms)} ways to train with the base {arms[0].name}."]
    for contrast in contrasts(arms, against):
        reference, option = contrast.options
        other = "" if contrast.reference == arms[0] else f" (its reference is {contrast.reference.name})"
        lines.append(f"- {contrast.axis}: {option} against {reference}{other}")
    return lines


def _factorial(plan: Plan, arms: list[Arm]) -> list[str]:
    levels = {axis: [str(option) for option in options] for axis, options in plan.axes.items()}
    full = terms_of(levels, True)
    interactions = len(arms) >= len(full)
    effects = "main effects and two-factor interactions" if interactions else "main effects"
    grid = 1
    for options in plan.axes.values():
        grid *= len(options)
    lines = [f"It trains {len(arms)} designs of a grid of {grid} and estimates {effects}."]
    lines += [f"- {axis}: {', '.join(options)}" for axis, options in levels.items()]
    if not interactions:
        lines.append(f"Interactions have {len(full)} parameters in all: they need runs = {len(full)} or more.")
    return lines


def _training(plan: Plan) -> list[str]:
    lines = []
    groups = [
        f"{view} ({'tested on ' + ' and '.join(group) if len(group) > 1 else 'train and test'})"
        for group, view in plan.trained_on
    ]
    tests = f"{plan.test_size} test samples, the same for all" if plan.test_size else "all test samples"
    if plan.trained:
        sizes, seeds = " and ".join(map(str, plan.sizes)), ", ".join(map(str, plan.seeds))
        lines.append(
            f"It trains {', '.join(plan.models)} on {sizes} samples with the seeds {seeds}; with one seed, all designs "
            "have the same samples in the same order, so differences are paired."
        )
    lines.append(f"Views: {'; '.join(groups)}. Each evaluation has {tests}.")
    words = {"seeds": ", ".join(map(str, plan.decoding_seeds)), "shots": plan.shots}
    if plan.trained:
        lines.append(f"Of each trained model: {'; '.join(_TRAINED[word].format(**words) for word in plan.trained)}.")
    if plan.untrained:
        lines.append(
            f"Of each untrained model: {'; '.join(_UNTRAINED[word].format(**words) for word in plan.untrained)}."
        )
    if plan.training:
        given = ", ".join(f"{name} = {value}" for name, value in plan.training.items())
        lines.append(f"Options of training: {given}.")
    return lines


def cells_table(study: StudyCells) -> Table:
    """Return the cells of a study as a table, those that are complete first."""
    table = Table("", "cell", "trains on", "evaluations", "state", title=study.plan.title, title_justify="left")
    complete = [cell for cell in study.cells if cell not in study.missing]
    for number, cell in enumerate([*complete, *study.missing], 1):
        folder = study.folder.cell(cell)
        failure = folder.failure()
        state = "complete" if cell in complete else f"failed: {failure}" if failure else "missing"
        missing = folder.missing(cell)
        if state == "missing" and len(missing) < len(cell.evaluations):
            state = f"{len(missing)} evaluations missing"
        trains = f"{cell.size:,} samples" if cell.trained else "nothing"
        words = ", ".join(dict.fromkeys(f"{e.view} {e.label}" for e in cell.evaluations))
        table.add_row(str(number), cell.name, trains, words, state)
    return table


def check_possible(study: StudyCells) -> None:
    """Raise InputError if a plan has no cell."""
    if not study.cells:
        hint = "; ".join(impossible(study.plan, study.arms)) or "Give models and views"
        raise InputError(study.plan.name, "has no cell that can be run", f"{hint}.")
