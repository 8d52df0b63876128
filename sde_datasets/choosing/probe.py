"""A measured trial of a few steps, from which the costs of all trials are predicted before the race begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class Probe:
    """What the trial of a few steps used, under each of its arms. speed: median seconds of a trained token, without the
    start of a process; 0 if it was not measured."""

    usages: tuple[Usage, ...]
    speed: float

    @property
    def tokens(self) -> float:
        """All tokens."""
        return sum(usage.tokens for usage in self.usages)


def measure(plan: CellPlan, arms: Sequence[Arm], launcher: Launcher, progress: Progress) -> Probe:
    """Train and answer for a few steps under each arm, and return what was used.

    Give as many arms as trials run at a time: then each has the share of the cores that a trial has. What an earlier
    call measured is used again. Raises InputError if a probe fails: every trial would fail as well.
    """
    plan.data.require_designs([arm.design.name for arm in arms])
    cells = [probe_cell(plan, arm) for arm in arms]
    missing = [cell for cell in cells if not plan.place(cell).is_complete(cell)]
    if missing:
        names = ", ".join(arm.name for arm in arms)
        progress.line(f"measuring the speed: {_STEPS} steps and {_ANSWERS} answers with {names}")
        for outcome in launcher([plan.job(cell) for cell in missing]):
            if outcome.reason:
                hint = "Correct it and run the same command again."
                raise InputError(plan.model, f"cannot be trained here: {outcome.reason}", hint)
    speeds = sorted(speed for cell in cells if (speed := _seconds_per_token(plan.place(cell))))
    return Probe(tuple(plan.usage([cell]) for cell in cells), speeds[len(speeds) // 2] if speeds else 0.0)


def spread_arms(arms: Sequence[Arm], count: int) -> list[Arm]:
    """Return as many arms, at equal distances in their list, so that they differ in length."""
    count = min(count, len(arms))
    return [arms[number * len(arms) // count] for number in range(count)]


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
