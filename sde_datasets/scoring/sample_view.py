"""What the page shows of single samples: values that gold has and that were read, and the text with its mentions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from sde_datasets.formats.answers import Defect
from sde_datasets.scoring.answer_figures import ReadValue, WorstSample
from sde_datasets.scoring.scores import Scores

T = TypeVar("T")
RIGHT, MISSED, WRONG = "right", "missed", "wrong"
# lines under a text: mentions that overlap more often share the last one
_MOST_LANES = 4


@dataclass(frozen=True)
class ValueRow:
    """A value of a sample, and how many equal ones there are.

    status: `right`, `missed` (only gold has it) or `wrong` (gold has another one, or none).
    """

    target: str
    gold: str | None
    read: str | None
    status: str
    times: int = 1


@dataclass(frozen=True)
class Line:
    """A line under a part of a text, which marks a mention. lane: 0 is next to the text."""

    status: str
    lane: int


@dataclass(frozen=True)
class Segment:
    """A part of a text within which no mention begins or ends.

    starts: the mentions that begin with it, as pairs of target and status. lines: of the mentions that cover it.
    """

    text: str
    starts: tuple[tuple[str, str], ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class SampleView:
    """A sample as the page shows it.

    anchor: the id of its element. segments: of its text, None where that is unknown. defects: names and offsets with
    the targets. targets: those with an error or a defect, by which samples are filtered. source: the stored sample.
    """

    anchor: str
    source: WorstSample
    values: tuple[ValueRow, ...]
    segments: tuple[Segment, ...] | None
    defects: tuple[tuple[str, int, tuple[str, ...]], ...]
    targets: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the defects, each once."""
        return tuple(dict.fromkeys(name for name, _, _ in self.defects))


@dataclass(frozen=True)
class SampleViews:
    """The samples with the most errors, those of the examples of defects, and the values of the filters."""

    worst: tuple[SampleView, ...]
    examples: tuple[SampleView, ...]

    @property
    def anchors(self) -> dict[str, str]:
        """The anchor of each sample by its id."""
        return {sample.source.id: sample.anchor for sample in (*self.worst, *self.examples)}

    @property
    def defects(self) -> dict[str, int]:
        """The names of defects, each with the number of samples that have it."""
        return _counts(name for sample in (*self.worst, *self.examples) for name in sample.names)

    @property
    def targets(self) -> dict[str, int]:
        """The targets with an error or a defect, each with the number of samples."""
        return _counts(target for sample in (*self.worst, *self.examples) for target in sample.targets)


def sample_views(scores: Scores) -> SampleViews:
    """Return the views of the samples that scores hold."""
    examples = scores.examples or ()
    views = [_view(f"sample-{number}", sample) for number, sample in enumerate((*scores.worst, *examples), 1)]
    return SampleViews(tuple(views[: len(scores.worst)]), tuple(views[len(scores.worst) :]))


def _view(anchor: str, sample: WorstSample) -> SampleView:
    counts = _counts(_row(value) for value in sample.values or ())
    values = tuple(replace(row, times=times) for row, times in counts.items())
    defects = tuple((name, at, tuple(targets)) for (name, at), targets in located(sample.defects).items())
    concerned = [row.target for row in values if row.status != RIGHT]
    concerned += [target for _, _, targets in defects for target in targets]
    segments = None if sample.text is None else tuple(_segments(sample.text, sample.values or ()))
    return SampleView(anchor, sample, values, segments, defects, tuple(dict.fromkeys(concerned)))


def _row(value: ReadValue) -> ValueRow:
    same = value.gold is not None and value.read is not None and value.gold.lower() == value.read.lower()
    status = RIGHT if same else MISSED if value.read is None else WRONG
    return ValueRow(value.target, value.gold, value.read, status)


def located(defects: Iterable[Defect]) -> dict[tuple[str, int], list[str]]:
    """Return the targets of defects by name and offset."""
    targets: dict[tuple[str, int], list[str]] = {}
    for defect in defects:
        named = targets.setdefault((defect.name, defect.at), [])
        named += [defect.target] if defect.target else []
    return targets


def _counts(names: Iterable[T]) -> dict[T, int]:
    counts: dict[T, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _segments(text: str, values: Sequence[ReadValue]) -> Iterator[Segment]:
    """Cut a text where a mention begins or ends; mentions beyond the end of a text that was shortened are left out."""
    marks = [
        (span, value.target, _row(value).status)
        for value in values
        for span in value.spans or ()
        if 0 <= span[0] < span[1] <= len(text)
    ]
    lanes = _lanes([span for span, _, _ in marks])
    edges = sorted({0, len(text), *(edge for (start, end), _, _ in marks for edge in (start, end))})
    for begin, stop in pairwise(edges):
        starts = [(-end, target, status) for (start, end), target, status in marks if start == begin]
        over = [
            Line(status, lane)
            for ((start, end), _, status), lane in zip(marks, lanes, strict=True)
            if start <= begin and stop <= end
        ]
        yield Segment(text[begin:stop], tuple((target, status) for _, target, status in sorted(starts)), tuple(over))


def _lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Give each span the first lane in which it overlaps no other; shorter ones are next to the text."""
    lanes = [0] * len(spans)
    taken: list[list[tuple[int, int]]] = [[] for _ in range(_MOST_LANES)]
    for number in sorted(range(len(spans)), key=lambda n: (spans[n][1] - spans[n][0], n)):
        start, end = spans[number]
        free = (n for n, others in enumerate(taken) if all(end <= a or b <= start for a, b in others))
        lanes[number] = next(free, _MOST_LANES - 1)
        taken[lanes[number]].append((start, end))
    return lanes
