"""rejects.jsonl: one line for each record or annotation that was not taken, with its view, file, line and reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sde_datasets.records.record import Reject

REJECTS = "rejects.jsonl"
# how to write texts with lone surrogates: as escapes of JSON
REJECT_ERRORS = "backslashreplace"


@dataclass(frozen=True)
class ViewReject:
    """A reject with the view that it belongs to."""

    view: str
    reject: Reject

    def to_line(self) -> str:
        """The line of rejects.jsonl, with its line end."""
        reject = self.reject
        values = {"view": self.view, "file": reject.file, "line": reject.line, "reason": reject.reason}
        return json.dumps(values | {"id": reject.id, "what": reject.what}, ensure_ascii=False) + "\n"

    @classmethod
    def from_line(cls, line: str) -> ViewReject:
        """The reject that `to_line` wrote."""
        row = json.loads(line)
        return cls(row["view"], Reject(row["file"], row["line"], row["reason"], row["id"], row["what"]))


def read_rejects(path: Path, view: str = "") -> Iterator[ViewReject]:
    """The rejects in a file, of one view or of all."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            found = ViewReject.from_line(line)
            if view in ("", found.view):
                yield found
