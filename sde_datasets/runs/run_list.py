"""The runs in a folder, with their scores, for `sde-datasets runs`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sde_datasets.errors import InputError
from sde_datasets.runs import metrics_file
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.scoring.scores_file import read_scores


@dataclass(frozen=True)
class RunRow:
    """A run in a list.

    size: the number of training samples, None before the data are read. state: `complete`, or the steps taken so far.
    score: the best validation score, else that of the newest scored answers to a test split; figure names it.
    changed: when the run was last written, in seconds since 1970.
    """

    path: Path
    config: str
    model: str
    size: int | None
    seed: int
    state: str
    figure: str
    score: float | None
    changed: float


def list_runs(folder: Path) -> list[RunRow]:
    """Return the runs in a folder and its subfolders. Raises InputError if there is none, and for a broken run."""
    if not folder.is_dir():
        raise InputError(str(folder), "is not a folder", "Give the folder that contains your runs.")
    rows = [_row(RunFolder(path)) for path in _run_folders(folder)]
    if not rows:
        raise InputError(str(folder), "contains no run", "Train one: sde-datasets train.")
    return rows


def _run_folders(folder: Path) -> Iterator[Path]:
    """Yield the folders with a run.toml; a run contains no other runs."""
    if (folder / "run.toml").is_file():
        yield folder
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _run_folders(path)


def _row(folder: RunFolder) -> RunRow:
    options = folder.options()
    size = folder.read_info().samples.train if folder.has_info() else options.train_size
    rows = metrics_file.read_rows(folder.metrics)
    steps = max((row["step"] for row in rows), default=0)
    figure, score = _score(folder, rows)
    files = [folder.path / "run.toml", folder.metrics, *(folder.path / "predictions").glob("*.scores.json")]
    return RunRow(
        folder.path,
        options.config,
        Path(options.model).name if Path(options.model).is_absolute() else options.model,
        size,
        options.seed,
        "complete" if folder.model.is_dir() else f"step {steps:,}",
        figure,
        score,
        max(path.stat().st_mtime for path in files if path.is_file()),
    )


def _score(folder: RunFolder, rows: list[dict]) -> tuple[str, float | None]:
    """Return name and value of the score of a run; the newest scored answers count more than validation."""
    scored = sorted((folder.path / "predictions").glob("*.scores.json"), key=lambda path: path.stat().st_mtime)
    if scored:
        return _headline(scored[-1])
    validated = [row for row in rows if "validation" in row]
    if not validated:
        return "", None
    best = max(validated, key=lambda row: row["validation"])
    return f"{best['figure']} (validation)", best["validation"]


def _headline(path: Path) -> tuple[str, float | None]:
    """Return the first headline figure of a scores.json. Raises InputError if it cannot be read."""
    name, figure = next(iter(read_scores(path).headline.items()))
    return name, figure.value
