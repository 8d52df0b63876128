"""Figures that several parts of the scores have: a figure with its interval, and precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from sde_datasets.scoring.json_object import UNDEFINED, JsonObject, Ratio


@dataclass(frozen=True)
class Figure(JsonObject):
    """A headline figure with its 95 % interval. value: None where the figure is undefined, for the `reason`.

    low, high: None where the value is undefined or no resamples were drawn.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        entries: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high}
        return entries | ({UNDEFINED: {"value": self.reason}} if self.reason else {})

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> Self:
        """Build the figure from what `to_json` returned."""
        reason = entries.get(UNDEFINED, {}).get("value", "")
        return cls(entries["value"], entries["low"], entries["high"], reason)


@dataclass(frozen=True)
class PrecisionRecallF1(JsonObject):
    """Counts of gold, predictions and true positives, and the figures that follow from them."""

    gold: int
    predicted: int
    tp: int
    precision: Ratio
    recall: Ratio
    f1: Ratio


@dataclass(frozen=True)
class MacroAverage(JsonObject):
    """Means over the targets for which a figure is defined."""

    precision: Ratio
    recall: Ratio
    f1: Ratio
