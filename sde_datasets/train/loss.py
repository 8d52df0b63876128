"""The loss: the weighted mean over tokens."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy


def total_weight(weights: torch.Tensor) -> torch.Tensor:
    """The sum of weights of the tokens that are predicted: all but the first of each row."""
    return weights[:, 1:].sum()


def weighted_loss(model: Any, ids: torch.Tensor, weights: torch.Tensor, total: torch.Tensor) -> torch.Tensor:
    """sum(w_t * nll_t) / total over the tokens t of a batch, from the second of each row on.

    ids, weights: batch x length; the weight of a token is that of predicting it from the tokens before. `total` is the
    sum of weights of the whole step, this batch and those on other devices and of other parts of the step together, so
    that the step's loss is sum(w * nll) / sum(w): a mean over tokens, in which a long completion counts for more than a
    short one. With prompt weight 0 that is the mean over completions (No-MI), with 1 over all tokens (MI).

    Logits are computed only where a weight is not 0: under No-MI the output layer sees completions alone.
    """
    counted = weights[:, 1:] > 0
    keep = torch.nn.functional.pad(counted, (0, 1))
    logits = model(input_ids=ids, logits_to_keep=keep, use_cache=False).logits
    nll = cross_entropy(logits.float(), ids[:, 1:][counted], reduction="none")
    return (nll * weights[:, 1:][counted]).sum() / total
