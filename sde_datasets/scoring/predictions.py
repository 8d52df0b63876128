"""Predictions: texts in the order of gold, rows in memory by id, or a file of rows by id."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from sde_datasets.errors import InputError
from sde_datasets.scoring.inputs import PredictionFile
from sde_datasets.scoring.tool_answers import plain_row
from sde_datasets.utils.files import sha256_of

ROW_HINT = 'Give one JSON object per line: {"id": ..., "prediction": ...}, both as strings.'


class Unused(NamedTuple):
    """Predictions that belong to no sample: how many, where the first of them is, and its id (None without ids)."""

    total: int
    location: str
    id: str | None = None


class Predictions(Protocol):
    """Predictions that are taken one by one, in the order of the gold samples."""

    def take(self, id: str) -> str | None:
        """Return the prediction for a sample, once; None where it has none."""

    def unused(self) -> Unused | None:
        """Return the predictions that were not taken; None where all were."""


class OrderedPredictions:
    """Texts in the order of the gold samples, None for a sample without a prediction."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        self._texts, self._next = texts, 0

    def take(self, id: str) -> str | None:
        """Return the next prediction, for any id; None where it is None or no more follow."""
        self._next += 1
        return self._texts[self._next - 1] if self._next <= len(self._texts) else None

    def unused(self) -> Unused | None:
        """Return the predictions after that of the last sample; None without any."""
        count = len(self._texts) - self._next
        return Unused(count, f"prediction {self._next}") if count > 0 else None


class KeyedPredictions:
    """Rows in memory, by the id of their sample."""

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        """Read all rows. Raises InputError for a row without id or prediction, and for a duplicate id."""
        self._texts: dict[str, tuple[int, str]] = {}
        for number, row in enumerate(rows):
            id = id_of(row, f"prediction {number}")
            if id in self._texts:
                raise InputError(f"prediction {number}", f"the id {id!r} is a duplicate")
            self._texts[id] = number, text_of(row, ("prediction",), f"prediction {number}")

    def take(self, id: str) -> str | None:
        """Return the prediction for a sample, once; None where it has none."""
        return self._texts.pop(id, (0, None))[1]

    def unused(self) -> Unused | None:
        """Return the predictions that were not taken; None where all were."""
        if not self._texts:
            return None
        id, (number, _) = next(iter(self._texts.items()))
        return Unused(len(self._texts), f"prediction {number}", id)


class FilePredictions:
    """A file of rows by id. Only id and offset of each row are in memory; a row is read when it is taken.

    Files of other tools are read too (see `tool_answers.py`).
    """

    def __init__(self, path: Path, gold: Iterable[tuple[str, str]] = ()) -> None:
        """Index every row.

        gold: id and completion of each sample, in order: what rows without id, but with a completion, are answers to.
        Raises InputError for a row without prediction, for one without an id whose completion is not that of its
        sample, and for a duplicate id.
        """
        self._path, self._gold = path, iter(gold)
        self._offsets: dict[str, int] = {}
        offset = 0
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        self._add(line, offset, f"{path}:{number}")
                    offset += len(line)
                if not self._offsets:
                    raise InputError(str(path), "has no rows", ROW_HINT)
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise InputError(str(path), f"cannot be read ({error.strerror})") from error

    def _add(self, line: bytes, offset: int, location: str) -> None:
        row = plain_row(_row(line, location), location)
        text_of(row, ("prediction",), location)
        id = self._id_in_order(row["completion"], location) if _is_in_order(row) else id_of(row, location)
        if id in self._offsets:
            raise InputError(location, f"the id {id!r} is a duplicate of line {self._line(self._offsets[id])}")
        self._offsets[id] = offset

    def _id_in_order(self, completion: str, location: str) -> str:
        """The id of the next sample of gold, if it has this completion; blanks at the edges may be lost."""
        id, gold = next(self._gold, ("", None))
        if gold is None or gold.strip() != completion.strip():
            problem = (
                "is no answer to a further sample" if gold is None else f"its label is not the completion of {id!r}"
            )
            raise InputError(
                location, problem, "Rows without ids are in the order of gold: check --config and --split."
            )
        return id

    def _line(self, offset: int) -> int:
        with self._path.open("rb") as file:
            return file.read(offset).count(b"\n") + 1

    def take(self, id: str) -> str | None:
        """Return the prediction for a sample, once; None where it has none."""
        offset = self._offsets.pop(id, None)
        if offset is None:
            return None
        end = self._map.find(b"\n", offset)
        row = json.loads(self._map[offset : end if end >= 0 else len(self._map)])
        return plain_row(row, str(self._path))["prediction"] or ""

    def unused(self) -> Unused | None:
        """Return the predictions that were not taken; None where all were."""
        if not self._offsets:
            return None
        id, offset = next(iter(self._offsets.items()))
        return Unused(len(self._offsets), f"{self._path}:{self._line(offset)}", id)


