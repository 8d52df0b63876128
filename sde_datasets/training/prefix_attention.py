"""Attention for a batch whose samples share a prefix, and a trial that finds out whether a model supports it.

The batch is one row, `prefix, rest of sample 1, rest of sample 2, ...`, all rests padded to one length (batches.py).
A token of the prefix attends to the prefix, a token of a rest to the prefix and its own rest. Everything else in a
transformer is computed token by token, so the row has the results of separate rows.

Documented interfaces of transformers are used: the function is registered with `AttentionInterface`, and a mask with
four dimensions reaches it unchanged. The mask of the rests, 1 x 1 x rest x (prefix + rest), describes the layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from sde_datasets.runs.encoding import COMPLETION, INSTRUCTION, shared_prefix_length
from sde_datasets.training.batches import Collator
from sde_datasets.training.loss import token_losses
from sde_datasets.training.token_cache import TokenRow

NAME = "sde_shared_prefix"
_SDPA = "sdpa"
# types of layers that attend; windows are checked with the samples
_ATTENDING = {"full_attention", "sliding_attention"}
# arguments that change attention in ways that this function does not support
_UNSUPPORTED = ("softcap", "s_aux", "position_bias")
# tokens at the beginning and at the end of a sample that a trial compares
_COMPARED = 32
# the largest difference of token losses that is due to rounding, as a share of their standard deviation: more than ten
# times what 12 architectures show in float32, and three times what a pretrained model shows in bfloat16
_ROUNDING = {torch.float32: 5e-5, torch.float64: 1e-6}
_ROUNDING_OF_HALF = 0.25
# scores up to which matrix products in half precision are faster than the fused function on a CPU: 32 MiB, the largest
# block that glibc takes from memory it has touched before. The fused function keeps no scores.
_MOST_SCORES = 2**24


def prefix_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **settings: Any,
) -> tuple[torch.Tensor, None]:
    """Compute attention for a row with a shared prefix; for every other input, what `sdpa` computes.

    query: 1 x heads x length x size; key, value: 1 x (heads or fewer) x length x size. Returns 1 x length x heads x
    size. Raises ValueError for a layer that does not attend to all tokens.
    """
    if attention_mask is None or attention_mask.shape[-2] == query.shape[2]:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **settings
        )
    rest, reach = attention_mask.shape[-2:]
    window = settings.get("sliding_window")
    if any(settings.get(name) is not None for name in _UNSUPPORTED) or (window is not None and window < reach):
        raise ValueError("a layer does not attend to all tokens")
    prefix = reach - rest
    samples = (query.shape[2] - prefix) // rest
    options: dict[str, Any] = {"dropout_p": dropout, "scale": scaling}
    (first_query, query), (first_key, key), (first_value, value) = (
        each.split([prefix, samples * rest], 2) for each in (query, key, value)
    )
    first = scaled_dot_product_attention(
        first_query, first_key, first_value, is_causal=True, enable_gqa=True, **options
    )
    # the heads that share keys are put one after the other, so that keys need no copy for each of them
    heads, groups = query.shape[1], key.shape[1]
    queries = _by_sample(query, samples).reshape(samples, groups, heads // groups * rest, -1)
    keys, values = (
        torch.cat([start.expand(samples, -1, -1, -1), _by_sample(rests, samples)], 2)
        for start, rests in ((first_key, key), (first_value, value))
    )
    mask = attention_mask.repeat(1, 1, heads // groups, 1)
    rests = _attend(queries, keys, values, mask, dropout, scaling)
    rests = rests.reshape(samples, heads, rest, -1).transpose(1, 2).reshape(1, samples * rest, heads, -1)
    return torch.cat([first.transpose(1, 2), rests], 1), None


def _attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor,
    dropout: float,
    scaling: float | None,
) -> torch.Tensor:
    """Compute attention with a mask."""
    scores_count = query.shape[:-1].numel() * key.shape[-2]
    if query.device.type != "cpu" or query.dtype == torch.float32 or scores_count > _MOST_SCORES:
        return scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout, scale=scaling)
    # on a CPU, matrix products in half precision take 0.35 to 0.7 of the time of the fused function and its gradient
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = (query @ key.transpose(-1, -2) * scaling).masked_fill(~mask, float("-inf"))
    return torch.nn.functional.dropout(scores.softmax(-1), dropout) @ value


def _by_sample(states: torch.Tensor, samples: int) -> torch.Tensor:
    """Return states of 1 x heads x (samples * rest) x size as samples x heads x rest x size."""
    _, heads, length, size = states.shape
    return states.transpose(1, 2).reshape(samples, length // samples, heads, size).transpose(1, 2)


def use_prefix_attention(model: Any) -> bool:
    """Let a model compute attention with `prefix_attention`.

    Return False if it does not use sdpa now, or if its configuration names layers that do not attend: their states
    would go from sample to sample.
    """
    config = model.config.get_text_config()
    if config._attn_implementation != _SDPA or set(getattr(config, "layer_types", None) or ()) - _ATTENDING:
        return False
    AttentionInterface.register(NAME, prefix_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)
    return True


def use_sdpa(model: Any) -> None:
    """Undo `use_prefix_attention`."""
    model.set_attn_implementation(_SDPA)


@torch.no_grad()
def supports_shared_prefix(model: Any, rows: Sequence[TokenRow], masked: bool, dtype: torch.dtype) -> bool:
    """Return True if the losses of samples with a shared prefix are those of the samples one by one; found by a trial.

    rows: the samples of the trial, the longest one of the run among them, because a window may be longer than others.
    masked: see `weighted_loss`. dtype: the type of the arithmetic.
    """
    collate, device = Collator(0, (0.0, 0.0)), next(model.parameters()).device
    prefix = shared_prefix_length([row.ids for row in rows])
    rows = [_with_compared_tokens(row, prefix) for row in rows]
    batch = collate.shared(rows)
    if batch.mask is None:
        return False
    training = model.training
    model.eval()
    try:
        found = token_losses(model, batch.to(device), masked)
        # one sample at a time, so that padding is no part of the comparison
        expected = [token_losses(model, collate.separate([row]).to(device), masked) for row in rows]
        return losses_match(found, torch.cat(expected), dtype)
    except Exception:
        # whatever a model raises here, it lacks the interface
        return False
    finally:
        model.train(training)


def _with_compared_tokens(row: TokenRow, prefix: int) -> TokenRow:
    """Return a sample in which only the first and the last tokens after the prefix have a weight.

    A recurrent state or a convolution reaches the first tokens from another sample, a window leaves the last ones
    without the prefix.
    """
    segments = np.full(len(row.ids), INSTRUCTION, np.uint8)
    segments[prefix : prefix + _COMPARED] = COMPLETION
    segments[max(prefix, len(segments) - _COMPARED) :] = COMPLETION
    return row._replace(segments=segments)


def losses_match(found: torch.Tensor, expected: torch.Tensor, dtype: torch.dtype) -> bool:
    """Return True if two tensors of token losses differ by rounding only."""
    difference = (found - expected).abs().max()
    return bool(difference <= _ROUNDING.get(dtype, _ROUNDING_OF_HALF) * expected.std())
