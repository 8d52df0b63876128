"""The layout of the folder of a choice, and its lock.

choice.toml     what was asked for
source/         records built from raw annotations or a project file
data/           training and validation samples under the designs that were tried
cells/          the runs, as in a study folder; weights are removed once a run is evaluated
race.json       decisions about the budget
report/         CHOICE.md, choice.html and the figures
run.toml        options of the final run, for `sde-datasets train --run`
dataset/        the recommended design, where the data do not have it
run/            the final run, with --train
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sde_datasets.errors import InputError
from sde_datasets.study.folder import StudyFolder, locked

REQUEST = "choice.toml"


@dataclass(frozen=True)
class ChoiceFolder:
    """The folder of a choice by its path."""

    path: Path

    @property
    def source(self) -> Path:
        """The folder of records that `choose` builds."""
        return self.path / "source"

    @property
    def data(self) -> Path:
        """The folder of derived folders of samples."""
        return self.path / "data"

    @property
    def dataset(self) -> Path:
        """The folder of the recommended design."""
        return self.path / "dataset"

    @property
    def study(self) -> StudyFolder:
        """The folder as one of a study: its cells and results."""
        return StudyFolder(self.path)

    @property
    def journal(self) -> Path:
        """The path of the decisions about the budget."""
        return self.path / "race.json"

    @property
    def report(self) -> Path:
        """The folder of the report."""
        return self.path / "report"

    @property
    def run_file(self) -> Path:
        """The path of the options of the final run."""
        return self.path / "run.toml"

    @property
    def final_run(self) -> Path:
        """The folder of the final run."""
        return self.path / "run"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and lock it for this process. Raises InputError for a folder with other content."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(str(self.path), "is not a folder", "Give another --out.")
        own = (REQUEST, f"{REQUEST}.part", "source", ".lock")
        foreign = self.path.is_dir() and any(path.name not in own for path in self.path.iterdir())
        if foreign and not (self.path / REQUEST).is_file():
            raise InputError(str(self.path), "exists and is not a folder of choose", "Give another --out.")
        with locked(self.path, "is in use by another process", "Wait for it, or give another --out."):
            yield
