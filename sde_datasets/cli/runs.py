"""The command `runs`: the runs in a folder, with their scores."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.utils.console import print_rich

if TYPE_CHECKING:
    from rich.table import Table

    from sde_datasets.runs.run_list import RunRow

_KEYS = ("path", "config", "model", "size", "seed", "score", "age")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default="runs")
@click.option("--sort", type=click.Choice(_KEYS), default="age", show_default=True, help="Column to sort by.")
@click.option("--reverse", is_flag=True, help="Reverse the order: by default high scores and new runs are first.")
def runs(folder: Path, sort: str, reverse: bool) -> None:
    """List the runs in FOLDER and its subfolders (default: runs).

    The score is that of the newest scored answers of a run, else its best score in validation.
    """
    from sde_datasets.runs.run_list import list_runs

    rows = sorted(list_runs(folder), key=lambda row: (_sort_key(row, sort), row.path), reverse=reverse)
    print_rich(_table(rows, folder, time.time()))


def _sort_key(row: RunRow, key: str) -> Any:
    """Return the sort key of a run: scores and ages descend, and runs without a value are last."""
    if key == "score":
        return (row.score is None, -(row.score or 0.0))
    if key == "age":
        return -row.changed
    if key == "size":
        return (row.size is None, row.size or 0)
    return getattr(row, key)


def _table(rows: list[RunRow], folder: Path, now: float) -> Table:
    from rich.table import Table

    table = Table()
    for name in ("run", "config", "model"):
        table.add_column(name, overflow="fold")
    for name in ("size", "seed", "score", "age"):
        table.add_column(name, justify="right")
    table.add_column("state")
    for row in rows:
        score = "" if row.score is None else f"{row.figure} {row.score:.3f}"
        size = "" if row.size is None else f"{row.size:,}"
        path = str(row.path.relative_to(folder)) if row.path != folder else str(row.path)
        table.add_row(path, row.config, row.model, size, str(row.seed), score, _age(now - row.changed), row.state)
    return table


def _age(seconds: float) -> str:
    """Return an age in its largest unit."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:,.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
