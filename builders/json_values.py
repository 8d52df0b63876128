"""Read the values of a JSON file: an array, JSON lines, or one object, each value with its line.

    [{"id": 1}, {"id": 2}]        the items of the array
    {"id": 1}\n{"id": 2}          one value a line
    {\n  "id": 1\n}               the object

Memory holds one item of an array or one line; a file that is one object is held whole. Blank lines are counted.
A value that cannot be read is a Reject with its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sde_builders import json_array
from sde_builders.json_rows import NotJson, full_lines, parsed
from sde_builders.labels import Unfit, short
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject

# the endings of JSON files, as patterns for `files`
JSON_FILES = ("*.json", "*.jsonl", "*.ndjson", "*.jsonlines")


def values(context: ReadContext, name: str) -> Iterator[tuple[int, Any]]:
    """Yield the line and the value (or its Reject). Raises InputError for a file that holds no JSON value."""
    location = context.source.location(name)
    if json_array.first(context.source, name) == "[":
        lines = (line for _, line, _ in full_lines(context, name))
        if not _is_value(next(lines)) or next(lines, None) is None:
            yield from _items(context, name, location)
            return
    rows = full_lines(context, name)
    head = next(rows)
    if not head[2] and not _is_value(head[1]) and _opens(head[1]):
        yield _one(context, name, location, head[0])
        return
    read = 0
    for number, line, last in chain([head], rows):
        value = _value(line, location, number, last)
        read += not isinstance(value, Reject)
        yield number, value
    if not read:
        raise InputError(location, "is not JSON: no line holds a JSON value", "Give a file of JSON or JSON lines.")


def objects(context: ReadContext, name: str) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    """Yield the line and the object of each value; any other value is a Reject."""
    location = context.source.location(name)
    for line, value in values(context, name):
        if isinstance(value, dict | Reject):
            yield line, value
        else:
            yield line, Reject(location, line, f"expected a JSON object, found {short(value)}")


def _items(context: ReadContext, name: str, location: str) -> Iterator[tuple[int, Any]]:
    for line, text in json_array.items(context.source, name):
        yield line, _value(text.strip(), location, line, False)


def _one(context: ReadContext, name: str, location: str, line: int) -> tuple[int, Any]:
    """The whole file as one value. Raises InputError if it is none."""
    try:
        return line, parsed(context.source.text(name).strip(), True)
    except Unfit as error:
        raise InputError(location, str(error), "Give a file of JSON or JSON lines.") from None


def _value(text: str, location: str, line: int, last: bool) -> Any:
    try:
        return parsed(text.rstrip(), last)
    except Unfit as error:
        return Reject(location, line, str(error))


def _is_value(line: str) -> bool:
    try:
        parsed(line.strip(), False)
    except NotJson:
        return False
    except Unfit:
        return True
    return True


def _opens(line: str) -> bool:
    """True for the first line of an object that goes on: `{`, or `{"id": [`."""
    stripped = line.strip()
    return stripped.startswith("{") and stripped[-1] in "{[,"
