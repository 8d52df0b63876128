"""What the scores tell about answers whatever their values are: format errors, defects and the worst samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sde_datasets.formats.answers import Defect
from sde_datasets.scoring.json_object import JsonObject, Ratio


@dataclass(frozen=True)
class FormatErrors(JsonObject):
    """Answers with a format error, those from which nothing could be read, those cut off, and those that repeat.

    runaway: answers that end with many copies of the same text.
    """

    errors: int
    unusable: int
    cut_off: int
    runaway: int
    error_rate: Ratio
    unusable_rate: Ratio
    cut_off_rate: Ratio
    runaway_rate: Ratio


@dataclass(frozen=True)
class DefectExample(JsonObject):
    """A defect of one answer: its offset and target, and the text before and after the offset."""

    id: str
    at: int
    target: str | None
    before: str
    after: str


@dataclass(frozen=True)
class DefectCount(JsonObject):
    """How often a kind of defect occurred. error: it is a format error, not a note. targets: times by target."""

    error: bool
    samples: int
    times: int
    targets: dict[str, int]
    examples: tuple[DefectExample, ...]


@dataclass(frozen=True)
class ReadValue(JsonObject):
    """What gold has and what was read for a target: a label, or one mention; None where it has none.

    A mention that gold and answer have is one value. spans: where a mention is in the text; None where that is unknown.
    """

    target: str
    gold: str | None
    read: str | None
    spans: tuple[tuple[int, int], ...] | None = field(default=None, metadata={"optional": True})


@dataclass(frozen=True)
class WorstSample(JsonObject):
    """A sample with many errors, or the sample of an example of a defect.

    wrong: the number of errors. further: other keys of its row, None for none. values: what gold has and what was read.
    """

    id: str
    wrong: int
    text: str | None
    gold: str
    answer: str
    defects: tuple[Defect, ...]
    further: dict[str, Any] | None = field(default=None, metadata={"optional": True})
    values: tuple[ReadValue, ...] | None = field(default=None, metadata={"optional": True})
