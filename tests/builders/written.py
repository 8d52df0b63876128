"""Write small files for the tests of readers, and read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import read

Found = tuple[list[tuple[str, str | None, str]], list[str], Any]


def write(folder: Path, name: str, content: str | bytes | Any) -> Path:
    """Write a file: text and bytes as they are, a list as JSON lines, any other value as JSON."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, list):
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
    elif not isinstance(content, str | bytes):
        content = json.dumps(content, ensure_ascii=False)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def marks(records) -> list[list[tuple[str, str]]]:
    """For each record its annotations: the target, and its label or the text at its spans."""
    return [
        [(a.target, a.label or " ".join(record.text[s:e] for s, e in a.spans)) for a in record.annotations]
        for record in records
    ]


def read_marks(corpus: str, path: Path, **options):
    """The marks of all records of a file, the reasons of the rejects, and the notes."""
    records, rejects, context = read(corpus, path, **options)
    return marks(records), [reject.reason for reject in rejects], context.notes
