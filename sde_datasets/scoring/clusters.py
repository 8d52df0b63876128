"""Sums of the counts of samples by document, since the samples of a document are not independent.

A bootstrap that draws documents (a cluster bootstrap, Davison and Hinkley 1997, section 3.8) and a permutation test
that swaps whole documents need only these sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sde_datasets.scoring.count_table import CountTable


def document_numbers(documents: Sequence[str | None]) -> np.ndarray | None:
    """Return the number of the document of each sample; None where one is unknown or each sample is a document."""
    if not documents or None in documents:
        return None
    number_of: dict[str | None, int] = {}
    numbers = [number_of.setdefault(document, len(number_of)) for document in documents]
    return np.array(numbers) if len(number_of) < len(numbers) else None


def by_document(
    tables: Sequence[CountTable], numbers: np.ndarray, documents: np.ndarray
) -> tuple[list[CountTable], np.ndarray]:
    """Return tables with the sums of documents as rows, and how many documents have each row.

    tables: tables with a common order of rows. numbers: the row of each sample. documents: its document.
    """
    widths = [table.counts.shape[1] for table in tables]
    counts = np.concatenate([table.counts for table in tables], axis=1)
    sums = np.stack([np.bincount(documents, column[numbers]) for column in counts.T], axis=1)
    distinct, frequency = np.unique(sums, axis=0, return_counts=True)
    parts = np.split(distinct, np.cumsum(widths)[:-1], axis=1)
    return [replace(table, counts=part) for table, part in zip(tables, parts, strict=True)], frequency.astype(float)
