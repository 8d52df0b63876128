"""Score single answers in a harness that keeps a value for each sample and aggregates the values of a corpus.

The counts of samples add up, so that a figure of a corpus is computed from their sum, as `score` does; a mean of the
figures of samples would be another number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sde_datasets.dataset.split import COLUMNS
from sde_datasets.records.columns import SAMPLE_SCHEMA
from sde_datasets.scoring.count_table import HEADLINES, CountTable
from sde_datasets.scoring.incremental import IncrementalScorer
from sde_datasets.scoring.predictions import OrderedPredictions
from sde_datasets.scoring.sample_counts import SampleCounts
from sde_datasets.scoring.settings import ScoringSettings

_COLUMNS = pa.schema([SAMPLE_SCHEMA.field(name) for name in COLUMNS])


def count_answer(row: Mapping[str, Any], answer: str | None) -> SampleCounts:
    """Return the counts of one answer. row: a sample of a config, with its columns design, schema and annotations.

    None is an empty answer. Raises KeyError for a row without these columns.
    """
    batch = pa.RecordBatch.from_pylist([{name: row[name] for name in COLUMNS}], schema=_COLUMNS)
    scorer = IncrementalScorer(None, None)
    scorer.add(batch, OrderedPredictions([answer or ""]))
    return scorer.sample_scores()[0].counts


def figure_names(kind: str) -> tuple[str, ...]:
    """Return the names of the headline figures of a kind of task."""
    return HEADLINES[kind]


def corpus_figures(counts: Sequence[SampleCounts], settings: ScoringSettings) -> dict[str, float]:
    """Return the headline figures of a corpus from the counts of its samples; NaN where one is undefined."""
    schema = settings.schema
    table = CountTable.of(schema.kind, counts, len(schema.number_of), settings.weights)
    figures = table.headline(table.counts.sum(0, keepdims=True))
    return {name: float(np.asarray(values)[0]) for name, values in figures.items()}
