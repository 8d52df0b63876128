"""The loss: a weighted mean over tokens."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy

from sde_datasets.training.batches import Batch


def weighted_loss(model: Any, batch: Batch, total: float, masked: bool) -> torch.Tensor:
    """Compute sum(w_t * nll_t) / total over the tokens t of a batch, without the first token of each sample.

    total: the sum of weights of the whole step, over all its batches and devices. The loss of the step is then
    sum(w * nll) / sum(w), a mean over tokens, in which a long completion counts more than a short one. With prompt
    weight 0 it is the mean over completions (No-MI), with 1 the mean over all tokens (MI).
    masked: the model can compute the logits of some tokens only (see `accepts_logit_mask`), so that under No-MI the
    output layer computes completions only.
    """
    return (token_losses(model, batch, masked) * batch.weights).sum() / total


def token_losses(model: Any, batch: Batch, masked: bool) -> torch.Tensor:
    """Return the negative log-likelihood of each counted token of a batch."""
    settings: dict[str, Any] = {"use_cache": False}
    if batch.mask is not None:
        settings |= {"attention_mask": batch.mask, "position_ids": batch.positions}
    if masked:
        settings["logits_to_keep"] = _logits_to_keep(batch)
    logits = model(input_ids=batch.ids, **settings).logits.flatten(end_dim=-2)
    return cross_entropy((logits if masked else logits[batch.predictors]).float(), batch.targets, reduction="none")


def _logits_to_keep(batch: Batch) -> torch.Tensor:
    """Return the tokens whose logits are needed: indices in one row, or a mask of several rows."""
    if len(batch.ids) == 1:
        return batch.predictors
    mask = torch.zeros(batch.ids.shape, dtype=torch.bool, device=batch.ids.device)
    mask.view(-1)[batch.predictors] = True
    return mask


@torch.no_grad()
def accepts_logit_mask(model: Any, device: torch.device) -> bool:
    """Return True if a model computes logits for the tokens of a mask or of a list only; found by trial calls.

    For a mask of batch x length the model returns one row of logits for each token of the mask, and for a list of
    indices the logits of these tokens in each row.
    """
    ids = torch.tensor([[0, 1, 2], [2, 1, 0]], device=device)
    mask = torch.tensor([[True, True, False], [False, True, False]], device=device)
    listed = torch.tensor([1, 0, 1], device=device)
    training = model.training
    model.eval()
    try:
        logits = model(input_ids=ids, use_cache=False).logits
        pairs = ((mask, logits[mask]), (listed, logits[:, listed]))
        found = [model(input_ids=ids, logits_to_keep=kept, use_cache=False).logits for kept, _ in pairs]
        # a model that interprets the argument otherwise returns another shape; the tolerance is that of half precision
        return all(
            selected.shape == expected.shape and torch.allclose(selected, expected, rtol=0.05, atol=0.1)
            for selected, (_, expected) in zip(found, pairs, strict=True)
        )
    except (TypeError, ValueError, IndexError, RuntimeError):
        return False
    finally:
        model.train(training)
