"""The small row of each sample, from which headline figures, intervals and comparisons are made.

A row is what was counted in a sample and how its answer was read:
    label tasks    ((cell, count), ...)              cell: gold label * classes + answered label
    mention tasks  (gold, predicted, hard, soft)     mentions, and how many were found
Equal rows are kept once, since a bootstrap by sample only needs to know how often each occurs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from sde_datasets.score.kappa import kappas

HEADLINES = {
    "label": ("kappa", "accuracy", "sample_accuracy", "macro_f1", "format_error_rate"),
    "mention": ("f1", "precision", "recall", "soft_f1", "sample_accuracy", "format_error_rate"),
}
COUNTS = ("gold", "predicted", "hard", "soft")
FLAGS = ("error", "unusable", "cut_off")


class Row(NamedTuple):
    """What was counted in one sample, and its flags: a format error, nothing usable, cut off."""

    counts: tuple
    flags: tuple[bool, bool, bool] = (False, False, False)


class Rows:
    """The rows of all samples in order: an id and a number each, and each different row once."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.numbers = array("I")
        self._number_of: dict[Any, int] = {}

    def add(self, ids: Sequence[str], rows: Iterable[Any]) -> None:
        """Keep one row for each id. Equal rows are recognised by equal objects, of whatever form."""
        number_of = self._number_of
        self.ids.extend(ids)
        self.numbers.extend([number_of.setdefault(row, len(number_of)) for row in rows])

    def distinct(self) -> list[Any]:
        """The different rows, in the order in which they were met."""
        return list(self._number_of)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return zip(self.ids, self.numbers, strict=True)


@dataclass(frozen=True)
class Table:
    """Different rows as an array of counts (rows x columns), and what the columns are.

    Columns: 1 for the sample, 1 for all right, 1 for a format error; then gold, predicted, hard, soft of a mention
    task, or of a label task the `cells` of its confusion matrix that occur.
    """

    kind: str
    counts: np.ndarray
    cells: np.ndarray
    classes: int
    weights: Any = None

    @classmethod
    def of(
        cls, kind: str, rows: Sequence[Row], classes: int = 0, weights: Any = None, cells: Sequence[int] = ()
    ) -> Table:
        """The table of some rows. Label tasks have `classes`, `weights`, and `cells` beside those met."""
        flags = np.array([(True, _right(kind, row.counts, classes), row.flags[0]) for row in rows], float)
        flags = flags.reshape(len(rows), 3)
        if kind == "mention":
            counts = np.array([row.counts for row in rows], float).reshape(len(rows), 4)
        else:
            cells = sorted({cell for row in rows for cell, _ in row.counts}.union(cells))
            column = {cell: i for i, cell in enumerate(cells)}
            counts = np.zeros((len(rows), len(cells)))
            for line, row in zip(counts, rows, strict=True):
                for cell, count in row.counts:
                    line[column[cell]] = count
        return cls(kind, np.concatenate((flags, counts), 1), np.array(cells, int), classes, weights)

    def headline(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        """The headline figures of each of several sums of rows (n x columns); NaN where one is undefined."""
        samples, right, errors = sums[:, 0], sums[:, 1], sums[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            of = self._label_figures if self.kind == "label" else self._mention_figures
            figures = of(sums[:, 3:])
            figures |= {"sample_accuracy": right / samples, "format_error_rate": errors / samples}
        return {name: figures[name] for name in HEADLINES[self.kind]}

    def _mention_figures(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        gold, predicted, hard, soft = sums.T
        both = gold + predicted
        return {"f1": 2 * hard / both, "precision": hard / predicted, "recall": hard / gold, "soft_f1": 2 * soft / both}

    def _label_figures(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        cells = np.zeros((len(sums), self.classes**2))
        cells[:, self.cells] = sums
        confusions = cells.reshape(-1, self.classes, self.classes)
        tp, both = np.einsum("nii->ni", confusions), confusions.sum(1) + confusions.sum(2)
        f1 = np.where(both > 0, 2 * tp / both, 0).sum(1) / (both > 0).sum(1)
        kappa = kappas(confusions, self.weights)
        return {"kappa": kappa, "accuracy": tp.sum(1) / confusions.sum((1, 2)), "macro_f1": f1}


def _right(kind: str, counts: tuple, classes: int) -> bool:
    if kind == "mention":
        gold, predicted, hard, _ = counts
        return gold == predicted == hard
    return all(cell % (classes + 1) == 0 for cell, _ in counts)
