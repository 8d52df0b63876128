"""A measured trial of a few steps, from which the costs of all trials are predicted before the race begins."""

from __future__ import annotations

from dataclasses import replace

from sde_datasets.choosing.costs import Usage
from sde_datasets.choosing.runner import CellPlan
from sde_datasets.errors import InputError
from sde_datasets.runs.metrics_file import read_rows
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.study.arms import Arm
from sde_datasets.study.cells import Cell
from sde_datasets.study.folder import CellFolder
from sde_datasets.study.launch import Launcher
from sde_datasets.utils.progress import Progress

# steps and answers of the probe
_STEPS, _ANSWERS = 12, 16


def measure(plan: CellPlan, arm: Arm, launcher: Launcher, progress: Progress) -> tuple[Usage, float]:
    """Return what the probe used, and the seconds of a trained token without the start of its process.

    A probe that an earlier call made is used again. Raises InputError if it fails: every trial would fail as well.
    """
    plan.data.require_designs([arm.design.name])
    cell = probe_cell(plan, arm)
    place = plan.place(cell)
    if not place.is_complete(cell):
        progress.line(f"measuring the speed: {_STEPS} steps and {_ANSWERS} answers with {arm.name}")
        for outcome in launcher([plan.job(cell)]):
            if outcome.reason:
                hint = "Correct it and run the same command again."
                raise InputError(plan.model, f"cannot be trained here: {outcome.reason}", hint)
    return plan.usage([cell]), _seconds_per_token(place)


def probe_cell(plan: CellPlan, arm: Arm) -> Cell:
    """Return the cell of the probe: a few steps, on the first fold only."""
    options = {name: value for name, value in plan.options.items() if name != "epochs"}
    short = replace(plan, options=options, limit=_ANSWERS)
    batch = TrainingOptions(config="choose", model=plan.model, **options).hyperparameters.batch_size
    size = min(_STEPS * batch, plan.data.train_rows)
    return short.cells(arm, size, 1, steps=_STEPS, log_every=1)[0]


def _seconds_per_token(place: CellFolder) -> float:
    """Return the seconds of a token in the later steps of a run; 0 if there are none."""
    speeds = [row["tokens_per_second"] for row in read_rows(place.run / "metrics.jsonl") if "tokens_per_second" in row]
    later = sorted(speeds[2:])
    return 1 / later[len(later) // 2] if later and later[len(later) // 2] > 0 else 0.0
