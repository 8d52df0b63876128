"""The counts of one sample as named tuples, and their form in the rows of scores.json."""

from __future__ import annotations

from typing import Any, NamedTuple, Self


class AnswerFlags(NamedTuple):
    """Whether an answer has a format error, is unusable, was cut off, and repeats itself at its end."""

    error: bool = False
    unusable: bool = False
    cut_off: bool = False
    runaway: bool = False


NO_FLAGS = AnswerFlags()


class CellCount(NamedTuple):
    """How many targets of a sample have a gold label and an answered label, both as numbers of classes."""

    gold: int
    answer: int
    targets: int


class MentionCounts(NamedTuple):
    """Mentions of a sample: in gold, predicted, and gold mentions found under hard and soft matching."""

    gold: int
    predicted: int
    hard: int
    soft: int


class SampleCounts(NamedTuple):
    """The counts of a sample of a label task (cells of the confusion matrix) or of a mention task, and its flags."""

    counts: tuple[CellCount, ...] | MentionCounts
    flags: AnswerFlags = AnswerFlags()

    @property
    def is_right(self) -> bool:
        """True where the answer says just what gold says."""
        if isinstance(self.counts, MentionCounts):
            return self.counts.gold == self.counts.predicted == self.counts.hard
        return all(cell.gold == cell.answer for cell in self.counts)

    def to_json(self) -> dict[str, Any]:
        """Return the counts as a row of scores.json has them; flags that are not set are left out."""
        flags = {name: 1 for name, is_set in self.flags._asdict().items() if is_set}
        if isinstance(self.counts, MentionCounts):
            return self.counts._asdict() | flags
        return {"cells": [list(cell) for cell in self.counts]} | flags

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """Build the counts from a row of scores.json."""
        flags = AnswerFlags(*(bool(row.get(name)) for name in AnswerFlags._fields))
        if "cells" in row:
            return cls(tuple(CellCount(*cell) for cell in row["cells"]), flags)
        return cls(MentionCounts(*(row[name] for name in MentionCounts._fields)), flags)


class SampleScore(NamedTuple):
    """The id of a sample, its counts, the hash of its gold (empty if unknown) and its document (None if unknown)."""

    id: str
    counts: SampleCounts
    gold_hash: str = ""
    document: str | None = None

    def key(self) -> dict[str, str]:
        """Return what the row of scores.json holds besides the counts."""
        parts = {"id": self.id, "gold_hash": self.gold_hash, "document": self.document}
        return {name: value for name, value in parts.items() if value}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        """Build the score of a sample from a row of scores.json."""
        return cls(row["id"], SampleCounts.from_json(row), row.get("gold_hash", ""), row.get("document"))
