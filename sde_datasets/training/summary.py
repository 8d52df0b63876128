"""The table at the end of training: time, tokens, peak memory, loss, the best score, and where the run is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sde_datasets.runs import metrics_file
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.utils.progress import size

if TYPE_CHECKING:
    from rich.table import Table


def summary_table(folder: RunFolder, steps: int, seconds: float, tokens: float) -> Table:
    """Return the table for a complete run. seconds, tokens: of this process since it started or resumed the run.

    tokens: of the samples, over all devices. Raises InputError for metrics that cannot be read.
    """
    from rich.table import Table

    rows = metrics_file.read_rows(folder.metrics)
    losses = [row for row in rows if "loss" in row]
    scores = [row for row in rows if "validation" in row]
    table = Table(show_header=False)
    table.add_row("steps", f"{steps:,}")
    table.add_row("time", duration(seconds))
    table.add_row("tokens", f"{tokens:,.0f} ({tokens / max(seconds, 1e-9):,.0f} per second)")
    if losses:
        table.add_row("peak memory", size(max(row["memory"] for row in losses)))
        table.add_row("last loss", f"{losses[-1]['loss']:.4f}")
    if scores:
        best = max(scores, key=lambda row: row["validation"])
        table.add_row("best score", f"{best['figure']} {best['validation']:.3f} at step {best['step']:,}")
    table.add_row("path", str(folder.path))
    return table


def duration(seconds: float) -> str:
    """Return a duration for readers: 42 s, 3 min 5 s, 2 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"
