"""Read the rows of a table from any kind of file: CSV and TSV, Excel, Parquet, JSON and JSON lines.

`table_rows` gives the header, without blanks around its names, and the rows after it, each with its line (in Parquet
and Excel the number of the row; the first row of a sheet is the header) and its cells as text; an empty cell is "".

- CSV is read by `csv_rows.py`, which keeps the line of each row and rows of another width, and JSON by
  `json_values.py`. polars reads Parquet, in pieces, and Excel (with the extra `excel`), the first sheet.
- The delimiter of a CSV file is the option's, else a tab for *.tsv and *.tab, else that of , ; tab and | which occurs
  most often in the header, outside of quotes.
- The columns of JSON are the keys of the first LOOK rows, in order; a row with other keys has other columns.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from sde_builders.csv_rows import rows
from sde_builders.json_values import objects
from sde_builders.labels import short
from sde_builders.optional import library
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.source_files import plain_name
from sde_datasets.records.record import Reject

TABLE_FILES = ("*.csv", "*.tsv", "*.tab", "*.xlsx", "*.xls", "*.ods", "*.parquet", "*.json", "*.jsonl", "*.ndjson")
LOOK = 1000
_EXCEL = (".xlsx", ".xls", ".ods", ".xlsb", ".xlsm")
_PIECE = 20_000
_QUOTED = re.compile(r'"[^"]*"')

Rows = Iterator[tuple[int, list[str] | Reject]]


def table_rows(context: ReadContext, name: str) -> tuple[list[str], Rows]:
    """The header and the rows of a file. Raises InputError for a file without a header, or that cannot be read."""
    ending = plain_name(name).lower()
    if ending.endswith(_EXCEL):
        found: tuple[list[str], Rows] = _excel(context, name)
    elif ending.endswith(".parquet"):
        found = _parquet(context, name)
    elif ending.endswith((".json", ".jsonl", ".ndjson")):
        found = _json(context, name)
    else:
        found = _csv(context, name)
    header, table = found
    if not any(header):
        raise InputError(context.source.location(name), "has no header", "Name the columns in the first line.")
    return [column.strip() for column in header], table


def _csv(context: ReadContext, name: str) -> tuple[list[str], Rows]:
    table = rows(context.source, name, delimiter(context, name))
    return next((header for _, header in table if header), []), table


def delimiter(context: ReadContext, name: str) -> str:
    """The delimiter of a CSV file. Raises UsageError for an option that is not one character."""
    given = context.options.get("delimiter")
    if given is None:
        if plain_name(name).lower().endswith((".tsv", ".tab")):
            return "\t"
        header = _QUOTED.sub("", next((line for line in context.source.lines(name) if line.strip()), ""))
        return max(",;\t|", key=header.count)
    given = "\t" if given in ("\\t", "tab") else given
    if not isinstance(given, str) or len(given) != 1 or given in '"\r\n':
        raise UsageError(f'delimiter must be one character, such as ";" or "\\t", found {short(given)}')
    return given


def _json(context: ReadContext, name: str) -> tuple[list[str], Rows]:
    silent = replace(context, notes=Counter())
    looked = (row for _, row, _ in islice(objects(silent, name), LOOK) if isinstance(row, dict))
    header = list(dict.fromkeys(key for row in looked for key in row))

    def given() -> Rows:
        for line, row, _ in objects(context, name):
            if isinstance(row, Reject):
                yield line, row
            else:
                others = [key for key in row if key not in known]
                yield line, [_cell(row.get(key)) for key in header] + [_cell(row[key]) for key in others]

    known = {*header}
    return header, given()


def _parquet(context: ReadContext, name: str) -> tuple[list[str], Rows]:
    polars = library("polars", "train", "A Parquet file")
    with context.source.open(name) as stream:
        data = stream.read()
    try:
        header = list(polars.read_parquet_schema(data))
    except Exception as error:
        raise _unreadable(context, name, error) from error

    def given() -> Rows:
        start, frame = 0, polars.scan_parquet(data)
        while len(piece := frame.slice(start, _PIECE).collect()):
            for number, row in enumerate(piece.iter_rows(), start + 1):
                yield number, [_cell(value) for value in row]
            start += _PIECE

    return header, given()


def _excel(context: ReadContext, name: str) -> tuple[list[str], Rows]:
    library("fastexcel", "excel", "An Excel file")
    polars = library("polars", "excel", "An Excel file")
    with context.source.open(name) as stream:
        data = stream.read()
    try:
        frame = polars.read_excel(data, infer_schema_length=0)
    except Exception as error:
        raise _unreadable(context, name, error) from error
    table = ((number, [_cell(value) for value in row]) for number, row in enumerate(frame.iter_rows(), 2))
    return list(frame.columns), table


def _unreadable(context: ReadContext, name: str, error: Exception) -> InputError:
    what = f"cannot be read as a table ({type(error).__name__}: {str(error)[:200]})"
    return InputError(context.source.location(name), what, "Save it again, or as CSV (UTF-8).")


def _cell(value: Any) -> str:
    """A value as the text of a cell: "" for none, JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
