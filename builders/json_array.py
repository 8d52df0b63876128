"""Read a JSON array item by item: memory holds one item and one piece of the file, however large it is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from sde_datasets.errors import InputError
from sde_datasets.ingest.sources import Source

_CHUNK = 1 << 16
_LONGEST = 1 << 24
# a string (the group is its closing quote) or a mark outside of strings
_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+("?)|[\[\]{},]', re.DOTALL)


def decoded(source: Source, name: str) -> Iterator[str]:
    """Yield the text of a file in pieces. Raises InputError, with the line, for bytes that are not UTF-8."""
    source.check_text(name)
    decoder, line = codecs.getincrementaldecoder("utf-8-sig")(), 1
    try:
        for piece in source.chunks(name, _CHUNK):
            yield decoder.decode(piece)
            line += piece.count(b"\n")
        yield decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].count(b"\n")
        raise InputError(f"{source.location(name)}:{line}", "is not UTF-8", "Convert the file to UTF-8.") from error


def first(source: Source, name: str) -> str:
    """The first character of a file that is not white space. Raises InputError for a file without one."""
    for piece in decoded(source, name):
        if piece.strip():
            return piece.lstrip()[0]
    raise InputError(source.location(name), "is empty")


def items(source: Source, name: str) -> Iterator[tuple[int, str]]:
    """Yield the items of a JSON array, each as its line and its text.

    Raises InputError for an array that is cut off, or broken so that the end of an item is unknown.
    """
    location, buffer, line, depth, closed, begin, at = source.location(name), "", 1, 0, False, 0, 0
    for piece in decoded(source, name):
        buffer, begin, at = buffer[begin:] + piece, 0, at - begin
        if len(buffer) > _LONGEST:
            where = line + buffer[: len(buffer) - len(buffer.lstrip())].count("\n")
            raise InputError(
                f"{location}:{where}", f"one item is longer than {_LONGEST} characters", "Check its quotes."
            )
        while (match := _MARK.search(buffer, at)) and match[1] != "":
            mark, at = match[0], match.end()
            if (depth == 0 and (closed or mark != "[")) or (depth == 1 and mark == "}"):
                where = line + buffer.count("\n", begin, at)
                raise InputError(f"{location}:{where}", f"is not one JSON array: {mark[:20]!r}", "Check its brackets.")
            if depth == 0 or (depth == 1 and mark in (",", "]")):
                text = buffer[begin : at - 1]
                if depth and (text.strip() or mark == ","):
                    yield line + text[: len(text) - len(text.lstrip())].count("\n"), text
                line, begin = line + text.count("\n"), at
            depth += (mark in ("[", "{")) - (mark in ("]", "}"))
            closed = depth == 0
    if not closed or buffer[begin:].strip():
        what = "has more text after the array" if closed else "the JSON array is cut off"
        raise InputError(f"{location}:{line + buffer.count(chr(10), begin)}", what, "Fetch it again.")
