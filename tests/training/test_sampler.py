"""The order of samples.

pytest tests/training/test_sampler.py
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.training.sampler import LengthGroupedSampler

LENGTHS = st.lists(st.integers(1, 500), min_size=1, max_size=300)


@given(LENGTHS, st.integers(1, 16), st.integers(0, 3), st.integers(0, 5))
def test_every_sample_occurs_and_steps_are_full(lengths, batch, seed, epoch):
    order = LengthGroupedSampler(np.array(lengths), batch, seed)
    assert order.rows(epoch).shape == (order.steps, batch)
    rows = order.rows(epoch).ravel().tolist()
    assert len(rows) - len(lengths) < batch
    assert set(rows) == set(range(len(lengths)))
    # only what fills the last batch up comes again
    assert len(rows) - len(set(rows)) == len(rows) - len(lengths)
    assert rows == order.rows(epoch).ravel().tolist(), "the order is another one each time"


def test_epochs_and_seeds_have_different_orders():
    lengths = np.arange(1, 101)
    orders = [LengthGroupedSampler(lengths, 4, seed).rows(epoch).tolist() for seed, epoch in ((1, 0), (1, 1), (2, 0))]
    assert orders[0] != orders[1] and orders[0] != orders[2]


def test_batches_have_similar_lengths_and_the_longest_is_first():
    lengths = np.random.default_rng(0).integers(10, 500, 1000)
    batches = lengths[LengthGroupedSampler(lengths, 8, 1).rows(0)]
    wasted = 1 - batches.sum() / (batches.max(1) * 8).sum()
    mixed = lengths.reshape(-1, 8)
    at_random = 1 - mixed.sum() / (mixed.max(1) * 8).sum()
    assert wasted < at_random / 5
    assert lengths.max() in batches[0]
