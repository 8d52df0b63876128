"""Progress of long work: a bar on a terminal, plain lines elsewhere. All of it goes to standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# seconds between two plain lines about the same work
_PATIENCE = 10
BYTES = "bytes"


def size(count: int) -> str:
    """A number of bytes as a person reads it, in powers of 1,000."""
    for unit in ("B", "kB", "MB"):
        if count < 1_000:
            return f"{count:,} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1_000
    return f"{count:,.1f} GB"


class Progress:
    """Tells how far work has come. `work("writing", total)` is a context; inside it `advance(n)` counts."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar = None
        self._task = None

    def line(self, text: str) -> None:
        """One plain line, above the bar where there is one."""
        if self._quiet:
            return
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)

    @contextmanager
    def work(self, what: str, total: int | None, unit: str) -> Iterator[None]:
        """The time during which `what` is done; `total` may be unknown."""
        self._what, self._total, self._unit = what, total, unit
        self._done, self._told = 0, time.monotonic()
        if self._quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        count = DownloadColumn() if unit == BYTES else MofNCompleteColumn()
        columns = (TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True) as self._bar:
            self._task = self._bar.add_task(f"{what} ({unit})", total=total)
            try:
                yield
            finally:
                self._bar = None

    def total(self, count: int) -> None:
        """Say how much the work is, when that is known only after it has begun."""
        self._total = count
        if self._bar is not None:
            self._bar.update(self._task, total=count)

    def advance(self, count: int) -> None:
        """Count `count` more units as done."""
        self._done += count
        if self._bar is not None:
            self._bar.advance(self._task, count)
        elif not self._quiet and time.monotonic() - self._told > _PATIENCE:
            self._told = time.monotonic()
            of = f" of {self._said(self._total)}" if self._total else ""
            self.line(f"{self._what}: {self._said(self._done)}{of}{'' if self._unit == BYTES else f' {self._unit}'}")

    def _said(self, count: int) -> str:
        return size(count) if self._unit == BYTES else f"{count:,}"
