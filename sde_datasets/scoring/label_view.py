"""What reports show of the figures of a label task."""

from __future__ import annotations

from sde_datasets.scoring.label_figures import LabelFigures, PairFigures
from sde_datasets.scoring.view_tables import (
    PRECISION_RECALL_F1,
    ConfusionTable,
    FigureTable,
    Section,
    figure_table,
    listed,
    percent_or_number,
)

_COUNTS = ("gold", "predicted", *PRECISION_RECALL_F1)


def label_sections(figures: LabelFigures) -> tuple[Section, ...]:
    """Return the sections of a label task: labels, pairs, targets."""
    kappa = "weighted kappa" if figures.weights else "Cohen's kappa"
    names = ("mentioned", "kappa", "accuracy", "macro_f1")
    confusion = ConfusionTable("Confusion", figures.classes, figures.confusion)
    pairs = [] if figures.pairs is None else [_pair_table(figures.pairs)]
    return (
        Section(
            "Labels",
            (confusion, figure_table("By label", "label", {**figures.by_label}, _COUNTS, "f1"), *pairs),
            sentences=_sentences(figures),
        ),
        Section(
            "Targets",
            (figure_table(f"By target ({kappa})", "target", {**figures.by_target}, names, "kappa", "mentioned"),),
            by_target=tuple(
                ConfusionTable(target, figures.classes, agreement.confusion)
                for target, agreement in figures.by_target.items()
            ),
        ),
    )


def _pair_table(pairs: PairFigures) -> FigureTable:
    rows = {
        "target mentioned or not": pairs.detection,
        "label, where both mention the target": pairs.label,
        "pairs of target and label": pairs.pairs,
    }
    return figure_table("Detection and pairs", "what is compared", {**rows}, _COUNTS, "f1")


def _sentences(figures: LabelFigures) -> tuple[str, ...]:
    sentences = []
    if figures.macro_classes:
        count = len(figures.macro_classes)
        over = f"{count} of {len(figures.classes)} classes, those in gold or answers: {listed(figures.macro_classes)}"
        sentences.append(f"Macro F1 is the mean over {over}.")
    if figures.pairs and figures.pairs.label_macro_f1.value is not None:
        value = percent_or_number("f1", figures.pairs.label_macro_f1.value)
        sentences.append(f"Macro F1 of the label where both mention the target: {value}.")
    return tuple(sentences)
