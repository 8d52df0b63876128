"""Align a copy of a text that differs from it: which words are the same, and how many differ.

Words that occur once in both are anchors (patience diff); between two anchors, short stretches are compared word by
word. The time is linear in the number of words, except for the sort of the anchors.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from cydifflib import SequenceMatcher

from sde_datasets.records.record import Span

# a Chinese, Japanese or Korean character is a word, and so is a mark
_WORD = re.compile(r"[\u2e80-\U0010ffff]|[^\W_\u2e80-\U0010ffff]+|[^\w\s]|_")
# the most comparisons of words between two anchors
_MOST_COMPARISONS = 40_000

# the most characters between the place of a mark in the copy and in the text
_WINDOW = 20_000

Block = tuple[int, int, int]


def copy_offset(copy: str, text: str) -> int | None:
    """The offset in `text` at which `copy` begins, where they differ only in blanks at the edges; otherwise None."""
    offset = _edge(text) - _edge(copy)
    if offset < 0 or not text.startswith(copy, offset) or text[offset + len(copy) :].strip():
        return None
    return offset


def _edge(text: str) -> int:
    return len(text) - len(text.lstrip())


class Alignment:
    """A copy aligned with its text. Blanks are not compared, and words that differ in case are aligned."""

    def __init__(self, copy: str, text: str) -> None:
        self._copy, self._text = copy, text
        self._copied, self._words = [m.span() for m in _WORD.finditer(copy)], [m.span() for m in _WORD.finditer(text)]
        mine = [copy[start:end].casefold() for start, end in self._copied]
        other = [text[start:end].casefold() for start, end in self._words]
        self._blocks = [*_blocks(mine, other), (len(mine), len(other), 0)]
        self._matched = {a + n: b + n for a, b, size in self._blocks for n in range(size)}

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self._copied]

    def share(self, marks: Sequence[Span]) -> float:
        """The share of words that are changed, dropped or added. A word added inside one of `marks` does not count."""
        inside = self._inside(marks)
        changed = position = place = 0
        for a, b, size in self._blocks:
            added = sum(not inside[n] for n in range(position, a))
            changed += max(b - place, added) if added or a == position else 0
            changed += sum(self._is_changed(a + n, b + n) for n in range(size))
            position, place = a + size, b + size
        return min(changed / max(len(self._words), len(self._copied), 1), 1.0)

    def _inside(self, marks: Sequence[Span]) -> list[bool]:
        """For each word of the copy, whether it is inside a mark."""
        depth = [0] * (len(self._copied) + 1)
        for start, end in marks:
            depth[bisect_left(self._starts, start)] += 1
            depth[bisect_left(self._starts, end)] -= 1
        level, inside = 0, []
        for change in depth[:-1]:
            level += change
            inside.append(level > 0)
        return inside

    def _is_changed(self, copied: int, word: int) -> bool:
        (start, end), (first, last) = self._copied[copied], self._words[word]
        return self._copy[start:end] != self._text[first:last]

    def span(self, start: int, end: int) -> Span | None:
        """The span of the text that has the words of a span of the copy; None where not all of them are there."""
        first, last = bisect_left(self._starts, start + 1) - 1, bisect_left(self._starts, end) - 1
        if first >= 0 and self._copied[first][1] <= start:
            first += 1
        if first > last or last < 0:
            return None
        places = self._matched.get(first), self._matched.get(last)
        if places[0] is None or places[1] is None or places[1] - places[0] != last - first:
            return None
        begin = self._words[places[0]][0] + max(start - self._copied[first][0], 0)
        return begin, self._words[places[1]][1] - max(self._copied[last][1] - end, 0)

    def nearest(self, surface: str, start: int) -> Span | None:
        """The occurrence of a surface in the text that is nearest to the place of the offset `start` of the copy."""
        number = bisect_left(self._starts, start)
        before = next((self._matched[n] for n in range(number, max(number - 50, -1), -1) if n in self._matched), None)
        place = self._words[before][0] if before is not None else 0
        left = self._text.rfind(surface, max(place - _WINDOW, 0), place + len(surface))
        right = self._text.find(surface, place, place + _WINDOW + len(surface))
        found = [at for at in (left, right) if at >= 0]
        at = min(found, key=lambda at: abs(at - place)) if found else None
        return None if at is None else (at, at + len(surface))


def _blocks(mine: list[str], other: list[str]) -> Iterator[Block]:
    """The stretches of equal words in both lists: the index in each, and the length. Stretches do not cross."""
    begin, ends = 0, (len(mine), len(other))
    while begin < min(ends) and mine[begin] == other[begin]:
        begin += 1
    same = 0
    while same < min(ends) - begin and mine[-1 - same] == other[-1 - same]:
        same += 1
    stop, last = ends[0] - same, ends[1] - same
    if begin:
        yield 0, 0, begin
    place = begin
    for a, b in [*_anchors(mine, other, (begin, stop), (place, last)), (stop, last)]:
        yield from _between(mine, other, (begin, a), (place, b))
        if a < stop:
            yield a, b, 1
        begin, place = a + 1, b + 1
    if same:
        yield stop, last, same


def _anchors(mine: list[str], other: list[str], first: Span, second: Span) -> list[tuple[int, int]]:
    """The longest chain of words that occur once in both stretches, as pairs of indices, of which none cross."""
    here, there = Counter(mine[slice(*first)]), Counter(other[slice(*second)])
    places = {other[n]: n for n in range(*second) if there[other[n]] == 1}
    pairs = [(n, places[mine[n]]) for n in range(*first) if here[mine[n]] == 1 and mine[n] in places]
    tails: list[int] = []
    chain: list[int] = []
    before: list[int | None] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(tails, place)
        before.append(chain[at - 1] if at else None)
        tails[at : at + 1], chain[at : at + 1] = [place], [number]
    found, link = [], chain[-1] if chain else None
    while link is not None:
        found.append(pairs[link])
        link = before[link]
    return found[::-1]


def _between(mine: list[str], other: list[str], first: Span, second: Span) -> Iterator[Block]:
    """The equal stretches between two anchors; none where there are too many words to compare."""
    size = (first[1] - first[0]) * (second[1] - second[0])
    if 0 < size <= _MOST_COMPARISONS:
        matcher = SequenceMatcher(None, mine[slice(*first)], other[slice(*second)], autojunk=False)
        for a, b, length in matcher.get_matching_blocks():
            if length:
                yield first[0] + a, second[0] + b, length
