"""Run a study: open its data, list its cells, run what is missing, and collect the results. Start reading here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from sde_datasets.errors import InputError
from sde_datasets.study.arms import Arm
from sde_datasets.study.cells import Cell
from sde_datasets.study.data import StudyData, open_data
from sde_datasets.study.estimate import Work, duration, seconds_per_cost, work_of
from sde_datasets.study.execute import CellJob
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.launch import Launcher, Outcome, local
from sde_datasets.study.matrix import arms_of, cells_of, wanted_designs
from sde_datasets.study.plan import Plan
from sde_datasets.study.results import write_results
from sde_datasets.utils.progress import Progress

# seconds between two collections of the results of a running study
_COLLECT_EVERY = 60


@dataclass(frozen=True)
class StudyCells:
    """The cells of a plan with their data. missing: those that are not complete, in the order in which they run."""

    plan: Plan
    folder: StudyFolder
    data: StudyData
    arms: list[Arm]
    cells: list[Cell]
    missing: list[Cell]

    @property
    def work(self) -> Work:
        """The work that is missing."""
        return sum((work_of(cell, self.data, self.folder) for cell in self.missing), Work())

    @property
    def seconds(self) -> float | None:
        """The estimated duration of the missing work on one machine; None before the first cell is complete."""
        speed = seconds_per_cost(self.folder, self.cells, self.data)
        return None if speed is None else speed * self.work.cost


def list_cells(plan: Plan, folder: StudyFolder, progress: Progress, build_into: Path | None = None) -> StudyCells:
    """Return the cells of a plan. Data that the study builds go into `build_into`, by default into its folder.

    A cell that failed is missing and comes last. Raises InputError, UsageError.
    """
    arms = arms_of(plan)
    data = open_data(plan.data, wanted_designs(plan, arms), build_into or folder.data, progress)
    cells = cells_of(plan, arms, data)
    for cell in cells:
        folder.cell(cell).check_version()
    missing = [cell for cell in cells if not folder.cell(cell).is_complete(cell)]
    missing.sort(key=lambda cell: folder.cell(cell).failure() is not None)
    return StudyCells(plan, folder, data, arms, cells, missing)


def plan_cells(plan: Plan, out: Path | None, progress: Progress) -> StudyCells:
    """Return the cells of a plan and write nothing into its folder. Raises InputError, UsageError."""
    folder = StudyFolder(out or Path("study"))
    if folder.data.is_dir():
        return list_cells(plan, folder, progress)
    with TemporaryDirectory() as temporary:
        return list_cells(plan, folder, progress, Path(temporary))


def run_study(
    plan: Plan,
    out: Path,
    progress: Progress,
    *,
    jobs: int = 1,
    batch: int = 16,
    device: str | None = None,
    launcher: Launcher | None = None,
) -> pl.DataFrame:
    """Run what is missing of a study; return its results. Failed cells are recorded, and the other cells run.

    jobs: processes that run cells at a time. batch: answers at a time. launcher: by default a pool of processes.
    Raises InputError for bad data, a folder that is in use, and a full disk; UsageError for unknown names.
    """
    # processes of a launcher may have another working directory
    folder = StudyFolder(out.absolute())
    with folder.locked():
        study = list_cells(plan, folder, progress)
        folder.write_plan(plan)
        progress.line(summary(study))
        work = [CellJob(cell, folder.cell(cell), study.data, batch, device) for cell in study.missing]
        try:
            _run(study, work, launcher or partial(local, workers=jobs), progress)
        finally:
            results = write_results(folder, study.cells)
    return results


def summary(study: StudyCells) -> str:
    """Return one line: cells, tokens and time."""
    done = len(study.cells) - len(study.missing)
    words = f"{len(study.cells):,} cells: {done:,} are complete, {len(study.missing):,} are missing"
    if not study.missing:
        return words
    work, seconds = study.work, study.seconds
    words += f"; about {work.trained:,.0f} tokens to train on, {work.evaluated:,.0f} of tests"
    return words + (f"; about {duration(seconds)}" if seconds else "; the first cell tells how long it takes")


def _run(study: StudyCells, work: Sequence[CellJob], launcher: Launcher, progress: Progress) -> None:
    left = {job.cell.name: work_of(job.cell, study.data, study.folder).cost for job in work}
    done, begun = 0.0, time.monotonic()
    collected = begun
    with progress.work("running", len(work), "cells"):
        for number, outcome in enumerate(launcher(work), 1):
            done += left.pop(outcome.job.cell.name)
            now = time.monotonic()
            speed = (now - begun) / done if done else 0.0
            progress.advance(1)
            progress.line(_line(outcome, number, len(work), speed * sum(left.values())))
            if now - collected > _COLLECT_EVERY:
                # a report of a running study shows what is complete
                write_results(study.folder, study.cells)
                collected = now


def _line(outcome: Outcome, number: int, total: int, left: float) -> str:
    cell = outcome.job.cell
    words = f"cell {number:,} of {total:,}: {cell.name}: "
    if outcome.reason:
        return words + f"failed: {outcome.reason}"
    scores = []
    for evaluation in cell.evaluations[:2]:
        result = outcome.job.folder.result(evaluation) or {}
        name, value = next(iter(result.get("figures", {}).items()), ("", None))
        scores.append(f"{evaluation.view} {evaluation.label} {name} {'–' if value is None else f'{value:.3f}'}")
    rest = f"; about {duration(left)} left" if number < total else ""
    return words + f"{', '.join(scores)}; {duration(outcome.seconds)}{rest}"


def require_results(results: pl.DataFrame, out: Path) -> None:
    """Raise InputError if every cell failed."""
    if len(results) and results["evaluation"].null_count() == len(results):
        reason = results["failure"][0]
        raise InputError(str(out), f"has no complete cell; the first failed: {reason}", "Correct it and run it again.")
