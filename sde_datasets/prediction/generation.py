"""Write answers through a model's own `generate`, the documented interface, which every causal language model has.

It replaces the decoder for models that the decoder does not support: sliding windows, recurrent states, other caches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from sde_datasets.prediction.cache_probe import logits_match
from sde_datasets.prediction.engine import GenerationRequest
from sde_datasets.prediction.sampling import TokenPicker


class PlainGenerator:
    """The engine `generate`: write answers with a model through its own `generate`."""

    samples = False

    def __init__(self, model: Any, pad: int, batch: int) -> None:
        """pad: the id of padding. batch: answers at a time."""
        # the generate of an adapter calls that of the model inside, whose layers contain the adapter
        self._model = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._pad = pad
        self.batch: int | None = batch
        self._pads = supports_padding(self._model, pad)

    @torch.inference_mode()
    def generate(self, requests: Sequence[GenerationRequest], shared: int) -> None:
        """Write the answers of `requests`; `shared`, the length of their common prefix, is not used."""

        def group_key(request: GenerationRequest) -> tuple[int, list[int], int]:
            return request.limit, sorted(request.ends), 0 if self._pads else len(request.prompt)

        for _, group in groupby(sorted(requests, key=group_key), key=group_key):
            self._generate(list(group))

    def _generate(self, requests: list[GenerationRequest]) -> None:
        ends = requests[0].ends
        ids, mask = pad_prompts([request.prompt for request in requests], self._pad)
        settings = GenerationConfig(
            do_sample=False,
            num_beams=1,
            use_cache=True,
            max_new_tokens=requests[0].limit,
            eos_token_id=sorted(ends),
            pad_token_id=self._pad,
        )
        pickers = [request.pick for request in requests if request.pick]
        processors = LogitsProcessorList([_PickTokens(pickers, ids.shape[1], ends)] if pickers else [])
        with _generation_config(self._model, settings):
            out = self._model.generate(
                ids.to(self._model.device),
                attention_mask=mask.to(self._model.device),
                generation_config=settings,
                logits_processor=processors,
            )
        for request, written in zip(requests, out[:, ids.shape[1] :].tolist(), strict=True):
            request.written = written[: _answer_length(written, ends)]
            request.ended = True


class _PickTokens(LogitsProcessor):
    """Mask the logits of each row except the token that its picker chooses."""

    def __init__(self, pickers: list[TokenPicker], begin: int, ends: frozenset[int]) -> None:
        """begin: the length of the padded prompts."""
        self._pickers, self._begin, self._ends = pickers, begin, ends

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        masked = torch.full_like(scores, -torch.inf)
        for i, pick in enumerate(self._pickers):
            written = input_ids[i, self._begin :].tolist()
            ended = bool(self._ends.intersection(written))
            masked[i, 0 if ended else pick(scores[i], written)] = 0.0
        return masked


def pad_prompts(prompts: Sequence[Any], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return prompts padded on the left, and their mask (batch x length)."""
    longest = max(map(len, prompts))
    ids = torch.full((len(prompts), longest), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, prompt in enumerate(prompts):
        ids[i, longest - len(prompt) :] = torch.as_tensor(prompt, dtype=torch.long)
        mask[i, longest - len(prompt) :] = 1
    return ids, mask


@torch.inference_mode()
def supports_padding(model: Any, pad: int) -> bool:
    """Return True if padding on the left of a prompt does not change the logits of its answer.

    It changes those of some models with recurrent states, and others raise an error; such models answer prompts of one
    length together.
    """
    try:
        return _padding_changes_nothing(model, pad)
    except Exception:
        # whatever a model raises here, it does not support padding
        return False


def _padding_changes_nothing(model: Any, pad: int) -> bool:
    prompt = torch.arange(3, 9) % model.config.get_text_config().vocab_size
    settings = GenerationConfig(
        do_sample=False, max_new_tokens=2, pad_token_id=pad, output_logits=True, return_dict_in_generate=True
    )
    logits = []
    with _generation_config(model, settings):
        for prompts in ([prompt], [prompt, torch.cat([prompt, prompt])]):
            ids, mask = (tensor.to(model.device) for tensor in pad_prompts(prompts, pad))
            out = model.generate(ids, attention_mask=mask, generation_config=settings)
            logits.append(torch.stack([step[0] for step in out.logits]))
    return logits_match(logits[1][:1], logits[0][:1])


@contextmanager
def _generation_config(model: Any, settings: GenerationConfig) -> Iterator[None]:
    """Replace the model's own generation settings for a while: they could change an answer."""
    own, model.generation_config = model.generation_config, settings
    try:
        yield
    finally:
        model.generation_config = own


def _answer_length(written: list[int], ends: frozenset[int]) -> int:
    """Return the number of tokens of an answer, up to and including its first end token."""
    return next((position + 1 for position, token in enumerate(written) if token in ends), len(written))
