"""Batches as tensors: rows of their own, and one row with a shared prefix.

pytest tests/training/test_batches.py
"""

from __future__ import annotations

import numpy as np
import torch

from sde_datasets.runs.encoding import COMPLETION, INSTRUCTION, TEXT
from sde_datasets.training.batches import Collator
from sde_datasets.training.token_cache import TokenRow

COLLATE = Collator(pad=0, weights=(0.25, 0.5))


def row(ids: list[int], segments: list[int]) -> TokenRow:
    return TokenRow(0, np.array(ids, np.int32), np.array(segments, np.uint8))


LONG = row([5, 6, 7, 8], [INSTRUCTION, TEXT, COMPLETION, COMPLETION])
SHORT = row([5, 9], [TEXT, COMPLETION])


def test_separate_rows_have_tokens_weights_and_padding_without_weight():
    batch = COLLATE.separate([LONG, SHORT])
    assert batch.ids.tolist() == [[5, 6, 7, 8], [5, 9, 0, 0]] and batch.ids.dtype == torch.long
    assert batch.predictors.tolist() == [0, 1, 2, 4]
    assert batch.targets.tolist() == [6, 7, 8, 9]
    assert batch.weights.tolist() == [0.5, 1, 1, 1]
    assert (batch.tokens, batch.padding) == (6, 2)
    # the first token of a row is predicted from nothing
    assert COLLATE.total_weight([LONG, SHORT]) == 0.5 + 1 + 1 + 1


def test_shared_prefix_occurs_once_and_its_end_predicts_the_next_token_of_each_sample():
    batch = COLLATE.shared([LONG, SHORT])
    assert batch.ids.tolist() == [[5, 6, 7, 8, 9, 0, 0]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 1, 2, 3]]
    assert batch.predictors.tolist() == [0, 1, 2, 0]
    assert batch.targets.tolist() == [6, 7, 8, 9]
    assert batch.weights.tolist() == [0.5, 1, 1, 1]
    assert batch.mask.int().tolist() == [[[[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]]]
    assert (batch.tokens, batch.padding) == (6, 2)


def test_token_of_the_prefix_has_the_sum_of_its_weights_in_all_samples():
    text = row([5, 6, 7], [INSTRUCTION, TEXT, COMPLETION])
    # the text is empty, so that the same tokens belong to the instruction
    empty = row([5, 6, 8, 9], [INSTRUCTION, INSTRUCTION, INSTRUCTION, COMPLETION])
    batch = COLLATE.shared([text, empty])
    assert batch.targets.tolist() == [6, 7, 8, 9]
    assert batch.weights.tolist() == [0.75, 1, 0.25, 1]
    assert batch.weights.sum().item() == COLLATE.total_weight([text, empty])


def test_equal_samples_keep_a_token_each():
    batch = COLLATE.shared([LONG, LONG])
    assert batch.ids.tolist() == [[5, 6, 7, 8, 8]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 3]]


def test_one_sample_and_samples_that_share_nothing_are_separate_rows():
    for rows in ([LONG], [LONG, row([6, 7], [TEXT, COMPLETION])]):
        assert COLLATE.shared(rows).mask is None
        assert COLLATE.shared(rows).ids.tolist() == COLLATE.separate(rows).ids.tolist()
