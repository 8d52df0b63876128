"""What was scored, as dataclasses: the files of predictions and gold, and the rows that were not scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sde_datasets.dataset.split import SplitIdentity
from sde_datasets.scoring.json_object import JsonObject


@dataclass(frozen=True)
class PredictionFile(JsonObject):
    """A file of predictions. provenance: how `predict` made it, None where that is unknown."""

    name: str
    size: int = field(metadata={"key": "bytes"})
    sha256: str
    provenance: dict[str, Any] | None = field(default=None, metadata={"key": "made", "optional": True})


def _written_split(split: SplitIdentity | None) -> dict[str, Any] | None:
    return None if split is None else split.to_dict()


def _read_split(entries: dict[str, Any] | None) -> SplitIdentity | None:
    return None if entries is None else SplitIdentity(**entries)


@dataclass(frozen=True)
class Inputs(JsonObject):
    """Where predictions and gold come from; None for data from Python, and for gold in the file of predictions."""

    predictions: PredictionFile | None = None
    gold: SplitIdentity | None = field(default=None, metadata={"write": _written_split, "read": _read_split})


@dataclass(frozen=True)
class RejectedRow(JsonObject):
    """A row that was not scored: its file and line, and the reason."""

    location: str = field(metadata={"key": "place"})
    reason: str
