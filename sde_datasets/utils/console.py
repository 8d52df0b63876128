"""Print tables: as wide as the terminal, and of a fixed width on a pipe."""

from __future__ import annotations

import os
import sys

WIDTH_OF_PIPE = 160


def print_rich(renderable: object) -> None:
    """Print a renderable of rich. On a pipe it is 160 columns wide, or as COLUMNS says, and without colour."""
    from rich.console import Console

    fixed = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    console = Console(width=WIDTH_OF_PIPE) if fixed else Console()
    console.print(renderable, markup=False, highlight=False)
