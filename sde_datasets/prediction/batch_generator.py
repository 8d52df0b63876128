"""Answer many texts: prompts are sorted by length in windows, so that there is little padding in a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from sde_datasets.designs.design import INLINE
from sde_datasets.prediction.completion import TOO_LONG, Completion
from sde_datasets.prediction.copy_drafts import CopyDrafts, MarkMemory
from sde_datasets.prediction.engine import GenerationRequest, TokenWriter
from sde_datasets.prediction.sampling import PickerFactory, stop_at
from sde_datasets.prediction.thinking import Thinking
from sde_datasets.runs.encoding import EncodedSample, SampleEncoder, TooLong, shared_prefix_length

# number of prompts that are sorted together
WINDOW = 2048


class BatchGenerator:
    """Answer texts with a writer of tokens."""

    def __init__(
        self,
        writer: TokenWriter,
        tokenizer: Any,
        encoder: SampleEncoder,
        ends: set[int],
        limit: int,
        room: int | None = None,
        pickers: PickerFactory | None = None,
        thinking: Thinking | None = None,
        stop: str = "",
    ) -> None:
        """Create a generator.

        ends: tokens that end an answer. limit: the most tokens of an answer. room: tokens of the context that every
        prompt leaves free for its answer, by default `limit`. pickers: choose the tokens of each answer; None for
        greedy decoding. thinking: the model writes a thought before each answer. stop: a text that ends an answer too.
        """
        self._writer, self._tokenizer, self._encoder, self.ends = writer, tokenizer, encoder, frozenset(ends)
        self._limit, self._pickers, self._thinking, self._stop = limit, pickers, thinking, stop
        self._room = min(limit, room or limit) + (thinking.room if thinking else 0)
        self._constant = len(encoder.encode_prefix(encoder.template.prefix))
        self._marks = MarkMemory() if encoder.template.design.format == INLINE else None

    def generate(self, texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Completion]]:
        """Yield the completion for each (id, text): window by window, and in a window the longest prompts first."""
        texts = iter(texts)
        while window := list(islice(texts, WINDOW)):
            yield from self._generate_window(window)

    def encode(self, text: str) -> EncodedSample:
        """Encode the prompt of a text; it leaves room for an answer. Raises TooLong."""
        return self._encoder.encode_prompt(text, self._encoder.context - self._room)

    def request(self, id: str, prompt: np.ndarray, text: str = "") -> GenerationRequest:
        """Return the request for the prompt of a text; its limit is what the context has left."""
        limit = min(self._limit, self._encoder.context - len(prompt))
        pick = self._pickers(id, text) if self._pickers else None
        if self._stop and not self._writer.samples:
            pick = stop_at(self._stop, self._tokenizer, min(self.ends), pick)
        copy = CopyDrafts(text, self._tokenizer, self._encoder.end, self._marks) if self._marks else None
        return GenerationRequest(id, prompt, limit, self.ends, pick, self._stop, copy)

    def _generate_window(self, window: list[tuple[str, str]]) -> Iterator[tuple[str, Completion]]:
        prompts: list[tuple[str, EncodedSample]] = []
        texts: dict[str, str] = {}
        for id, text in window:
            try:
                prompt = self.encode(text)
                prompts.append((id, prompt))
                texts[id] = text[: len(text) - prompt.truncated_chars]
            except TooLong:
                yield id, Completion("", 0, 0, TOO_LONG)
        prompts.sort(key=lambda item: -len(item[1].ids))
        # the model needs at least one token of each prompt, after which the answer starts
        shared = min(self._constant, shared_prefix_length([p.ids for _, p in prompts]) - 1) if prompts else 0
        size = self._writer.batch or len(prompts)
        for start in range(0, len(prompts), size or 1):
            batch = prompts[start : start + size]
            answers = self._answer([(id, prompt.ids) for id, prompt in batch], texts, max(shared, 0))
            for (id, prompt), answer in zip(batch, answers, strict=True):
                yield id, answer._replace(prompt_tokens=len(prompt.ids), cut=prompt.truncated_chars)

    def _answer(self, prompts: list[tuple[str, np.ndarray]], texts: dict[str, str], shared: int) -> list[Completion]:
        """Return the completion of each (id, prompt), without what only the prompt decides. texts: by id."""
        if self._thinking is None:
            return [self._completion(request) for request in self._write(prompts, texts, shared)]
        thoughts = [self._thinking.request(id, prompt, self.ends) for id, prompt in prompts]
        self._writer.generate(thoughts, shared)
        # an answer that the model gives without a thought is complete
        continued = [self._thinking.continued(thought) for thought in thoughts if self._thinking.has_thought(thought)]
        answers = iter(self._write(continued, texts, shared) if continued else [])
        return [
            self._completion(next(answers))._replace(
                reasoning=self._thinking.text(thought), reasoning_tokens=len(thought.written)
            )
            if self._thinking.has_thought(thought)
            else self._completion(thought)
            for thought in thoughts
        ]

    def _write(
        self, prompts: list[tuple[str, np.ndarray]], texts: dict[str, str], shared: int
    ) -> list[GenerationRequest]:
        requests = [self.request(id, prompt, texts[id]) for id, prompt in prompts]
        self._writer.generate(requests, shared)
        return requests

    def _completion(self, request: GenerationRequest) -> Completion:
        written = request.written
        ended = bool(written) and written[-1] in self.ends
        text = self._tokenizer.decode(written[:-1] if ended else written, clean_up_tokenization_spaces=False)
        if self._stop:
            text = text.partition(self._stop)[0]
        return Completion(text, 0, len(written), "end" if ended else "length")
