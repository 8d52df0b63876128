"""A file of answers in the making: a line for each, kept when the process dies, in the order asked for at its end."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.manifest import write_text


class AnswersOut:
    """Writes `<path>.part` line by line and `path` when it is whole.

    `about` says by what the answers are made; a part that was made by something else is not gone on from.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Raises InputError where a part by something else stands there."""
        self.path, self._about = path, about
        self._part = path.with_name(path.name + ".part")
        self._said = path.with_name(path.name.removesuffix(".jsonl") + ".about.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        # whether all was answered before, in just this way
        self.whole = path.is_file() and not self._part.is_file() and self._same()
        self.done = {} if self.whole else self._left()
        self._file = None if self.whole else self._part.open("ab")

    def _same(self) -> bool:
        try:
            return json.loads(self._said.read_text("utf-8")) == self._about
        except (OSError, ValueError):
            return False

    def _left(self) -> dict[str, int]:
        """The ids that an earlier process answered, with where their lines begin; a line half written is cut off."""
        if not self._part.is_file():
            write_text(self._said, json.dumps(self._about, ensure_ascii=False, indent=1) + "\n")
            return {}
        if not self._same():
            cure = f"Remove it, or give another --out, to begin anew: {self._part}"
            raise InputError(str(self._part), "was begun by another model or in another way", cure)
        done, place = {}, 0
        with self._part.open("rb+") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    file.truncate(place)
                    break
                done[json.loads(line)["id"]] = place
                place += len(line)
        return done

    def add(self, row: dict[str, Any]) -> None:
        """Write a row; what is added stays, whatever happens to the process."""
        self.done[row["id"]] = self._file.tell()
        self._file.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")
        self._file.flush()

    def finish(self, ids: Iterable[tuple[str, dict[str, Any]]]) -> Path:
        """Put the rows of `ids` into their file, in that order, each with what stands beside its id."""
        self._file.close()
        beside = self.path.with_name(self.path.name + ".whole")
        with self._part.open("rb") as rows, beside.open("wb") as file:
            for id, more in ids:
                rows.seek(self.done[id])
                row = json.loads(rows.readline())
                line = json.dumps({"id": id, **more, **row}, ensure_ascii=False)
                # a lone surrogate that a server sent stands as its escape, which means it within JSON
                file.write(line.encode("utf-8", "backslashreplace") + b"\n")
        beside.replace(self.path)
        self._part.unlink()
        return self.path
