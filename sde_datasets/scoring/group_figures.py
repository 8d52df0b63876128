"""Headline figures of groups of samples, as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass

from sde_datasets.scoring.json_object import JsonObject


@dataclass(frozen=True)
class GroupFigures(JsonObject):
    """The headline figures of the samples of one group, without intervals; None where a figure is undefined."""

    samples: int
    figures: dict[str, float | None]


@dataclass(frozen=True)
class Grouping(JsonObject):
    """Samples grouped by one property or column: figures by group.

    other: samples of groups that are left out, since only the largest are kept.
    """

    groups: dict[str, GroupFigures]
    other: int = 0
