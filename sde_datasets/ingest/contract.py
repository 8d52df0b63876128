"""Check what a builder yields: a fault becomes one line that names the builder, the record and the problem."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from sde_datasets.errors import InputError, UsageError, one_line
from sde_datasets.records.record import Annotation, Record, Reject

if TYPE_CHECKING:
    from sde_datasets.ingest.builder import Builder, ReadContext

T = TypeVar("T")
_END: Any = object()


def checked_items(builder: Builder, context: ReadContext) -> Iterator[Record | Reject]:
    """The records and rejects that a builder reads, every item checked for its types.

    Raises InputError for an item of a wrong type and for any error of the builder, except its own InputError and
    UsageError, which pass.
    """
    where = "before its first record"
    result = _call(builder, where, lambda: builder.read(context))
    if not isinstance(result, Iterable):
        raise _fault(builder, "", f"read returned {_shown(result)}", "It must yield Record and Reject")
    stream = iter(result)
    while (item := _call(builder, where, lambda: next(stream, _END))) is not _END:
        if problem := _item_problem(item):
            raise _fault(builder, _name(item) or where, *problem)
        where = f"after {_name(item)}"
        yield item


def discovered_targets(builder: Builder, context: ReadContext) -> tuple[str, ...]:
    """The targets that a builder finds in the files. Raises InputError for an error of the builder."""
    discover = builder.discover
    found = () if discover is None else _call(builder, "discover", lambda: discover(context))
    if not isinstance(found, tuple) or not all(isinstance(target, str) for target in found):
        raise _fault(builder, "discover", f"it returned {_shown(found)}", "A tuple of strings is expected")
    return found


def _call(builder: Builder, where: str, function: Callable[[], T]) -> T:
    """The result of a function of a builder. Raises InputError that names its file and line if it fails."""
    try:
        return function()
    except (InputError, UsageError):
        raise
    except Exception as error:
        message = one_line(error)
        problem = f"failed with {type(error).__name__}" + (f": {message}" if message else "")
        raise _fault(builder, where, problem, f"See {_code_location(builder, error)}") from error


def _code_location(builder: Builder, error: Exception) -> str:
    """The last line of the builder's module in the traceback, else the line that raised the error."""
    module = sys.modules.get(builder.described_in)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == getattr(module, "__file__", None)]
    frame = (own or frames)[-1]
    return f"{PurePath(frame.filename).name}, line {frame.lineno}"


def _fault(builder: Builder, where: str, problem: str, hint: str) -> InputError:
    return InputError(f"builder {builder.name!r}" + (f", {where}" if where else ""), problem, hint)


def _name(item: Any) -> str:
    """A record or a reject in a message."""
    if not isinstance(item, Record | Reject):
        return ""
    location = f"{item.file}:{item.line}" if item.file else ""
    named = f"record {item.id!r}" if item.id is not None else "a record"
    return f"{named} ({location})" if location else named


def _item_problem(item: Any) -> tuple[str, str] | None:
    """What is wrong with the types of an item, and a hint; None for a valid one."""
    if isinstance(item, Reject):
        return _reject_problem(item)
    if not isinstance(item, Record):
        return f"it yielded {_shown(item)}", "Yield Record or Reject"
    for name in ("id", "text", "file"):
        if not isinstance(getattr(item, name), str):
            return f"{name} is {_shown(getattr(item, name))}", "A string is expected"
    for name in ("split", "document"):
        if not isinstance(getattr(item, name), str | None):
            return f"{name} is {_shown(getattr(item, name))}", "A string or None is expected"
    if type(item.line) is not int:
        return f"line is {_shown(item.line)}", "A whole number (int) is expected"
    if not isinstance(item.annotations, list):
        return f"annotations is {_shown(item.annotations)}", "A list of Annotation is expected"
    for number, annotation in enumerate(item.annotations, 1):
        if problem := _annotation_problem(annotation):
            return f"annotation {number}: {problem[0]}", problem[1]
    return None


def _reject_problem(reject: Reject) -> tuple[str, str] | None:
    texts = isinstance(reject.file, str) and isinstance(reject.reason, str) and isinstance(reject.id, str | None)
    if not texts or type(reject.line) is not int or reject.what not in ("record", "annotation"):
        return (
            f"it yielded {reject!r}",
            "Reject(file, line, reason, id, what) takes strings, and what is record or annotation",
        )
    return None


def _annotation_problem(annotation: Any) -> tuple[str, str] | None:
    if not isinstance(annotation, Annotation):
        return f"it is {_shown(annotation)}", "Annotation(target, label, mention, spans, evidence) is expected"
    if not isinstance(annotation.target, str):
        return f"target is {_shown(annotation.target)}", "A string is expected"
    for name, value in (("label", annotation.label), ("mention", annotation.mention)):
        if not isinstance(value, str | None):
            return f"{name} is {_shown(value)}", "A string or None is expected"
    for name, spans in (("spans", annotation.spans), ("evidence", annotation.evidence)):
        if not isinstance(spans, tuple) or not all(map(_is_span, spans)):
            odd = spans if not isinstance(spans, tuple) else next(span for span in spans if not _is_span(span))
            return f"{name} holds {_shown(odd)}" if odd is not spans else f"{name} is {_shown(spans)}", _SPANS
    return None


_SPANS = "A tuple of (start, end) is expected, both whole numbers (int)"


def _is_span(span: Any) -> bool:
    return isinstance(span, tuple) and len(span) == 2 and type(span[0]) is int and type(span[1]) is int


def _shown(value: Any) -> str:
    """A value in a message: its type and the value, cut to 60 characters."""
    if value is None:
        return "None"
    shown = repr(value)
    return f"{type(value).__name__} {shown}" if len(shown) <= 60 else f"{type(value).__name__} {shown[:60]}..."
