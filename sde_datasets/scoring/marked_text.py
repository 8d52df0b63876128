"""A text with marks in place: cut where a mark begins or ends, each mark in a lane of its own under the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sde_datasets.records.record import Span

# lines under a text: marks that overlap more often share the last one
_MOST_LANES = 4


class Mark(NamedTuple):
    """A marked part of a text. target: its tag. status: the name of its style."""

    span: Span
    target: str
    status: str


@dataclass(frozen=True)
class Line:
    """A line under a part of a text, which shows a mark. lane: 0 is next to the text."""

    status: str
    lane: int


@dataclass(frozen=True)
class Segment:
    """A part of a text within which no mark begins or ends.

    starts: the marks that begin with it, as pairs of target and status. lines: of the marks that cover it.
    """

    text: str
    starts: tuple[tuple[str, str], ...] = ()
    lines: tuple[Line, ...] = ()


def segments(text: str, marks: Sequence[Mark]) -> Iterator[Segment]:
    """Cut a text where a mark begins or ends; marks beyond the end of a text that was shortened are left out."""
    marks = [mark for mark in marks if 0 <= mark.span[0] < mark.span[1] <= len(text)]
    lanes = _lanes([mark.span for mark in marks])
    edges = sorted({0, len(text), *(edge for mark in marks for edge in mark.span)})
    for begin, stop in pairwise(edges):
        starts = sorted((-mark.span[1], mark.target, mark.status) for mark in marks if mark.span[0] == begin)
        over = [
            Line(mark.status, lane)
            for mark, lane in zip(marks, lanes, strict=True)
            if mark.span[0] <= begin and stop <= mark.span[1]
        ]
        yield Segment(text[begin:stop], tuple((target, status) for _, target, status in starts), tuple(over))


def _lanes(spans: Sequence[Span]) -> list[int]:
    """Give each span the first lane in which it overlaps no other; shorter ones are next to the text."""
    lanes = [0] * len(spans)
    taken: list[list[Span]] = [[] for _ in range(_MOST_LANES)]
    for number in sorted(range(len(spans)), key=lambda n: (spans[n][1] - spans[n][0], n)):
        start, end = spans[number]
        free = (n for n, others in enumerate(taken) if all(end <= a or b <= start for a, b in others))
        lanes[number] = next(free, _MOST_LANES - 1)
        taken[lanes[number]].append((start, end))
    return lanes
