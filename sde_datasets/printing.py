"""Printing tables: as wide as the terminal, and of one width on a pipe."""

from __future__ import annotations

import os
import sys


def print_rich(what: object) -> None:
    """Print a rich renderable; on a pipe 160 wide or as COLUMNS says, in colour only on a terminal."""
    from rich.console import Console

    console = Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=160)
    console.print(what, markup=False, highlight=False)
