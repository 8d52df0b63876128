"""The metrics of a run on disk: metrics.jsonl, one row for each report of training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.utils.files import write_text


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Append a row of metrics."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the complete rows of metrics; an empty list if the file does not exist. Raises InputError."""
    if not path.is_file():
        return []
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.endswith("}")]
    except ValueError as error:
        raise InputError(str(path), f"cannot be read ({error})", "Start a new run.") from error


def drop_rows_after(path: Path, step: int) -> None:
    """Remove the rows after a step: a resumed run writes them again."""
    kept = [row for row in read_rows(path) if row["step"] <= step]
    write_text(path, "".join(json.dumps(row) + "\n" for row in kept))
