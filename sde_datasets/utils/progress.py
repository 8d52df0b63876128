"""Progress of long work, on standard error: a bar on a terminal, lines of text elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID
    from rich.table import Table

# seconds between two lines about the same work
_INTERVAL = 10
BYTES = "bytes"


def size(count: float) -> str:
    """A number of bytes for readers, in powers of 1,000."""
    for unit in ("B", "kB", "MB"):
        if count < 1_000:
            return f"{count:,} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1_000
    return f"{count:,.1f} GB"


class Progress:
    """Shows the progress of work. `work("writing", total, unit)` is a context; inside it, `advance(n)` counts."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._name, self._unit = "", ""
        self._total: int | None = None
        self._done, self._last_line = 0, 0.0

    def line(self, text: str) -> None:
        """Print one line of text, above the bar if there is one."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def table(self, table: Table) -> None:
        """Print a table of rich, as wide as the terminal."""
        if self._quiet:
            return
        from rich.console import Console

        Console(stderr=True).print(table, markup=False, highlight=False)

    @contextmanager
    def work(self, name: str, total: int | None, unit: str) -> Iterator[None]:
        """Show progress within the block. total: the number of units, or None if unknown."""
        self._name, self._total, self._unit = name, total, unit
        self._done, self._last_line = 0, time.monotonic()
        if self._quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        count = DownloadColumn() if unit == BYTES else MofNCompleteColumn()
        columns = (TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True) as self._bar:
            self._task = self._bar.add_task(f"{name} ({unit})", total=total)
            try:
                yield
            finally:
                self._bar = None

    def total(self, count: int) -> None:
        """Set the number of units if it is known only after the work has begun."""
        self._total = count
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=count)

    def advance(self, count: int) -> None:
        """Count `count` more units as done."""
        self._done += count
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)
        elif not self._quiet and time.monotonic() - self._last_line > _INTERVAL:
            self._last_line = time.monotonic()
            total = f" of {self._formatted(self._total)}" if self._total else ""
            unit = "" if self._unit == BYTES else f" {self._unit}"
            self.line(f"{self._name}: {self._formatted(self._done)}{total}{unit}")

    def _formatted(self, count: int) -> str:
        return size(count) if self._unit == BYTES else f"{count:,}"
