r"""Read the rows of a CSV file, each with the line where it begins; for every builder that reads tables.

    id,review
    1,"A quoted field may hold a comma, a ""quote""
    and ends of line."
    2,plain

`rows` yields (1, ["id", "review"]), (2, ["1", "A quoted ... line."]) and (4, ["2", "plain"]).

Rules: quoting is standard and strict, and a byte order mark is removed. A blank line is a row without fields. With
broken quoting the start of the next row is unknown, so such a file is refused with the line of the broken row.
Python's csv module reads the rows, because polars gives neither the line of a row nor a row with too many fields.
`tables.py` reads other files.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TypeVar

from sde_builders.files import BLANK
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.sources import Source

T = TypeVar("T")
_HINT = 'Quote a field that holds the delimiter, a quote or an end of line, double the quotes in it ("") and close it.'


def rows(source: Source, name: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the line where each row begins, and its fields; the first row is the header.

    Raises InputError, naming file and line, for broken quoting, a field above the csv module's limit of 131,072
    characters (usually a missing closing quote), bytes that are not UTF-8 and an empty file.
    """
    reader = csv.reader(source.lines(name), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{source.location(name)}:{line}", f"the row is not CSV ({error})", _HINT) from error
        yield line, fields
        line = reader.line_num + 1


def non_blank_rows(table: Iterator[tuple[int, T]], context: ReadContext) -> Iterator[tuple[int, T]]:
    """Yield the rows of `table` that have fields, and count the blank lines."""
    for line, fields in table:
        if fields:
            yield line, fields
        else:
            context.note(BLANK)
