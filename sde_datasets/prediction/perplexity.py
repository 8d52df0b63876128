"""The perplexity of prompts and of gold completions under the model of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from sde_datasets.errors import InputError
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.encoding import COMPLETION, TooLong
from sde_datasets.runs.loading import make_encoder
from sde_datasets.runs.samples import ConfigTemplate, SampleRow


@dataclass(frozen=True)
class SampleLoss:
    """The sums of the token losses (nats) of the prompt and of the completion of a sample, with their tokens."""

    id: str
    prompt_loss: float
    prompt_tokens: int
    completion_loss: float
    completion_tokens: int


def sample_losses(predictor: Predictor, template: ConfigTemplate, samples: list[SampleRow]) -> list[SampleLoss]:
    """Return the losses of each sample; the end token belongs to the completion. The first token has no loss.

    Raises InputError if no sample fits into the context.
    """
    model, info = predictor.model, predictor.info
    encoder = make_encoder(predictor.tokenizer, template, predictor.training, info.context, info.chat)
    found = []
    for sample in samples:
        try:
            encoded = encoder.encode_sample(sample.text, sample.completion)
        except TooLong:
            continue
        ids = torch.from_numpy(encoded.ids).long()[None].to(model.device)
        with torch.no_grad():
            logits = model(input_ids=ids, use_cache=False).logits[0, :-1].float()
        losses = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none").cpu().numpy()
        completion = encoded.segments[1:] == COMPLETION
        found.append(
            SampleLoss(
                sample.id,
                float(losses[~completion].sum()),
                int((~completion).sum()),
                float(losses[completion].sum()),
                int(completion.sum()),
            )
        )
    if not found:
        raise InputError(str(predictor.folder.path), "has no sample that fits into the context of the model")
    return found


def perplexities(losses: list[SampleLoss]) -> tuple[float, float]:
    """Return the perplexity of all prompt tokens and of all completion tokens; nan without prompt tokens."""
    prompt = sum(loss.prompt_tokens for loss in losses)
    completion = sum(loss.completion_tokens for loss in losses)
    return (
        math.exp(sum(loss.prompt_loss for loss in losses) / prompt) if prompt else math.nan,
        math.exp(sum(loss.completion_loss for loss in losses) / completion),
    )
