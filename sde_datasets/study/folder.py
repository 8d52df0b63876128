"""The layout of a study folder, its lock, and the files in it.

plan.toml                      the plan of the last call, with the values of its options
data/                          the configs, if the study builds them
cells/<cell>/cell.json         what the cell depends on
cells/<cell>/run/              the run folder of the model
cells/<cell>/training.json     the cost of the training, once it is complete
cells/<cell>/<evaluation>.json the result of an evaluation, once it is complete
cells/<cell>/failure.json      why the cell failed last
results.parquet                a row for each cell and evaluation
samples.parquet                a row for each sample of each evaluation
report/                        what `sde-datasets report` writes
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.study.cells import FORMAT, Cell, Evaluation
from sde_datasets.study.plan import Plan, plan_toml, read_plan
from sde_datasets.utils.files import write_text

PLAN = "plan.toml"
FAILURE = "failure.json"
TRAINING = "training.json"


@dataclass(frozen=True)
class StudyFolder:
    """A study folder by its path."""

    path: Path

    @property
    def data(self) -> Path:
        """The folder of the configs that the study builds."""
        return self.path / "data"

    @property
    def results(self) -> Path:
        """The path of results.parquet."""
        return self.path / "results.parquet"

    @property
    def samples(self) -> Path:
        """The path of samples.parquet."""
        return self.path / "samples.parquet"

    @property
    def report(self) -> Path:
        """The folder of the report."""
        return self.path / "report"

    def cell(self, cell: Cell) -> CellFolder:
        """Return the folder of a cell."""
        return CellFolder(self.path / "cells" / cell.name)

    def plan(self) -> Plan:
        """Read the plan of the last call. Raises InputError if the folder is not a study."""
        if not (self.path / PLAN).is_file():
            raise InputError(str(self.path), f"is not a study folder (no {PLAN})", "Make one with sde-datasets study.")
        return read_plan(self.path / PLAN)

    def write_plan(self, plan: Plan) -> None:
        """Write the plan."""
        write_text(self.path / PLAN, plan_toml(plan))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and lock it for this process. Raises InputError if another process uses it."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(str(self.path), "is not a folder", "Give another --out.")
        if self.path.is_dir() and any(self._foreign()):
            raise InputError(str(self.path), "exists and is not a study folder", "Give another --out.")
        with locked(self.path, "is in use by another process", "Wait for it, or give another --out."):
            yield

    def _foreign(self) -> Iterator[Path]:
        """Yield the files of a folder that is not a study."""
        if not (self.path / PLAN).is_file():
            yield from (path for path in self.path.iterdir() if path.name not in ("data", ".lock", PLAN + ".part"))


@dataclass(frozen=True)
class CellFolder:
    """The folder of a cell by its path. A file in it is complete, because it is written under another name first."""

    path: Path

    @property
    def run(self) -> Path:
        """The run folder of the model."""
        return self.path / "run"

    def start(self, cell: Cell) -> None:
        """Write cell.json. Raises InputError for a cell of another version."""
        self.check_version()
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.path / "cell.json", cell.to_dict())

    def check_version(self) -> None:
        """Raise InputError if the cell has the format of another version."""
        about = read_json(self.path / "cell.json")
        if about is not None and about.get("format") != FORMAT:
            problem = f"has the format {about.get('format')}, not {FORMAT}"
            raise InputError(str(self.path), problem, "Its results are of another version: give another --out.")

    def training(self) -> dict[str, Any] | None:
        """Return the cost of the training; None if it is not complete."""
        return read_json(self.path / TRAINING)

    def result(self, evaluation: Evaluation) -> dict[str, Any] | None:
        """Return the result of an evaluation; None if it is not complete."""
        return read_json(self.result_path(evaluation))

    def result_path(self, evaluation: Evaluation) -> Path:
        """The path of the result of an evaluation."""
        return self.path / f"{evaluation.name}.json"

    def missing(self, cell: Cell) -> list[Evaluation]:
        """Return the evaluations that have no result yet."""
        return [evaluation for evaluation in cell.evaluations if not self.result_path(evaluation).is_file()]

    def is_complete(self, cell: Cell) -> bool:
        """Return True if nothing of the cell is missing."""
        return not self.missing(cell) and (bool(cell.evaluations) or self.training() is not None)

    def failure(self) -> str | None:
        """Return why the cell failed last, or None."""
        about = read_json(self.path / FAILURE)
        return None if about is None else str(about.get("reason", "unknown"))

    def write_failure(self, reason: str) -> None:
        """Record why the cell failed."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.path / FAILURE, {"reason": reason})

    def clear_failure(self) -> None:
        """Remove the record of a failure."""
        (self.path / FAILURE).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the cell for this process: machines that share a study folder never run one cell twice at a time."""
        with locked(self.path, "is being run by another process", "Wait for it."):
            yield


@contextmanager
def locked(folder: Path, problem: str, hint: str) -> Iterator[None]:
    """Create a folder and lock it for this process. Raises InputError if it is locked or cannot be created."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(folder), f"cannot be written ({error.strerror})", "Give another --out.") from error
    lock = FileLock(folder / ".lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(str(folder), problem, hint) from error
    try:
        yield
    finally:
        lock.release()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON object, a line for each key: the counts of samples would take thousands of lines."""
    lines = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in content.items())
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the content of a JSON file; None if it does not exist. Raises InputError if it is damaged."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"cannot be read ({error})", "Remove it to run this part again.") from error
    if not isinstance(content, dict):
        raise InputError(str(path), "is not an object", "Remove it to run this part again.")
    return content
