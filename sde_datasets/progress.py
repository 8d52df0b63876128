"""Progress of long work: a bar on a terminal, plain lines elsewhere. All of it goes to standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

# seconds between two plain lines about the same work
_PATIENCE = 10


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
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True) as self._bar:
            self._task = self._bar.add_task(f"{what} ({unit})", total=total)
            try:
                yield
            finally:
                self._bar = None

    def advance(self, count: int) -> None:
        """Count `count` more units as done."""
        self._done += count
        if self._bar is not None:
            self._bar.advance(self._task, count)
        elif not self._quiet and time.monotonic() - self._told > _PATIENCE:
            self._told = time.monotonic()
            of = f" of {self._total:,}" if self._total else ""
            self.line(f"{self._what}: {self._done:,}{of} {self._unit}")
