"""Read the values of a JSON file: an array, JSON lines, or one object, each value with its line.

    [{"id": 1}, {"id": 2}]        the items of the array
    {"id": 1}\n{"id": 2}          one value a line
    {\n  "id": 1\n}               the object

Memory holds one item of an array or one line; a file that is one object is held whole. Blank lines are counted.
A value that cannot be read is a Reject with its line. The path of a value is `$`, that of an item of an array `$[2]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from sde_builders import json_array
from sde_builders.json_rows import NotJson, full_lines, parsed
from sde_builders.labels import Unfit, short
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject

# the endings of JSON files, as patterns for `files`
JSON_FILES = ("*.json", "*.jsonl", "*.ndjson", "*.jsonlines")
# the path of a whole file, or of a whole line
ROOT = "$"


class Found(NamedTuple):
    """A value of a file (or its Reject), the line where it begins, and its JSON path."""

    line: int
    value: Any
    path: str = ROOT


def in_path(path: str, reason: str) -> str:
    """A reason with the JSON path of what it is about; ROOT says no more than the line."""
    return reason if path == ROOT else f"{path}: {reason}"


def values(context: ReadContext, name: str) -> Iterator[Found]:
    """Yield the values. Raises InputError for a file that holds no JSON value."""
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
        yield Found(number, value)
    if not read:
        raise InputError(location, "is not JSON: no line holds a JSON value", "Give a file of JSON or JSON lines.")


def objects(context: ReadContext, name: str) -> Iterator[Found]:
    """Yield the values that are objects; any other value is a Reject."""
    location = context.source.location(name)
    for found in values(context, name):
        if isinstance(found.value, dict | Reject):
            yield found
        else:
            reason = in_path(found.path, f"expected a JSON object, found {short(found.value)}")
            yield found._replace(value=Reject(location, found.line, reason))


def _items(context: ReadContext, name: str, location: str) -> Iterator[Found]:
    for number, (line, text) in enumerate(json_array.items(context.source, name)):
        path = f"{ROOT}[{number}]"
        yield Found(line, _value(text.strip(), location, line, False, path), path)


def _one(context: ReadContext, name: str, location: str, line: int) -> Found:
    """The whole file as one value. Raises InputError if it is none."""
    try:
        return Found(line, parsed(context.source.text(name).strip(), True))
    except Unfit as error:
        raise InputError(location, str(error), "Give a file of JSON or JSON lines.") from None


def _value(text: str, location: str, line: int, last: bool, path: str = ROOT) -> Any:
    try:
        return parsed(text.rstrip(), last)
    except Unfit as error:
        return Reject(location, line, in_path(path, str(error)))


def _is_value(line: str) -> bool:
    try:
        parsed(line.strip(), False)
    except NotJson:
        return False
    except Unfit:
        return True
    return True


def _opens(line: str) -> bool:
    """True for the first line of an object that continues on the next line: `{`, or `{"id": [`."""
    stripped = line.strip()
    return stripped.startswith("{") and stripped[-1] in "{[,"
