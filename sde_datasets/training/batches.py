"""Batches as tensors: samples as padded rows, or as one row in which the tokens that they begin with occur once.

Under an instruction-first design all samples of a config begin with the same tokens. With a shared prefix a batch is
one row: `prefix, rest of sample 1, rest of sample 2, ...`. The positions of each rest continue those of the prefix, and
a token attends to the prefix and to its own sample only (see prefix_attention.py), so that the loss and its gradients
are those of separate rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from sde_datasets.runs.encoding import shared_prefix_length
from sde_datasets.training.token_cache import TokenRow


@dataclass(frozen=True)
class Batch:
    """Samples as tensors, with the tokens that the loss counts.

    ids: rows x length, padded at the end; causal attention does not reach the padding, so rows need no mask.
    predictors: for each counted token, the index in the flattened `ids` of the token before it, which predicts it; the
        last token of a prefix predicts a token of every sample. targets: the counted tokens, sample by sample.
    weights: their loss weights, all above 0.
    tokens: the number of tokens of the samples, each sample with its prefix. padding: positions that are no token.
    positions: 1 x length, and mask: 1 x 1 x rest x (prefix + rest), of a batch with a shared prefix, else None.
    """

    ids: torch.Tensor
    predictors: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    tokens: int
    padding: int
    positions: torch.Tensor | None = None
    mask: torch.Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return replace(
            self,
            ids=self.ids.to(device),
            predictors=self.predictors.to(device),
            targets=self.targets.to(device),
            weights=self.weights.to(device),
            positions=None if self.positions is None else self.positions.to(device),
            mask=None if self.mask is None else self.mask.to(device),
        )


class Collator:
    """Make batches from samples."""

    def __init__(
        self, pad: int, weights: tuple[float, float], completion_weight: float = 1.0, norm: str = "weights"
    ) -> None:
        """pad: the id of padding. weights: of instruction and task text. norm: one of `WEIGHT_NORMS`."""
        self._pad, self._segment_weights = pad, np.array([*weights, completion_weight], np.float32)
        # what each predicted token adds to the divisor of the loss
        self._shares = self._segment_weights if norm == "weights" else (self._segment_weights > 0).astype(np.float32)

    def total_weight(self, rows: Sequence[TokenRow]) -> float:
        """Return the divisor of the loss, over the predicted tokens: all but the first of each sample.

        It is the sum of their weights or, with the norm `tokens`, the number of those with a weight.
        """
        return float(sum(self._shares[row.segments[1:]].sum(dtype=np.float64) for row in rows))

    def separate(self, rows: Sequence[TokenRow]) -> Batch:
        """Return a batch with a row for each sample."""
        ids, weights = self._padded(rows, 0)
        places = np.flatnonzero(np.pad(weights[:, 1:], ((0, 0), (0, 1))))
        return Batch(
            torch.from_numpy(ids),
            torch.from_numpy(places),
            torch.from_numpy(ids.ravel()[places + 1]),
            torch.from_numpy(weights.ravel()[places + 1]),
            *_counts(rows, ids.size, 0),
        )

    def shared(self, rows: Sequence[TokenRow]) -> Batch:
        """Return a batch with one row, in which the common prefix of the samples occurs once.

        A token of the prefix has the sum of its weights in all samples. If nothing is shared, the rows are separate.
        """
        # at least one token of each sample remains, so that its first token has a place
        prefix = min(shared_prefix_length([row.ids for row in rows]), min(len(row.ids) for row in rows) - 1)
        if len(rows) == 1 or prefix < 1:
            return self.separate(rows)
        ids, weights = self._padded(rows, prefix)
        rest = ids.shape[1]
        # the row, the weight of each of its tokens, and the index of the token that predicts it
        row = np.concatenate([rows[0].ids[:prefix], ids.ravel()])
        common = sum(self._segment_weights[each.segments[:prefix]] for each in rows)
        counted = np.concatenate([common, weights.ravel()])
        before = np.arange(-1, len(row) - 1)
        before[prefix::rest] = prefix - 1
        counted[0] = 0
        places = np.flatnonzero(counted)
        steps = np.arange(rest)
        mask = np.arange(prefix + rest) <= prefix + steps[:, None]
        return Batch(
            torch.from_numpy(row.astype(np.int64))[None],
            torch.from_numpy(before[places]),
            torch.from_numpy(row[places].astype(np.int64)),
            torch.from_numpy(counted[places]),
            *_counts(rows, len(row), prefix),
            torch.from_numpy(np.concatenate([np.arange(prefix), np.tile(prefix + steps, len(rows))]))[None],
            torch.from_numpy(mask)[None, None],
        )

    def _padded(self, rows: Sequence[TokenRow], start: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and weights of the samples from the token `start` on: samples x length."""
        longest = max(len(row.ids) for row in rows) - start
        tokens = np.full((len(rows), longest), self._pad, np.int64)
        weights = np.zeros((len(rows), longest), np.float32)
        for i, row in enumerate(rows):
            tokens[i, : len(row.ids) - start] = row.ids[start:]
            weights[i, : len(row.ids) - start] = self._segment_weights[row.segments[start:]]
        return tokens, weights


def _counts(rows: Sequence[TokenRow], size: int, prefix: int) -> tuple[int, int]:
    """Return the numbers of tokens of the samples and of padded positions in a batch of `size` positions."""
    tokens = sum(len(row.ids) for row in rows)
    return tokens, size - (tokens - (len(rows) - 1) * prefix if prefix else tokens)
