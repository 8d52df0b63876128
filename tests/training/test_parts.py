"""The division of a step among processes and into parts.

pytest tests/training/test_parts.py
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.errors import UsageError
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training.parts import Part, StepDivision, limited_parts
from sde_datasets.training.token_cache import TokenRow

PREFIX = 5
LENGTHS = st.lists(st.integers(PREFIX + 1, 40), min_size=8, max_size=8).map(lambda found: sorted(found, reverse=True))


def rows_of(lengths: list[int]) -> list[TokenRow]:
    """Samples of these lengths that share exactly a prefix."""
    ids = [np.r_[np.arange(PREFIX), 100 + i, np.zeros(length - PREFIX - 1)] for i, length in enumerate(lengths)]
    return [TokenRow(i, each.astype(np.int32), np.zeros(len(each), np.uint8)) for i, each in enumerate(ids)]


def divide(rows: list[TokenRow], processes: int, **how) -> list[list[Part]]:
    options = TrainingOptions(model="x", batch_size=8, **how)
    return [StepDivision(options, processes, index).parts(rows, shared=True) for index in range(processes)]


@given(LENGTHS, st.sampled_from([1, 2, 4]), st.integers(8, 200))
def test_each_sample_is_computed_once_and_processes_have_equally_many_parts(lengths, processes, most):
    rows = rows_of(lengths)
    for divided in (divide(rows, processes, batch_tokens=most), divide(rows, processes, accumulation=2)):
        assert sorted(row.row for parts in divided for part in parts for row in part) == list(range(8))
        assert len({len(parts) for parts in divided}) == 1
        assert all(part for parts in divided for part in parts)


@given(LENGTHS, st.integers(8, 200), st.sampled_from([0, PREFIX]))
def test_part_has_at_most_the_tokens_of_the_option(lengths, most, prefix):
    parts = limited_parts(rows_of(lengths), most, prefix)
    for part in parts:
        longest = max(len(row.ids) for row in part)
        assert len(part) == 1 or prefix + len(part) * (longest - prefix) <= most
    # no part could take the first sample of the next one
    for part in parts[:-1]:
        assert prefix + (len(part) + 1) * (len(part[0].ids) - prefix) > most


def test_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(UsageError, match=r"a batch of 8 cannot be divided among 3 processes x 1 parts"):
        divide([], 3)
    with pytest.raises(UsageError, match="not both"):
        TrainingOptions("c", model="x", batch_tokens=100, accumulation=2).resolved()
