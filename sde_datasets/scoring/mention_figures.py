"""The figures of a mention task as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from sde_datasets.scoring.figures import MacroAverage, PrecisionRecallF1
from sde_datasets.scoring.json_object import UNDEFINED, JsonObject, Ratio
from sde_datasets.scoring.span_figures import SpanFigures


@dataclass(frozen=True)
class MentionMatches(JsonObject):
    """Precision, recall and F1 under hard and under soft matching."""

    hard: PrecisionRecallF1
    soft: PrecisionRecallF1


@dataclass(frozen=True)
class MacroTargets(JsonObject):
    """The targets over which macro averages run: with predictions, with gold, and with either (F1)."""

    precision: tuple[str, ...]
    recall: tuple[str, ...]
    f1: tuple[str, ...]


@dataclass(frozen=True)
class MacroAverages(JsonObject):
    """Macro averages under hard and under soft matching, and the targets over which they run."""

    hard: MacroAverage
    soft: MacroAverage
    targets: MacroTargets | None = field(default=None, metadata={"optional": True})


@dataclass(frozen=True)
class Recall(JsonObject):
    """How many gold mentions of one group were found, under hard and soft matching."""

    gold: int
    hard: int
    soft: int
    hard_recall: Ratio
    soft_recall: Ratio


@dataclass(frozen=True)
class NestedRecall(JsonObject):
    """Recall of gold mentions inside another mention, of those that hold another one, and of all others (flat).

    All are None, with the reason, where the offsets of gold are unknown.
    """

    inside: Recall | None = None
    holding: Recall | None = None
    flat: Recall | None = None
    reason: str = ""

    def groups(self) -> dict[str, Recall]:
        """Return the groups by name; empty where the offsets of gold are unknown."""
        groups = {"inside": self.inside, "holding": self.holding, "flat": self.flat}
        return {name: recall for name, recall in groups.items() if recall is not None}

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        if self.reason:
            return {UNDEFINED: {"nested": self.reason}}
        return {name: recall.to_json() for name, recall in self.groups().items()}

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> Self:
        """Build the object from what `to_json` returned."""
        if UNDEFINED in entries:
            return cls(reason=entries[UNDEFINED]["nested"])
        inside, holding, flat = (Recall.from_json(entries[name]) for name in ("inside", "holding", "flat"))
        return cls(inside, holding, flat)


@dataclass(frozen=True)
class RecallByLength(JsonObject):
    """Recall by the length of the gold mention. unit: `words`, or `characters` for Chinese."""

    unit: str
    lengths: dict[str, Recall]


@dataclass(frozen=True)
class NotInText(JsonObject):
    """Predicted mentions that do not occur in the text of their sample."""

    strings: Ratio
    predicted: int
    share: Ratio


@dataclass(frozen=True)
class UnknownTargets(JsonObject):
    """Predicted mentions of targets outside the schema. The micro averages count them as predicted and wrong.

    samples: how many samples have one. share: of all predicted mentions. targets: the most frequent names.
    """

    mentions: int
    samples: int
    share: Ratio
    targets: dict[str, int]


@dataclass(frozen=True)
class TypeConfusion(JsonObject):
    """Gold mentions by the type under which their string is predicted (hard matching).

    counts: rows gold, columns answers, in the order of `classes`: the targets, and last "no mention", which is the
    column of missed and the row of spurious mentions. A mention predicted under a target outside the schema is missed.
    wrong_type, missed, spurious: sums of the matrix.
    """

    wrong_type: int
    missed: int
    spurious: int
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class NormalisedMisses(JsonObject):
    """Gold mentions without a hard match, and how many of them match after NFKC, without blanks and hyphens.

    counted: the scoring counts these as hits (`--normalise`); `misses` are those without it in any case.
    """

    misses: int
    vanish: int
    share: Ratio
    counted: bool


@dataclass(frozen=True)
class MentionFigures(JsonObject):
    """The figures of a mention task. Scores of earlier versions lack the optional parts.

    spans: where texts and the offsets of gold are known.
    """

    micro: MentionMatches
    macro: MacroAverages
    sample_accuracy: Ratio
    by_target: dict[str, MentionMatches]
    nested: NestedRecall
    by_length: RecallByLength
    not_in_text: NotInText
    unknown_targets: UnknownTargets | None = field(default=None, metadata={"optional": True})
    types: TypeConfusion | None = field(default=None, metadata={"optional": True})
    normalised: NormalisedMisses | None = field(default=None, metadata={"optional": True})
    spans: SpanFigures | None = field(default=None, metadata={"optional": True})
