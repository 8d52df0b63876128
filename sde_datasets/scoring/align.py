"""Locate the predicted mentions of an answer in its text, as extraction tools align strings with a text.

An answer has strings without offsets. A prediction whose string equals that of a gold mention is taken to mean that
mention, so that the figures measure the answer and not the choice between occurrences. Each other
prediction gets one occurrence, longer strings first, equal ones in the order of the answer. Occurrences that overlap no
mention located before take precedence; mentions of several targets may share an occurrence if no other is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sde_datasets.records.occurrences import find_occurrences
from sde_datasets.records.record import Span
from sde_datasets.records.words import cuts_word
from sde_datasets.scoring.matching import Pair

Spans = tuple[Span, ...]


class GoldPlaces(NamedTuple):
    """The surfaces of gold mentions and the spans of each."""

    surfaces: Sequence[str] = ()
    spans: Sequence[Spans] = ()


NO_GOLD = GoldPlaces()


def align(
    mentions: Sequence[Pair],
    text: str,
    gold: GoldPlaces = NO_GOLD,
    taken: Iterable[tuple[int, Spans]] = (),
    form: Callable[[str], str] = str.lower,
    marked: Sequence[Spans | None] | None = None,
) -> list[Spans | None]:
    """Return where mentions, pairs of target and surface, are in a text; None for one that the text does not have.

    gold: the gold mentions of which a mention takes the place if the forms of their surfaces are equal. taken: targets
    and spans of the mentions located before. marked: where the answer itself marks each mention, None for nowhere.
    """
    places: list[Spans | None] = list(marked) if marked else [None] * len(mentions)
    if gold.surfaces:
        _take_gold(places, mentions, gold, form)
    left = [number for number, place in enumerate(places) if place is None]
    if len(left) > 1:
        left.sort(key=lambda number: -len(mentions[number][1]))
    lower, found = text.lower(), dict[str, list[Spans]]()
    used: _Used | None = None
    for number in left:
        target, surface = mentions[number]
        if surface not in found:
            found[surface] = _occurrences(surface, text, lower)
        if found[surface]:
            if used is None:
                placed = ((target, place) for (target, _), place in zip(mentions, places, strict=True) if place)
                used = _Used([*taken, *placed])
            places[number] = used.take(target, found[surface])
    return places


def _take_gold(
    places: list[Spans | None], mentions: Sequence[Pair], gold: GoldPlaces, form: Callable[[str], str]
) -> None:
    """Give mentions without a place those of gold mentions with an equal surface, each to one mention."""
    of_gold: dict[str, list[Spans]] = {}
    for surface, spans in zip(*gold, strict=True):
        of_gold.setdefault(form(surface), []).append(spans)
    for number, (_, surface) in enumerate(mentions):
        if places[number] is None and (own := of_gold.get(form(surface))):
            places[number] = own.pop(0)


class _Used:
    """The places that mentions have taken so far, and their targets."""

    def __init__(self, taken: Iterable[tuple[int, Spans]]) -> None:
        self._mentions = set(taken)
        self._spans = {spans for _, spans in self._mentions}

    def take(self, target: int, occurrences: list[Spans]) -> Spans | None:
        """Take the best of the occurrences that are left for a mention of a target; None where none is left."""
        free = [spans for spans in occurrences if spans not in self._spans]
        best = next((spans for spans in free if len(free) == 1 or self._is_apart(spans)), None)
        if best is None:
            shared = (spans for spans in occurrences if (target, spans) not in self._mentions)
            best = free[0] if free else next(shared, None)
        if best is not None:
            self._mentions.add((target, best))
            self._spans.add(best)
        return best

    def _is_apart(self, spans: Spans) -> bool:
        return not any(overlaps(spans, other) for other in self._spans)


def overlaps(one: Spans, other: Spans) -> bool:
    """Return whether two mentions share a character."""
    if one[0][0] >= other[-1][1] or other[0][0] >= one[-1][1]:
        return False
    return any(start < end2 and start2 < end for start, end in one for start2, end2 in other)


def _occurrences(surface: str, text: str, lower: str) -> list[Spans]:
    """All occurrences of a surface: as written, otherwise in any case, otherwise as words in order.

    lower: the text in lower case. Most surfaces that the text does not have are found out without a search for words.
    """
    spans = _find(surface, text)
    if not spans and len(lower) == len(text):
        spans = _find(surface.lower(), lower)
        words = surface.lower().split()
        if not spans and (len(words) < 2 or not all(word in lower for word in words)):
            return []
    if not spans:
        return list(find_occurrences(surface, text).spans)
    whole = [span for span in spans if not cuts_word(text, *span)] if len(spans) > 1 else spans
    return [(span,) for span in whole or spans]


def _find(surface: str, text: str) -> list[Span]:
    spans: list[Span] = []
    start = text.find(surface) if surface else -1
    while start >= 0:
        spans.append((start, start + len(surface)))
        start = text.find(surface, start + 1)
    return spans
