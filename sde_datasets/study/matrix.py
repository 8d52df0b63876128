"""The cells of a plan, in the order in which they teach most."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from sde_datasets.designs.design import WORDINGS, Design
from sde_datasets.runs.options import TINY, TrainingOptions
from sde_datasets.study.arms import Arm, compared_arms
from sde_datasets.study.cells import Cell, Evaluation
from sde_datasets.study.data import StudyData
from sde_datasets.study.factorial import factorial_arms
from sde_datasets.study.plan import Plan
from sde_datasets.utils.files import sha256_of

# one seed takes the samples in the same order under all designs
_FIXED = {"order": "text"}
# training options on which no result depends
_WITHOUT_EFFECT = ("log_every", "save_every", "keep", "report_to")


def arms_of(plan: Plan) -> list[Arm]:
    """Return the arms of a plan; the base, or the design that teaches most, is first."""
    return factorial_arms(plan) if plan.kind == "factorial" else compared_arms(plan)


def wanted_designs(plan: Plan, arms: list[Arm]) -> dict[str, set[str]]:
    """Return the designs that the data must have, by view."""
    designs = {arm.design for arm in arms}
    if "wordings" in plan.trained:
        designs |= {other for design in designs for other in _other_wordings(design)}
    names = {design.name for design in designs}
    return {view: names for group in plan.views for view in group}


def impossible(plan: Plan, arms: list[Arm]) -> list[str]:
    """Return a line for each kind of cell that cannot be."""
    lines = []
    if any(arm.design.placement == "no-inst" for arm in arms) and any(len(group) > 1 for group in plan.views):
        lines.append("designs without an instruction are not tested out of domain: nothing would name the targets")
    if plan.untrained and TINY in plan.models:
        lines.append("the built-in model tiny has no untrained state to evaluate")
    return lines


def cells_of(plan: Plan, arms: list[Arm], data: StudyData) -> list[Cell]:
    """Return the cells of a plan.

    Order: all arms with the first seed and size, then with the next size, then with the next seed. So the comparisons
    are complete for few seeds before any has many. In a factorial plan the arms come in the order in which each teaches
    most (`factorial.teaching_order`). Raises UsageError for a config or split that the data lack.
    """
    options = cell_options(plan.training)
    cells = []
    if plan.untrained:
        seed = plan.seeds[0]
        views = [view for group in plan.views for view in group]
        for model, arm, view in product(plan.models, arms, views):
            if model != TINY and not arm.prompt_weight:
                evaluations = tuple(_untrained(plan, arm, view, data))
                cells.append(make_cell(arm, view, model, 0, seed, options, data, evaluations))
    if plan.trained:
        for seed, size, model in product(plan.seeds, plan.sizes, plan.models):
            for arm, (group, view) in product(arms, plan.trained_on):
                evaluations = tuple(e for tested in group for e in _trained(plan, arm, view, tested, data))
                cells.append(make_cell(arm, view, model, size, seed, options, data, evaluations))
    return list({cell.name: cell for cell in cells}.values())


def make_cell(
    arm: Arm,
    view: str,
    model: str,
    size: int,
    seed: int,
    options: dict[str, Any],
    data: StudyData,
    evaluations: tuple[Evaluation, ...],
) -> Cell:
    """Return a cell of an arm on a view, with the digests of its data and model. options: as `cell_options` gives."""
    config = f"{view}-{arm.design.name}"
    return Cell(
        arm=arm.name,
        design=arm.design.name,
        prompt_weight=arm.prompt_weight if size else 0.0,
        view=view,
        config=config,
        # processes of a launcher may have another working directory
        model=str(Path(model).absolute()) if Path(model).is_dir() else model,
        model_id=model_id(model),
        data=data.facts(config, "train").digest,
        size=size,
        seed=seed,
        options=options,
        evaluations=evaluations,
    )


def _trained(plan: Plan, arm: Arm, view: str, tested: str, data: StudyData) -> Iterator[Evaluation]:
    """Yield the evaluations of a trained model on one view."""
    if tested != view and arm.design.placement == "no-inst":
        return
    for label in plan.trained:
        if label == "sampled":
            for seed in plan.decoding_seeds:
                generation = {"sample": True, "seed": seed}
                yield _evaluation(plan, "answers", f"sampled{seed}", tested, arm.design, data, generation)
        elif label == "wordings":
            for design in _other_wordings(arm.design):
                yield _evaluation(plan, "answers", f"wording{design.wording}", tested, design, data, {})
        elif label == "attention":
            yield _evaluation(plan, "attention", label, tested, arm.design, data, {})
        else:
            yield _evaluation(plan, "answers", label, tested, arm.design, data, {})


def _untrained(plan: Plan, arm: Arm, view: str, data: StudyData) -> Iterator[Evaluation]:
    """Yield the evaluations of an untrained model on one view."""
    generation: dict[str, dict[str, Any]] = {"zero-shot": {"zero_shot": True}, "few-shot": {"shots": plan.shots}}
    for label in plan.untrained:
        kind = "answers" if label in generation else label
        yield _evaluation(plan, kind, label, view, arm.design, data, generation.get(label, {"zero_shot": True}))


def _evaluation(
    plan: Plan, kind: str, label: str, view: str, design: Design, data: StudyData, generation: dict[str, Any]
) -> Evaluation:
    config = f"{view}-{design.name}"
    digest = data.facts(config, "test").digest
    return Evaluation(kind, label, view, config, digest, plan.test_size, generation)


def _other_wordings(design: Design) -> list[Design]:
    if design.placement == "no-inst":
        return []
    fixed = {name: getattr(design, name) for name in ("format", "labels", "reasoning", "unmentioned", "placement")}
    return [Design(**fixed, wording=number) for number in WORDINGS if number != design.wording]


def cell_options(training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the training options that differ from the defaults: a later version may have further options."""
    defaults = {entry.name: entry.default for entry in fields(TrainingOptions)}
    given = _FIXED | {name: value for name, value in training.items() if name not in _WITHOUT_EFFECT}
    return {name: value for name, value in sorted(given.items()) if value != defaults[name]}


@cache
def model_id(model: str) -> str:
    """Return what identifies the weights of a model: the commit of a repository, or a hash of the files of a folder."""
    folder = Path(model)
    if model == TINY:
        return TINY
    if folder.is_dir():
        hashes = [sha256_of(path) for path in sorted(folder.iterdir()) if path.suffix in (".safetensors", ".json")]
        return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]
    from sde_datasets.runs.loading import resolve_revision

    return f"{model}@{resolve_revision(model, None) or 'unknown'}"