def _is_in_order(row: dict[str, Any]) -> bool:
    return "id" not in row and isinstance(row.get("completion"), str)


def predictions_from(predicted: Any) -> Predictions:
    """Return predictions given as texts, as rows, or as an Arrow array or table. Raises InputError otherwise."""
    if isinstance(predicted, (pa.Table, pa.RecordBatch)):
        if "prediction" not in predicted.schema.names:
            names = ", ".join(predicted.schema.names)
            raise InputError("predicted", "has no column prediction", f"It has {names}.")
        has_ids = "id" in predicted.schema.names
        rows = predicted.select(["id", "prediction"]).to_pylist() if has_ids else predicted.column("prediction")
    else:
        rows = predicted
    if isinstance(rows, (pa.Array, pa.ChunkedArray)):
        rows = rows.to_pylist()
    # a column of a `datasets.Dataset` is a sequence too
    if isinstance(rows, str | bytes) or not isinstance(rows, Sequence):
        raise InputError("predicted", f"is {type(predicted).__name__}", "Give a list, or an Arrow array or table.")
    rows = list(rows)
    if all(isinstance(row, dict) for row in rows):
        if not rows or any("id" in row for row in rows):
            return KeyedPredictions(rows)
        rows = [text_of(row, ("prediction",), f"prediction {number}") for number, row in enumerate(rows)]
    for number, text in enumerate(rows):
        if text is not None and not isinstance(text, str):
            raise InputError(f"prediction {number}", f"is {type(text).__name__}, not a string")
    return OrderedPredictions(rows)


# files


def prediction_file(path: Path) -> PredictionFile:
    """Return name, size and hash of a file, and how `predict` made it where a `.about.json` next to it tells.

    Raises InputError where the `.about.json` is damaged.
    """
    about = path.with_name(path.name.removesuffix(".jsonl") + ".about.json")
    provenance = None
    if path.suffix == ".jsonl" and about.is_file():
        try:
            provenance = json.loads(about.read_text("utf-8"))
        except ValueError as error:
            raise InputError(str(about), f"is not JSON ({error})", "Remove it, or predict again.") from error
    return PredictionFile(path.name, path.stat().st_size, sha256_of(path), provenance)


def rows(path: Path, hint: str = ROW_HINT) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a file with their line numbers. Raises InputError with `hint` for a line that is no object."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _row(line, f"{path}:{number}", hint)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error


def _row(line: bytes, location: str, hint: str = ROW_HINT) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(location, f"is not JSON ({error})", hint) from error
    if not isinstance(row, dict):
        raise InputError(location, "is not a JSON object", hint)
    return row


def text_of(row: dict[str, Any], keys: tuple[str, ...], location: str) -> str:
    """Return the text under the first of `keys` that a row has. A prediction of null is an empty text.

    Raises InputError where the row has none of the keys, or another type than a string.
    """
    key = next((key for key in keys if key in row), None)
    if key is None:
        raise InputError(location, f"lacks {' or '.join(keys)}", f"It has {', '.join(map(repr, row)) or 'no key'}.")
    if row[key] is None and key == "prediction":
        return ""
    if not isinstance(row[key], str):
        raise InputError(location, f"{key} is {type(row[key]).__name__}, not a string", "Write it as a JSON string.")
    return row[key]


def id_of(row: dict[str, Any], location: str) -> str:
    """Return the id of a row, an integer as its digits. Raises InputError where it has none."""
    id = row.get("id")
    if type(id) is int:
        return str(id)
    return text_of(row, ("id",), location)
