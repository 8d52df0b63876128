"""Clauses: the spans of a text between punctuation marks, used as descriptions if no evidence is annotated."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise

from sde_datasets.records.record import Span

_MARK = re.compile(r"[,;:.!?](?=\s)|[，；：。！？\n]")


class Clauses:
    """The clauses of one text, and the clause that encloses a span of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [match.start() for match in _MARK.finditer(text)]

    def enclosing(self, start: int, end: int) -> Span | None:
        """The span from the last mark before `start` to the next at or after `end`, trimmed; None if it is blank.

        Marks inside the given span do not end a clause. The marks are `, ; : . ! ?` before white space,
        `，；：。！？`, and a newline; each is one character and belongs to no clause.
        """
        before = bisect_left(self._starts, start)
        after = bisect_left(self._starts, end)
        left = self._starts[before - 1] + 1 if before else 0
        right = self._starts[after] if after < len(self._starts) else len(self._text)
        left, right = _trimmed(self._text, left, right)
        return (left, right) if left < right else None

    def all(self) -> list[Span]:
        """All clauses of the text that are not blank, in order."""
        edges = [-1, *self._starts, len(self._text)]
        spans = (_trimmed(self._text, a + 1, b) for a, b in pairwise(edges))
        return [(start, end) for start, end in spans if start < end]


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
