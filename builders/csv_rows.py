r"""The rows of a CSV file with the lines where they begin, for every builder that reads tables.

    id,review
    1,"A quoted field may hold a comma, a ""quote""
    and ends of line."
    2,plain

`rows` gives (1, ["id", "review"]), (2, ["1", "A quoted ... line."]) and (4, ["2", "plain"]).

Rules: quoting is standard and strict, and a byte order mark is taken off. A blank line is a row without fields. Where
the quoting is broken nobody knows where the next row begins, so such a file is refused with the line of that row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from sde_builders.files import BLANK
from sde_datasets.builder import Job
from sde_datasets.errors import InputError
from sde_datasets.sources import Source

_CURE = 'Quote a field that holds the delimiter, a quote or an end of line, double the quotes in it ("") and close it.'


def rows(source: Source, name: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Each row as the line where it begins and its fields; the first one is the header.

    Raises InputError, naming file and line, for broken quoting, a field above the csv module's limit of 131,072
    characters (an open quote, as a rule), bytes that are not UTF-8 and an empty file.
    """
    reader = csv.reader(source.lines(name), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{source.place(name)}:{line}", f"the row is not CSV ({error})", _CURE) from error
        yield line, fields
        line = reader.line_num + 1


def filled(table: Iterator[tuple[int, list[str]]], job: Job) -> Iterator[tuple[int, list[str]]]:
    """The rows of `table` that have fields; the blank lines among them are counted."""
    for line, fields in table:
        if fields:
            yield line, fields
        else:
            job.note(BLANK)
