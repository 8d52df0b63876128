"""The lines of a file of JSON objects, each as an object or as the reason why it is none.

    {"id": "r1", "text": "Good soup."}
    {"id": "r2", "text"

`lines` gives (1, {"id": "r1", "text": "Good soup."}) and (2, Reject): not JSON, and cut off at the end of the file.

Rules: blank lines are counted and skipped. A key that stands twice in one object rejects the line, since either value
may be meant, and so does what Python cannot read (nested too deeply, a number with too many digits). A file in which
no line holds an object is refused as a whole.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sde_builders.files import BLANK
from sde_builders.labels import Unfit, short
from sde_datasets.builder import Job
from sde_datasets.errors import InputError
from sde_datasets.records import Reject


class _NotJson(Unfit):
    """The line is no JSON object."""


def lines(job: Job, name: str) -> Iterator[tuple[int, dict[str, Any] | Reject]]:
    """The object on each line, or why there is none. Raises InputError where no line of the file holds one."""
    place, objects, array = job.source.place(name), 0, None
    for number, line, last in _full_lines(job, name):
        array = line.lstrip().startswith("[") if array is None else array
        try:
            row: dict[str, Any] | Reject = _parse(line.rstrip(), last)
            objects += 1
        except Unfit as error:
            objects += not isinstance(error, _NotJson)
            row = Reject(place, number, str(error))
        yield number, row
    if not objects:
        cure = "Write one object a line" + (", not an array." if array else ".")
        raise InputError(place, "is not JSON lines: no line holds a JSON object", cure)


def _full_lines(job: Job, name: str) -> Iterator[tuple[int, str, bool]]:
    """The lines that are not blank: number, line, whether it is the last."""
    held: tuple[int, str] | None = None
    for number, line in enumerate(job.source.lines(name), 1):
        if not line.strip():
            job.note(BLANK)
            continue
        if held:
            yield *held, False
        held = number, line
    if held:
        yield *held, True


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise Unfit(f"the key {short(twice)} stands twice in one object")
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def _parse(line: str, last: bool) -> dict[str, Any]:
    try:
        row = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        why = f"not JSON: {error.msg}, column {error.colno}"
        if last and (error.pos >= len(line) or not line.endswith("}")):
            why += "; the file seems to be cut off here"
        elif error.msg == "Extra data" and line[error.pos :] == ",":
            why += ": a comma after the object; write one object a line, not an array"
        raise _NotJson(why) from None
    except RecursionError:
        raise Unfit("the JSON is nested too deeply to be read") from None
    except ValueError:
        raise Unfit("a number has too many digits to be read") from None
    if not isinstance(row, dict):
        raise _NotJson(f"expected a JSON object, found {short(row)}")
    return row
