"""Count label answers batch by batch, and compute the figures from the counts.

`add` takes the gold of a batch and the parsed answers that differ from the gold completion. It returns the counts of
each sample (see `sample_counts.py`) and the number of errors of each parsed answer. `figures` returns all figures.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from sde_datasets.formats import ParsedAnswer
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.batch_counts import BatchCounts
from sde_datasets.scoring.figures import PrecisionRecallF1
from sde_datasets.scoring.gold import label_codes
from sde_datasets.scoring.json_object import Ratio
from sde_datasets.scoring.label_figures import Agreement, LabelFigures, PairFigures, TargetAgreement
from sde_datasets.scoring.metrics import kappa, mean, precision_recall_f1, ratio


class LabelTally:
    """Confusion matrices by target: rows gold, columns answers, the placeholder last."""

    def __init__(self, schema: Schema, weights: tuple[tuple[float, ...], ...] | None = None) -> None:
        self._schema, self._weights = schema, weights
        self._classes = tuple(schema.number_of)
        count = len(self._classes)
        self._confusions = np.zeros((len(schema.targets), count, count), np.int64)
        self._samples = self._right = 0

    def add(self, gold: np.ndarray, parsed: dict[int, ParsedAnswer]) -> BatchCounts:
        """Count a batch of gold codes (samples x targets) and of parsed answers by sample; other answers equal gold.

        The counts of a sample are the bytes of its sorted cells (gold * classes + answer) as 32-bit integers.
        """
        count, targets = len(self._classes), len(self._schema.targets)
        answers = gold.copy()
        if parsed:
            values = [cast("dict[str, str]", answer.answer.values) for answer in parsed.values()]
            answers[list(parsed)] = label_codes(values, self._schema)
        cells = gold * count + answers
        by_target = cells + np.arange(targets) * count * count
        counts = np.bincount(by_target.ravel(), minlength=self._confusions.size)
        self._confusions += counts.reshape(self._confusions.shape)
        wrong = {row: int(np.count_nonzero(gold[row] != answers[row])) for row in parsed}
        self._samples += len(gold)
        self._right += len(gold) - sum(map(bool, wrong.values()))
        return BatchCounts([row.tobytes() for row in np.sort(cells.astype(np.int32), axis=1)], wrong)

    def figures(self) -> LabelFigures:
        """Return kappa, accuracy, precision, recall, F1 and confusions: pooled, by label, by target."""
        confusion = self._confusions.sum(0)
        return LabelFigures(
            weights=self._weights,
            classes=self._classes,
            pooled=Agreement(*self._agreement(confusion)),
            sample_accuracy=ratio(self._right, self._samples, "no samples"),
            by_label=self._by_label(confusion),
            by_target={
                target: TargetAgreement(int(counts[:-1].sum()), *self._agreement(counts), confusion=_rows(counts))
                for target, counts in zip(self._schema.targets, self._confusions, strict=True)
            },
            confusion=_rows(confusion),
            macro_classes=tuple(label for label, counts in self._by_label(confusion).items() if _occurs(counts)),
            pairs=self._pairs(confusion),
        )

    def _pairs(self, confusion: np.ndarray) -> PairFigures:
        """Detection, label given detection, and pairs; the last class, the placeholder, is no label."""
        both = confusion[:-1, :-1]
        gold, predicted, found, right = (
            int(part.sum()) for part in (confusion[:-1], confusion[:, :-1], both, np.diag(both))
        )
        labels = [
            precision_recall_f1(*counts)
            for counts in zip(both.sum(1).tolist(), both.sum(0).tolist(), np.diag(both).tolist(), strict=True)
        ]
        return PairFigures(
            detection=precision_recall_f1(gold, predicted, found),
            label=precision_recall_f1(found, found, right),
            label_macro_f1=mean((label.f1 for label in labels), "no target that both mention"),
            pairs=precision_recall_f1(gold, predicted, right),
        )

    def _agreement(self, confusion: np.ndarray) -> tuple[Ratio, Ratio, Ratio]:
        """Kappa, accuracy and macro F1."""
        accuracy = ratio(int(np.trace(confusion)), int(confusion.sum()), "no samples")
        macro_f1 = mean((label.f1 for label in self._by_label(confusion).values()), "")
        return kappa(confusion, self._weights), accuracy, macro_f1

    def _by_label(self, confusion: np.ndarray) -> dict[str, PrecisionRecallF1]:
        gold, predicted, tp = confusion.sum(1), confusion.sum(0), np.diag(confusion)
        counts = zip(self._classes, gold.tolist(), predicted.tolist(), tp.tolist(), strict=True)
        return {label: precision_recall_f1(*label_counts) for label, *label_counts in counts}


def _occurs(counts: PrecisionRecallF1) -> bool:
    return bool(counts.gold or counts.predicted)


def _rows(confusion: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, confusion.tolist()))
