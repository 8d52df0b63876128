"""The metrics of an exported task of lm-eval: its utils.py makes them.

lm-eval keeps an item for each sample and gives all items of a metric to its aggregation. An item holds the counts of
the sample: (tp, fp, fn) for precision, recall and F1 of mentions, cells of the confusion matrix for labels. So F1 is
that of the corpus, and no mean of the F1 of samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sde_datasets.records.schema import Schema
from sde_datasets.scoring.metrics import precision_recall_f1
from sde_datasets.scoring.sample_counts import MentionCounts, SampleCounts
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.scoring.single_answers import corpus_figures, count_answer, figure_names

Item = Any
SHARES = ("sample_accuracy", "format_error_rate")


class TaskMetrics:
    """The metrics of the configs of a view."""

    def __init__(self, schema: Schema) -> None:
        self.settings = ScoringSettings.of(schema)
        self.names = figure_names(schema.kind)

    @classmethod
    def read(cls, path: Path) -> TaskMetrics:
        """The metrics of the schema in a file. Raises InputError for another file."""
        return cls(Schema.from_json(path.read_text("utf-8"), str(path)))

    def process_results(self, doc: Mapping[str, Any], results: Sequence[Any]) -> dict[str, Item]:
        """Return the item of each metric for a sample; what lm-eval calls `process_results`."""
        answer = results[0] if results else ""
        counts = count_answer(doc, answer[0] if isinstance(answer, list) else answer)
        return {name: self._item(name, counts) for name in self.names}

    def _item(self, name: str, counts: SampleCounts) -> Item:
        if name == "sample_accuracy":
            return float(counts.is_right)
        if name == "format_error_rate":
            return float(counts.flags.error)
        if isinstance(counts.counts, MentionCounts):
            gold, predicted, hard, soft = counts.counts
            found = soft if name == "soft_f1" else hard
            return found, predicted - found, gold - found
        return tuple((int(cell.gold), int(cell.answer), int(cell.targets)) for cell in counts.counts)

    def aggregation(self, name: str) -> Callable[[Sequence[Item]], float]:
        """Return the function that computes a metric from the items of all samples; NaN where it is undefined."""
        if name in SHARES:
            return lambda items: sum(items) / len(items)
        if self.settings.schema.kind == "mention":
            return lambda items: _ratio(name, items)
        return lambda items: corpus_figures([SampleCounts.from_json({"cells": item}) for item in items], self.settings)[
            name
        ]


def _ratio(name: str, items: Sequence[tuple[int, int, int]]) -> float:
    tp, fp, fn = np.sum(np.asarray(items), axis=0).tolist()
    figures = precision_recall_f1(tp + fn, tp + fp, tp)
    value = {"precision": figures.precision, "recall": figures.recall}.get(name, figures.f1).value
    return math.nan if value is None else value
