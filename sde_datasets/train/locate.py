"""Answers as annotations: what a model says of a text, with the places where it stands there."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sde_datasets.formats import Reading
from sde_datasets.records import Span, surface
from sde_datasets.schemas import Schema


class Places(NamedTuple):
    """Where a surface stands: the spans of each place. unsure: its pieces could be taken from elsewhere as well."""

    spans: tuple[tuple[Span, ...], ...] = ()
    unsure: bool = False


def annotations(reading: Reading, text: str, schema: Schema) -> list[dict[str, Any]]:
    """The annotations of an answer that stand in the text, as the builder jsonl reads them.

    Label tasks: `target`, `label` and, where its description stands in the text, `evidence`; `ambiguous` where that
    stands there more than once, of which the first is taken.
    Mention tasks: `target`, `mention` and `spans`, one annotation for every occurrence. `ambiguous` marks those of a
    surface that stands in the text more or less often than the answer says, or whose pieces can be put together in
    several ways, so that nobody can tell which are meant; `scattered` those that stand in the text in pieces alone.
    """
    values, descriptions = reading.answer
    if schema.kind == "label":
        return [
            {"target": target, "label": label, **_evidence(descriptions.get(target), text)}
            for target, label in values.items()
        ]
    return [each for target, surfaces in values.items() for each in _mentions(target, surfaces, text)]


def strangers(reading: Reading, text: str, schema: Schema) -> list[dict[str, str]]:
    """The mentions of an answer that do not stand in the text."""
    if schema.kind == "label":
        return []
    said = ((target, mention) for target, surfaces in reading.answer.values.items() for mention in surfaces)
    return [{"target": target, "mention": mention} for target, mention in said if not occurrences(mention, text).spans]


def _mentions(target: str, surfaces: tuple[str, ...], text: str) -> Iterator[dict[str, Any]]:
    # surfaces that differ in case alone may stand at the same places
    said: Counter[Places] = Counter()
    for mention, times in Counter(surfaces).items():
        said[occurrences(mention, text)] += times
    sure: dict[tuple[Span, ...], bool] = {}
    for places, times in said.items():
        for spans in places.spans:
            certain = len(places.spans) == times and not places.unsure
            sure[spans] = sure.get(spans, False) or certain
    for spans, certain in sure.items():
        shown = {"target": target, "mention": surface(text, spans), "spans": [list(span) for span in spans]}
        shown |= {} if certain else {"ambiguous": True}
        yield shown | ({"scattered": True} if len(spans) > 1 else {})


def occurrences(mention: str, text: str) -> Places:
    """Where a surface stands in a text: every place, those that cut no word before all others.

    Without such a place, case apart; without that too, its words in their order, as a mention of several pieces.
    """
    for flags in (re.NOFLAG, re.IGNORECASE):
        if places := _places(mention, text, flags):
            return Places(tuple((span,) for span in places))
    words = mention.split()
    for flags in (re.NOFLAG, re.IGNORECASE):
        if len(words) > 1 and (places := _in_pieces(words, text, flags)):
            return places
    return Places()


def _places(wanted: str, text: str, flags: re.RegexFlag = re.NOFLAG) -> list[Span]:
    """Every place of a string; those that cut no word, if there are any."""
    found = list(_find(wanted, text, flags))
    return [span for span in found if not _cuts(span, text)] or found


def _find(wanted: str, text: str, flags: re.RegexFlag) -> Iterator[Span]:
    """Every place of a string, also those that overlap. Without regard to case character for character, so that the
    places are those of the text itself.
    """
    pattern = re.compile(re.escape(wanted), flags)
    match = pattern.search(text) if wanted else None
    while match:
        yield match.span()
        match = pattern.search(text, match.start() + 1)


def _cuts(span: Span, text: str) -> bool:
    """True where a span begins or ends in the middle of a word of letters with case or of digits."""
    return any(0 < edge < len(text) and _joined(text[edge - 1]) and _joined(text[edge]) for edge in span)


def _joined(char: str) -> bool:
    # scripts without case write without blanks between words, as Chinese does: there nothing can be said
    return char.isdigit() or char.lower() != char.upper()


def _in_pieces(words: list[str], text: str, flags: re.RegexFlag) -> Places | None:
    """Words that stand in the text in their order, none of which cuts another: as near to each other as they do."""
    found = [[span for span in _find(word, text, flags) if not _cuts(span, text)] for word in words]
    ways = [way for first in found[0] if (way := _from(first, found))]
    if not ways:
        return None
    nearest = min(ways, key=lambda way: way[-1][1] - way[0][0])
    # where the first way is also the last, which is the first from behind, there is no other
    behind = [_mirrored(spans) for spans in reversed(found)]
    return Places((nearest,), ways[0] != tuple(_mirrored(_from(behind[0][0], behind))))


def _mirrored(spans: Sequence[Span]) -> list[Span]:
    """Spans as they lie when a text is counted from behind."""
    return [(-end, -start) for start, end in reversed(spans)]


def _from(first: Span, found: list[list[Span]]) -> tuple[Span, ...]:
    """The first way to place words after the first of them, each behind the one before; empty where there is none."""
    way = [first]
    for spans in found[1:]:
        at = bisect_left(spans, (way[-1][1],))
        if at == len(spans):
            return ()
        way.append(spans[at])
    return tuple(way)


def _evidence(description: str | None, text: str) -> dict[str, Any]:
    """The places of a label's description, as a whole or, where it was joined by ` | `, in its parts."""
    if not description:
        return {}
    found = [_places(description, text)] if description.strip() else []
    if not all(found):
        parts = dict.fromkeys(part for part in description.split(" | ") if part.strip())
        found = [_places(part, text) for part in parts]
    said: dict[str, Any] = {"description": description}
    if found and all(found):
        said["evidence"] = [list(places[0]) for places in found]
        said |= {"ambiguous": True} if any(len(places) > 1 for places in found) else {}
    return said
