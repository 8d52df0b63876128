"""Read the lines of a file of JSON objects, each as an object or as a reject with the reason.

    {"id": "r1", "text": "Good soup."}
    {"id": "r2", "text"

`lines` yields (1, {"id": "r1", "text": "Good soup."}) and (2, Reject): not JSON, and cut off at the end of the file.

Rules: blank lines are counted and skipped. `NaN`, which pandas writes although JSON has no such value, is read as null.
A duplicate key in one object rejects the line, because either value may be meant, and so does JSON that Python cannot
read (nested too deeply, a number with too many digits). A file in which no line holds an object stops the build.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sde_builders.files import BLANK
from sde_builders.labels import Unfit, short
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject


class NotJson(Unfit):
    """The text is not JSON, or not a JSON object."""


def lines(context: ReadContext, name: str) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    """Yield the object on each line, or its reject. Raises InputError if no line of the file holds an object."""
    location, objects, array = context.source.location(name), 0, None
    for number, line, last in full_lines(context, name):
        array = line.lstrip().startswith("[") if array is None else array
        try:
            row: dict[str, Any] | Reject = _parse(line.rstrip(), last)
            objects += 1
        except Unfit as error:
            objects += not isinstance(error, NotJson)
            row = Reject(location, number, str(error))
        yield number, row
    if not objects:
        hint = "Write one object a line" + (", not an array." if array else ".")
        raise InputError(location, "is not JSON lines: no line holds a JSON object", hint)


def full_lines(context: ReadContext, name: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the lines that are not blank: the number, the line, and whether it is the last. Blank ones are counted."""
    held: tuple[int, str] | None = None
    for number, line in enumerate(context.source.lines(name), 1):
        if not line.strip():
            context.note(BLANK)
            continue
        if held:
            yield *held, False
        held = number, line
    if held:
        yield *held, True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        duplicate = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise Unfit(f"duplicate key {short(duplicate)} in one object")
    return values


def _constant(name: str) -> float | None:
    return None if name == "NaN" else float(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def parsed(text: str, last: bool) -> Any:
    """The JSON value in a text. Raises Unfit with the reason; last: whether the file ends here."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        why = f"not JSON: {error.msg}, column {error.colno}"
        if last and (error.pos >= len(text) or not text.endswith("}")):
            why += "; the file seems to be cut off here"
        elif error.msg == "Extra data" and text[error.pos :] == ",":
            why += ": a comma after the object; write one object a line, not an array"
        raise NotJson(why) from None
    except RecursionError:
        raise Unfit("the JSON is nested too deeply to be read") from None
    except ValueError:
        raise Unfit("a number has too many digits to be read") from None


def _parse(line: str, last: bool) -> dict[str, Any]:
    row = parsed(line, last)
    if not isinstance(row, dict):
        raise NotJson(f"expected a JSON object, found {short(row)}")
    return row
