"""What the page shows of single samples: values that gold has and that were read, and the text with its mentions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from sde_datasets.formats.answers import Defect
from sde_datasets.scoring.answer_figures import ReadValue, WorstSample
from sde_datasets.scoring.marked_text import Mark, Segment, segments
from sde_datasets.scoring.scores import Scores

T = TypeVar("T")
RIGHT, MISSED, WRONG = "right", "missed", "wrong"


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
    cut = None if sample.text is None else tuple(segments(sample.text, list(_marks(sample.values or ()))))
    return SampleView(anchor, sample, values, cut, defects, tuple(dict.fromkeys(concerned)))


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


def _marks(values: Iterable[ReadValue]) -> Iterator[Mark]:
    for value in values:
        yield from (Mark(span, value.target, _row(value).status) for span in value.spans or ())
