"""The figures of located mentions, as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass

from sde_datasets.scoring.figures import MacroAverage, PrecisionRecallF1
from sde_datasets.scoring.json_object import JsonObject, Ratio


@dataclass(frozen=True)
class SpanScheme(JsonObject):
    """The figures of one scheme of SemEval-2013 (see `span_metrics.py`).

    precision = (correct + partial / 2) / predictions, recall = (correct + partial / 2) / gold.
    """

    correct: int
    incorrect: int
    partial: int
    missed: int
    spurious: int
    precision: Ratio
    recall: Ratio
    f1: Ratio


@dataclass(frozen=True)
class Identification(JsonObject):
    """Mentions found with their spans: micro averages and means over the targets."""

    micro: PrecisionRecallF1
    macro: MacroAverage


@dataclass(frozen=True)
class SpanFigures(JsonObject):
    """Predicted mentions, located in their texts, against the offsets of gold.

    strict, exact, partial, type: the schemes. identification: the spans are right, whatever the target (trigger
    identification of events); recall of a target is over its gold, precision over its predictions. classification:
    spans and target are right (trigger classification); by_target has it for each target. not_located: predictions that
    the text does not have, which are spurious.
    """

    strict: SpanScheme
    exact: SpanScheme
    partial: SpanScheme
    type: SpanScheme
    identification: Identification
    classification: Identification
    by_target: dict[str, PrecisionRecallF1]
    not_located: int
