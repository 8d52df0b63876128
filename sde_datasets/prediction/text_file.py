"""Files of texts to annotate: JSON lines, CSV, Parquet, or one text per line.

new.jsonl    {"id": "r1", "text": "The tuna was great."}
new.csv      id,text
             r1,The tuna was great.
new.parquet  columns id and text
new.txt      The tuna was great.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.records.record import is_encodable
from sde_datasets.scoring.predictions import id_of, prediction_file, rows, text_of

_ROW_FORM = 'Give one JSON object per line: {"text": ...}, and optionally "id".'
_KINDS = ".jsonl, .csv, .tsv, .parquet or .txt"


@dataclass(frozen=True)
class TextFile:
    """A file of texts; its suffix decides how it is read, and other files are JSON lines.

    text, id: the keys or columns of text and id. An id that is missing is the number of the line or row.
    """

    path: Path
    text: str = "text"
    id: str = "id"

    def identity(self) -> dict[str, Any]:
        """Return name, size and hash of the file, for the provenance of its answers. Raises InputError."""
        if not self.path.is_file():
            raise InputError(str(self.path), "cannot be read (it is not a file)", f"Give a file: {_KINDS}.")
        columns = {"text_column": self.text, "id_column": self.id}
        given = {name: value for name, value in columns.items() if value != name.removesuffix("_column")}
        return prediction_file(self.path).to_json() | given

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield (id, text) for each row. Raises InputError."""
        seen: set[str] = set()
        for number, row in self._rows():
            location = f"{self.path}:{number}"
            id = id_of({"id": row[self.id]}, location) if row.get(self.id) is not None else str(number)
            if id in seen:
                raise InputError(location, f"duplicate id {id!r}", "Give each row its own id, or no row an id.")
            seen.add(id)
            text = text_of(row, (self.text,), location)
            if not is_encodable(id + text):
                raise InputError(location, "contains a lone surrogate", "Write it as UTF-8.")
            yield id, text
        if not seen:
            raise InputError(str(self.path), "has no rows", _ROW_FORM if self._suffix == ".jsonl" else "")

    @property
    def _suffix(self) -> str:
        return self.path.suffix.lower()

    def _rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield each row with the number of its line, or with its own number."""
        try:
            if self._suffix == ".parquet":
                yield from self._parquet_rows()
            elif self._suffix in (".csv", ".tsv"):
                yield from self._csv_rows()
            elif self._suffix == ".txt":
                yield from self._lines()
            else:
                yield from rows(self.path, _ROW_FORM)
        except OSError as error:
            raise InputError(str(self.path), f"cannot be read ({error.strerror or error})") from error
        except UnicodeDecodeError as error:
            raise InputError(str(self.path), f"is not UTF-8 ({error.reason})", "Save it as UTF-8.") from error

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self.path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, {self.text: line.rstrip("\r\n")}

    def _csv_rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        delimiter = "\t" if self._suffix == ".tsv" else ","
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            self._check_columns(list(reader.fieldnames or ()))
            try:
                for number, row in enumerate(reader, 1):
                    yield number, {name: value for name, value in row.items() if name in (self.text, self.id)}
            except csv.Error as error:
                raise InputError(f"{self.path}:{reader.line_num}", f"is not CSV ({error})") from error

    def _parquet_rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self.path) as file:
                names = file.schema_arrow.names
                self._check_columns(names)
                number = 0
                for batch in file.iter_batches(columns=[name for name in (self.id, self.text) if name in names]):
                    for row in batch.to_pylist():
                        number += 1
                        yield number, row
        except pa.ArrowException as error:
            raise InputError(str(self.path), f"is not Parquet ({error})") from error

    def _check_columns(self, names: list[str]) -> None:
        if self.text not in names:
            known = ", ".join(map(repr, names)) or "no column"
            raise InputError(
                str(self.path), f"lacks the column {self.text!r}", f"--text-column names it; it has {known}."
            )
