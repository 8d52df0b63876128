"""The counts of all samples as a table, from which headline figures, intervals and comparisons are computed.

Equal counts are kept once, since a bootstrap by sample only needs to know how often each occurs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sde_datasets.scoring.metrics import kappas
from sde_datasets.scoring.sample_counts import SampleCounts

HEADLINES = {
    "label": ("kappa", "accuracy", "sample_accuracy", "macro_f1", "format_error_rate"),
    "mention": ("f1", "precision", "recall", "soft_f1", "sample_accuracy", "format_error_rate"),
}


class CountsIndex:
    """The counts of all samples in order: an id and a number for each sample, and each distinct count once."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.numbers = array("I")
        self._number_of: dict[Any, int] = {}

    def add(self, ids: Sequence[str], counts: Iterable[Any]) -> None:
        """Add one count for each id. Counts may be any hashable objects."""
        number_of = self._number_of
        self.ids.extend(ids)
        self.numbers.extend([number_of.setdefault(row, len(number_of)) for row in counts])

    def distinct(self) -> list[Any]:
        """Return the distinct counts in the order of their first occurrence."""
        return list(self._number_of)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return zip(self.ids, self.numbers, strict=True)


@dataclass(frozen=True)
class CountTable:
    """Distinct counts as an array (distinct counts x columns).

    Columns: 1 for the sample, 1 if the answer is right, 1 for a format error; then for a mention task gold, predicted,
    hard and soft, and for a label task the `cells` of the confusion matrix that occur (gold * classes + answer).
    """

    kind: str
    counts: np.ndarray
    cells: np.ndarray
    classes: int
    weights: Any = None

    @classmethod
    def of(
        cls,
        kind: str,
        rows: Sequence[SampleCounts],
        classes: int = 0,
        weights: Any = None,
        further_cells: Iterable[int] = (),
    ) -> Self:
        """Build the table of distinct counts. A label task has `classes` and `weights`.

        further_cells: cells that get a column although they do not occur in `rows`.
        """
        flags = np.array([(True, row.is_right, row.flags.error) for row in rows], float).reshape(len(rows), 3)
        if kind == "mention":
            counts, cells = np.array([row.counts for row in rows], float).reshape(len(rows), 4), []
        else:
            by_cell = [{cell.gold * classes + cell.answer: cell.targets for cell in row.counts} for row in rows]  # type: ignore[union-attr]
            cells = sorted(set(further_cells).union(*by_cell))
            counts = np.array([[row.get(cell, 0) for cell in cells] for row in by_cell], float)
            counts = counts.reshape(len(rows), len(cells))
        return cls(kind, np.concatenate((flags, counts), 1), np.array(cells, int), classes, weights)

    def headline(self, sums: np.ndarray) -> dict[str, np.ndarray]:
        """Return the headline figures of each of n sums of counts (n x columns); NaN where one is undefined."""
        samples, right, errors = sums[:, 0], sums[:, 1], sums[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            figures = (self._label_figures if self.kind == "label" else self._mention_figures)(sums[:, 3:])
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
