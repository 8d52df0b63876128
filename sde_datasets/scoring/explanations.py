"""A sentence for each figure of a report: what it says, and what its extreme values mean."""

from __future__ import annotations

HEADLINE = {
    "kappa": "Agreement of answers with gold beyond chance: 1 is full agreement, 0 is what chance gives.",
    "accuracy": "Share of targets whose label is right; targets that neither side mentions count as right.",
    "sample_accuracy": "Share of samples in which every target is right.",
    "macro_f1": "Mean of the F1 of all labels, so that a rare label weighs as much as a frequent one.",
    "f1": "Harmonic mean of precision and recall over all mentions; target and string must be equal.",
    "precision": "Share of predicted mentions that gold has.",
    "recall": "Share of gold mentions that were predicted.",
    "soft_f1": "F1 where a string that contains a similar gold string, or is contained in it, also counts.",
    "format_error_rate": "Share of answers not in the form of the design; what can be read in them still counts.",
}
_COLUMNS = {
    "gold": "how often gold has the label, or mentions of gold",
    "predicted": "how often the answers have the label, or mentions of the answers",
    "precision": "share of what was predicted that is right",
    "recall": "share of gold that was found",
    "f1": "harmonic mean of precision and recall",
    "soft f1": "F1 where a string that contains a similar gold string, or is contained in it, also counts",
    "mentioned": "samples in which gold mentions the target",
    "kappa": "agreement beyond chance; 1 is full agreement, 0 is what chance gives",
    "accuracy": "share of samples in which the label of the target is right",
    "macro f1": "mean of the F1 of the labels, or of the targets",
    "hard recall": "share of gold mentions that were found with the same string",
    "soft recall": "share of gold mentions that were found with the same or a similar string",
    "samples": "samples in the group",
    "sample accuracy": "share of samples in which every target is right",
    "format error rate": "share of answers that are not in the form of the design",
    "correct": "predictions that have what the scheme asks of a gold mention (strict: place and target)",
    "incorrect": "predictions that overlap a gold mention without that",
    "partial": "predictions that overlap a gold mention, which count half",
    "missed": "gold mentions without a prediction",
    "spurious": "predictions without a gold mention",
    "times": "how often gold has the first target and the answer the second one",
}


def explained(columns: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the columns of a table that have an explanation, each with it."""
    return tuple((column, _COLUMNS[column.lower()]) for column in columns if column.lower() in _COLUMNS)
