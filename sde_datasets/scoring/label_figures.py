"""The figures of a label task as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field

from sde_datasets.scoring.figures import PrecisionRecallF1
from sde_datasets.scoring.json_object import JsonObject, Ratio


@dataclass(frozen=True)
class Agreement(JsonObject):
    """The agreement of answers with gold over all targets of a label task."""

    kappa: Ratio
    accuracy: Ratio
    macro_f1: Ratio


@dataclass(frozen=True)
class TargetAgreement(JsonObject):
    """The agreement of answers with gold for one target. mentioned: samples in which gold mentions it.

    confusion: counts, rows gold, columns answers.
    """

    mentioned: int
    kappa: Ratio
    accuracy: Ratio
    macro_f1: Ratio
    confusion: tuple[tuple[int, ...], ...]


def _written_weights(weights: tuple[tuple[float, ...], ...] | None) -> list[list[float]] | None:
    """Weights for JSON, integral ones as integers."""
    if weights is None:
        return None
    return [[int(weight) if weight == int(weight) else weight for weight in row] for row in weights]


@dataclass(frozen=True)
class PairFigures(JsonObject):
    """A label task as detection of targets and as pairs, pooled over all targets of all samples.

    detection: targets that are mentioned, whatever their label. label: the label of targets that gold and answer both
    mention, so that precision, recall and F1 are equal; label_macro_f1: the mean over the labels of these. pairs: pairs
    of target and label (aspect category sentiment analysis, ACSA); a target that is not mentioned is no pair.
    """

    detection: PrecisionRecallF1
    label: PrecisionRecallF1
    label_macro_f1: Ratio
    pairs: PrecisionRecallF1


@dataclass(frozen=True)
class LabelFigures(JsonObject):
    """The figures of a label task. Scores of earlier versions lack the optional parts.

    weights: the matrix of weighted kappa, None for Cohen's kappa. classes: the labels, the placeholder last.
    confusion: counts over all targets, rows gold, columns answers, in the order of `classes`. macro_classes: those that
    occur in gold or answers, over which the pooled macro F1 is the mean.
    """

    weights: tuple[tuple[float, ...], ...] | None = field(metadata={"write": _written_weights})
    classes: tuple[str, ...]
    pooled: Agreement
    sample_accuracy: Ratio
    by_label: dict[str, PrecisionRecallF1]
    by_target: dict[str, TargetAgreement]
    confusion: tuple[tuple[int, ...], ...]
    macro_classes: tuple[str, ...] | None = field(default=None, metadata={"optional": True})
    pairs: PairFigures | None = field(default=None, metadata={"optional": True})
