"""Find every occurrence of a surface in a text, also in pieces."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sde_datasets.records.record import Span
from sde_datasets.records.words import cuts_word


class Occurrences(NamedTuple):
    """Where a surface occurs in a text: the spans of each occurrence.

    ambiguous: the pieces of a discontinuous mention could also be taken from elsewhere.
    """

    spans: tuple[tuple[Span, ...], ...] = ()
    ambiguous: bool = False


def find_occurrences(mention: str, text: str) -> Occurrences:
    """Find every occurrence of a surface in a text; those that cut no word take precedence over all others.

    If there is none, case is ignored; if there is still none, the words of the mention are searched in order, as a
    discontinuous mention. A blank surface has no occurrence.
    """
    if not mention.strip():
        return Occurrences()
    for flags in (re.NOFLAG, re.IGNORECASE):
        if spans := find_string(mention, text, flags):
            return Occurrences(tuple((span,) for span in spans))
    words = mention.split()
    for flags in (re.NOFLAG, re.IGNORECASE):
        if len(words) > 1 and (occurrences := _find_pieces(words, text, flags)):
            return occurrences
    return Occurrences()


def find_string(string: str, text: str, flags: re.RegexFlag = re.NOFLAG) -> list[Span]:
    """Return every occurrence of a string; only those that cut no word, if there are any."""
    spans = list(_iter_spans(string, text, flags))
    return [span for span in spans if not cuts_word(text, *span)] or spans


def _iter_spans(string: str, text: str, flags: re.RegexFlag) -> Iterator[Span]:
    """Yield every occurrence of a string, also overlapping ones.

    Ignoring case compares character by character, so the offsets are those of the text itself.
    """
    pattern = re.compile(re.escape(string), flags)
    match = pattern.search(text) if string else None
    while match:
        yield match.span()
        match = pattern.search(text, match.start() + 1)


def _find_pieces(words: list[str], text: str, flags: re.RegexFlag) -> Occurrences | None:
    """Return the shortest stretch of text with the words in order, each a whole word; None if there is none."""
    found = [[span for span in _iter_spans(word, text, flags) if not cuts_word(text, *span)] for word in words]
    ways = [way for first in found[0] if (way := _first_way(first, found))]
    if not ways:
        return None
    nearest = min(ways, key=lambda way: way[-1][1] - way[0][0])
    # if the first way from the left is also the first way from the right, there is no other
    reverse = [_mirrored(spans) for spans in reversed(found)]
    return Occurrences((nearest,), ways[0] != tuple(_mirrored(_first_way(reverse[0][0], reverse))))


def _mirrored(spans: Sequence[Span]) -> list[Span]:
    """Return spans with offsets counted from the end of the text."""
    return [(-end, -start) for start, end in reversed(spans)]


def _first_way(first: Span, found: list[list[Span]]) -> tuple[Span, ...]:
    """Return the first way to place words after the first one, each after the previous one; empty if there is none."""
    way = [first]
    for spans in found[1:]:
        at = bisect_left(spans, (way[-1][1],))
        if at == len(spans):
            return ()
        way.append(spans[at])
    return tuple(way)
