"""The order of samples, and the batches made of them.

pytest tests/train/test_batches.py
"""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.train.batches import ByLength, Collator
from sde_datasets.train.tokens import COMPLETION, INSTRUCTION, TEXT

LENGTHS = st.lists(st.integers(1, 500), min_size=1, max_size=300)


@settings(deadline=None)
@given(LENGTHS, st.integers(1, 16), st.integers(0, 3), st.integers(0, 5))
def test_every_sample_comes_once_and_steps_are_full(lengths, batch, seed, epoch):
    order = ByLength(np.array(lengths), batch, seed)
    order.set_epoch(epoch)
    rows = list(order)
    assert len(rows) == len(order) and len(rows) % batch == 0 and len(rows) - len(lengths) < batch
    assert set(rows) == set(range(len(lengths)))
    # only what fills the last batch up comes again
    assert len(rows) - len(set(rows)) == len(rows) - len(lengths)
    assert rows == list(order), "the order is another one each time"


def test_epochs_and_seeds_have_orders_of_their_own():
    lengths = np.arange(1, 101)
    orders = []
    for seed, epoch in ((1, 0), (1, 1), (2, 0)):
        order = ByLength(lengths, 4, seed)
        order.set_epoch(epoch)
        orders.append(list(order))
    assert orders[0] != orders[1] and orders[0] != orders[2]


def test_batches_hold_samples_of_like_length_and_the_longest_comes_first():
    lengths = np.random.default_rng(0).integers(10, 500, 1000)
    order = np.array(list(ByLength(lengths, 8, 1)))
    batches = lengths[order].reshape(-1, 8)
    wasted = 1 - batches.sum() / (batches.max(1) * 8).sum()
    mixed = lengths.reshape(-1, 8)
    at_random = 1 - mixed.sum() / (mixed.max(1) * 8).sum()
    assert wasted < at_random / 5
    assert lengths.max() in batches[0]


def test_a_batch_has_tokens_weights_and_padding_that_weighs_nothing():
    rows = [
        (3, np.array([5, 6, 7, 8], np.int32), np.array([INSTRUCTION, TEXT, COMPLETION, COMPLETION], np.uint8)),
        (9, np.array([5, 9], np.int32), np.array([TEXT, COMPLETION], np.uint8)),
    ]
    batch = Collator(pad=0, weights=(0.25, 0.5))(rows)
    assert batch["input_ids"].tolist() == [[5, 6, 7, 8], [5, 9, 0, 0]]
    assert batch["weights"].tolist() == [[0.25, 0.5, 1, 1], [0.5, 1, 0, 0]]
    assert batch["rows"].tolist() == [3, 9] and batch["lengths"].tolist() == [4, 2]
    assert batch["input_ids"].dtype == torch.long
