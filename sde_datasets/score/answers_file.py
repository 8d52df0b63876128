"""Files of model answers: JSON lines, read row by row, so that no more of them is in memory than the row at hand."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.sources import sha256_of

ROW = 'Give one JSON object a line: {"id": ..., "prediction": ...}, both as text.'


def about_file(path: Path) -> dict:
    """What is said of an input file: name, bytes, sha256; and how answers were made, where that stands beside them."""
    beside = path.with_name(path.name.removesuffix(".jsonl") + ".about.json")
    made = {}
    if path.suffix == ".jsonl" and beside.is_file():
        try:
            made = {"made": json.loads(beside.read_text("utf-8"))}
        except ValueError as error:
            raise InputError(str(beside), f"is no JSON ({error})", "Remove it, or predict again.") from error
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256_of(path), **made}


def rows(path: Path, cure: str = ROW) -> Iterator[tuple[int, dict]]:
    """The rows of a file with their lines. Raises InputError with `cure` for a line that is no JSON object."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _row(line, f"{path}:{number}", cure)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error


def _row(line: bytes, place: str, cure: str = ROW) -> dict:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(place, f"is no JSON ({error})", cure) from error
    if not isinstance(row, dict):
        raise InputError(place, "is no JSON object", cure)
    return row


def text_of(row: dict, keys: tuple[str, ...], place: str) -> str:
    """The text under the first of `keys` that a row has. Raises InputError where it has none, or no text."""
    key = next((key for key in keys if key in row), None)
    if key is None:
        raise InputError(place, f"lacks {' or '.join(keys)}", f"It has {', '.join(map(repr, row)) or 'no key'}.")
    if not isinstance(row[key], str):
        raise InputError(place, f"{key} is {type(row[key]).__name__}, not text", "Write it as a JSON string.")
    return row[key]


def id_of(row: dict, place: str) -> str:
    """The id of a row, a whole number as its digits. Raises InputError where it has none."""
    given: Any = row.get("id")
    if type(given) is int:
        return str(given)
    return text_of(row, ("id",), place)


class AnswersById:
    """A file of answers by id: of each row only its id and place are kept, and the row is read when it is asked for."""

    def __init__(self, path: Path) -> None:
        """Find every row. Raises InputError for a row without id or prediction, and for an id that stands twice."""
        self._path = path
        self._places: dict[str, int] = {}
        place = 0
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        self._keep(line, place, f"{path}:{number}")
                    place += len(line)
                if not self._places:
                    raise InputError(str(path), "has no rows", ROW)
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise InputError(str(path), f"cannot be read ({error.strerror})") from error

    def _keep(self, line: bytes, begin: int, place: str) -> None:
        row = _row(line, place)
        text_of(row, ("prediction",), place)
        id = id_of(row, place)
        if id in self._places:
            raise InputError(place, f"the id {id!r} stands twice, first in line {self._line(self._places[id])}")
        self._places[id] = begin

    def _line(self, begin: int) -> int:
        with self._path.open("rb") as file:
            return file.read(begin).count(b"\n") + 1

    def take(self, id: str) -> str | None:
        """The answer of a sample, once; None where there is none."""
        begin = self._places.pop(id, None)
        if begin is None:
            return None
        end = self._map.find(b"\n", begin)
        return json.loads(self._map[begin : end if end >= 0 else len(self._map)])["prediction"]

    def left(self) -> list[tuple[str, int]]:
        """The ids that nobody has taken, with their lines, the first few."""
        return [(id, self._line(self._places[id])) for id in list(self._places)[:3]]

    def __len__(self) -> int:
        return len(self._places)
