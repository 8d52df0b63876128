"""Batches of samples of about the same length, so that little of them is padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Sampler

# so many batches are sorted together: enough that lengths are alike, few enough that an order stays random
TOGETHER = 50


class ByLength(Sampler[int]):
    """The rows of an epoch, of which each `batch` in a row are of about one length.

    The order goes by seed and epoch alone. Every row comes once; the last batch is filled up with the first rows of the
    epoch, so that every step has the same number of samples on any number of processes. The batch with the longest
    sample comes first: what does not fit into memory fails at once.
    """

    def __init__(self, lengths: np.ndarray, batch: int, seed: int) -> None:
        self._lengths, self._batch, self._seed, self.epoch = lengths, batch, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of another epoch, from 0 on."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self._lengths) // self._batch) * self._batch

    def __iter__(self) -> Iterator[int]:
        generator = np.random.default_rng((self._seed, self.epoch))
        order = np.resize(generator.permutation(len(self._lengths)), len(self))
        batches: list[np.ndarray] = []
        for start in range(0, len(order), self._batch * TOGETHER):
            some = order[start : start + self._batch * TOGETHER]
            some = some[np.argsort(-self._lengths[some], kind="stable")]
            batches += np.split(some, len(some) // self._batch)
        shuffled = [batches[i] for i in generator.permutation(len(batches))]
        first = max(range(len(shuffled)), key=lambda i: self._lengths[shuffled[i]].max())
        shuffled.insert(0, shuffled.pop(first))
        yield from np.concatenate(shuffled).tolist()


class Collator:
    """Makes a batch of rows: `input_ids` (batch x length), the loss weight of each token, and the rows' numbers.

    Padding stands at the end, where causal attention does not see it, so no attention mask is needed.
    """

    def __init__(self, pad: int, weights: tuple[float, float]) -> None:
        """`weights`: of instruction and task text; a completion's tokens weigh 1."""
        self._pad, self._weight_of = pad, np.array([*weights, 1.0], np.float32)

    def __call__(self, rows: Sequence[tuple[int, np.ndarray, np.ndarray]]) -> dict[str, torch.Tensor]:
        longest = max(len(ids) for _, ids, _ in rows)
        tokens = np.full((len(rows), longest), self._pad, np.int64)
        weights = np.zeros((len(rows), longest), np.float32)
        for i, (_, ids, parts) in enumerate(rows):
            tokens[i, : len(ids)] = ids
            weights[i, : len(ids)] = self._weight_of[parts]
        numbers = torch.tensor([row for row, _, _ in rows])
        lengths = torch.tensor([len(ids) for _, ids, _ in rows])
        given = {"input_ids": torch.from_numpy(tokens), "weights": torch.from_numpy(weights)}
        return given | {"rows": numbers, "lengths": lengths}
