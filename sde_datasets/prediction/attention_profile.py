"""The attention on the text's tokens while the answer is predicted, by layer.

The attention of the position that predicts the first token of the answer is averaged over heads. Guo et al. (2024)
compare the two placements of the instruction by the attention on the text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sde_datasets.errors import InputError
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.encoding import TEXT, TooLong
from sde_datasets.runs.loading import make_encoder
from sde_datasets.runs.samples import ConfigTemplate, SampleRow

# equal parts of a text, by position, for means over texts of different lengths
PARTS = 10


@dataclass(frozen=True)
class AttentionProfile:
    """Attention on texts, averaged over samples.

    samples: how many there are. text_share: the share of attention on the text's tokens, by layer. by_part: mean
    attention of a token (layers x PARTS) by relative position in the text. tokens, weights: the first sample's tokens
    of the text, and their attention (layers x tokens).
    """

    samples: int
    text_share: list[float]
    by_part: list[list[float]]
    tokens: list[str]
    weights: list[list[float]]


def attention_profile(predictor: Predictor, template: ConfigTemplate, samples: list[SampleRow]) -> AttentionProfile:
    """Measure the attention of a model on the texts of samples. Raises InputError if none fits into the context."""
    model, info = predictor.model, predictor.info
    # other implementations do not return weights
    model.set_attn_implementation("eager")
    encoder = make_encoder(predictor.tokenizer, template, predictor.training, info.context, info.chat)
    shares, parts, first = [], [], None
    for sample in samples:
        try:
            encoded = encoder.encode_prompt(sample.text, info.context - 1)
        except TooLong:
            continue
        text = np.nonzero(encoded.segments == TEXT)[0]
        if len(text):
            weights = _last_position(model, encoded.ids)[:, text]
            shares.append(weights.sum(1))
            parts.append(_by_part(weights))
            first = first or ([predictor.tokenizer.decode([int(encoded.ids[i])]) for i in text], weights)
    if first is None:
        raise InputError(str(predictor.folder.path), "has no sample whose text has a token")
    tokens, example = first
    return AttentionProfile(
        samples=len(shares),
        text_share=np.mean(shares, axis=0).round(6).tolist(),
        by_part=np.mean(parts, axis=0).round(8).tolist(),
        tokens=tokens,
        weights=example.round(6).tolist(),
    )


def _last_position(model: torch.nn.Module, ids: np.ndarray) -> np.ndarray:
    """Return the attention of the last position (layers x tokens), averaged over heads."""
    tensor = torch.from_numpy(ids).long()[None].to(next(model.parameters()).device)
    with torch.no_grad():
        attentions = model(input_ids=tensor, output_attentions=True, use_cache=False).attentions
    layers = [layer[0, :, -1].float().mean(0).cpu().numpy() for layer in attentions if layer is not None]
    return np.stack(layers)


def _by_part(weights: np.ndarray) -> np.ndarray:
    """Return the mean weight of the tokens in each of PARTS equal parts of a text (layers x PARTS)."""
    count = weights.shape[1]
    # a text with fewer tokens than parts: each part takes the token at its place
    starts = np.arange(PARTS) * count // PARTS
    stops = np.maximum((np.arange(PARTS) + 1) * count // PARTS, starts + 1)
    return np.stack([weights[:, a:b].mean(1) for a, b in zip(starts, stops, strict=True)], axis=1)
