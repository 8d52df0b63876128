"""Read lines `text####[...]`, the form of ASTE, ASQP and ACOS in papers that generate triplets and quadruples.

    The soup was cold .####[([1], [3], 'NEG')]
    The soup was cold .####[['soup', 'food quality', 'negative', 'cold']]

The part after #### is a Python literal. It is read by `ast.literal_eval`, which evaluates no code, and only up to
LONGEST characters, because a long nested literal exhausts the memory of its parser.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from sde_builders.files import BLANK
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject

MARK = "####"
LONGEST = 20_000
LINE_FILES = ("*.txt",)


def quad_lines(context: ReadContext, name: str) -> Iterator[tuple[int, str, list[Any]] | Reject]:
    """Yield the line, the text and the tuples of each line. Raises InputError for a file without the mark ####."""
    location, marked = context.source.location(name), 0
    for number, line in enumerate(context.source.lines(name), 1):
        if not line.strip():
            context.note(BLANK)
            continue
        text, mark, literal = line.rstrip("\r\n").partition(MARK)
        marked += bool(mark)
        if not mark:
            yield Reject(location, number, f"the line has no {MARK} between the text and its tuples")
            continue
        try:
            yield number, text, _tuples(literal.strip())
        except ValueError as error:
            yield Reject(location, number, str(error))
    if not marked:
        raise InputError(location, f"no line has the form text{MARK}[...]", "See sde-datasets corpora asqp.")


def _tuples(literal: str) -> list[Any]:
    if len(literal) > LONGEST:
        raise ValueError(f"the tuples take {len(literal):,} characters; at most {LONGEST:,} are read")
    try:
        found = ast.literal_eval(literal)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"{literal[:60]!r} is not a list of tuples") from None
    if not isinstance(found, list) or not all(isinstance(item, list | tuple) for item in found):
        raise ValueError(f"{literal[:60]!r} is not a list of tuples")
    return found
