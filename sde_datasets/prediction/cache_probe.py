"""Find out whether the decoder supports a model's cache, with a few tokens and before any answer.

The decoder joins caches, drops rows and positions from them, and leaves positions masked. That is correct for a model
whose layers all attend to all tokens by their positions. The name of the cache argument and the form of the cache
differ between releases of transformers, so both are tried and the logits are compared.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer

from sde_datasets.prediction.decoder import gather_states

# models whose attention depends on the index in the cache, not on the positions of the tokens
_BY_INDEX = ("gpt_neo", "mpt")
# the largest difference of logits that is due to rounding, as a share of their standard deviation
_ROUNDING = {torch.float32: 1e-3, torch.float64: 1e-6}
_ROUNDING_OF_HALF = 0.1


def cache_argument(model: Any) -> str | None:
    """Return the name of the model's cache argument; None if the decoder does not support the model."""
    if not attends_to_all(model.config):
        return None
    try:
        return _probe(model)
    except Exception:
        # whatever a model raises here, it lacks the interface that the decoder needs
        return None


def attends_to_all(config: Any) -> bool:
    """Return True if the configuration of a model has no layer with a sliding window or a recurrent state."""
    config = config.get_text_config()
    if config.model_type in _BY_INDEX:
        return False
    layer_types = getattr(config, "layer_types", None)
    if layer_types is not None:
        return set(layer_types) == {"full_attention"}
    return getattr(config, "sliding_window", None) is None


@torch.inference_mode()
def _probe(model: Any) -> str | None:
    """Write four tokens as the decoder does, and compare the logits with those of one plain pass."""
    ids = torch.arange(3, 9, device=model.device) % model.config.get_text_config().vocab_size
    expected = model(input_ids=ids[None], use_cache=False).logits[0]
    # two rows, so that one can be dropped; the second starts with a masked token
    rows = torch.stack([ids[:4], torch.cat([ids[:1], ids[:3]])])
    mask = torch.tensor([[True] * 4, [False, True, True, True]], device=model.device)
    positions = (mask.long().cumsum(1) - 1).clamp(min=0)
    arguments = {"attention_mask": mask.long(), "position_ids": positions, "use_cache": True, "logits_to_keep": 1}
    out = model(input_ids=rows, **arguments)
    name = next((key for key, value in out.items() if isinstance(value, Cache)), None)
    if name is None or not all(type(layer) is DynamicLayer for layer in out[name].layers):
        return None
    logits = [out.logits[1, 0]]
    cache = DynamicCache(config=model.config)
    row, kept = torch.tensor([1], device=model.device), torch.tensor([[1, 2, 3]], device=model.device)
    for number, layer in enumerate(out[name].layers):
        cache.update(gather_states(layer.keys, row, kept), gather_states(layer.values, row, kept), number)
    # a correct token and a wrong proposal, which stays as a masked position; then two correct tokens
    for tokens, attended, start in (((3, 0), [True] * 5, 3), ((4, 5), [True, True, True, True, False, True, True], 4)):
        positions = torch.arange(start, start + 2, device=model.device)[None]
        arguments = {"attention_mask": torch.tensor([attended], device=model.device).long(), "position_ids": positions}
        arguments |= {"use_cache": True, "logits_to_keep": 2, name: cache}
        out = model(input_ids=ids[list(tokens)][None], **arguments)
        cache = out[name]
        logits += [out.logits[0, 0]] if start == 3 else [out.logits[0, 0], out.logits[0, 1]]
    return name if logits_match(torch.stack(logits), expected[2:]) else None


def logits_match(found: torch.Tensor, expected: torch.Tensor) -> bool:
    """Return True if two tensors of logits differ by rounding only."""
    tolerance = _ROUNDING.get(expected.dtype, _ROUNDING_OF_HALF)
    difference = (found.float() - expected.float()).abs().max()
    return bool(difference <= tolerance * expected.float().std())
