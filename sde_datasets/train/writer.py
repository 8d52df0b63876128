"""Answers to many texts: windows of prompts are sorted by length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch

from sde_datasets.train.decode import Decoder, Row
from sde_datasets.train.how import BATCH, How
from sde_datasets.train.tokens import Encoded, Encoder, TooLong, shared_prefix

# prompts that are sorted together
WINDOW = 2048
# guesses at a time: more cost more where they are wrong
DRAFTS = 5


class Answered(NamedTuple):
    """What a model wrote to a text. stop: `end`, `length`, or `too long` where the prompt did not fit; `cut`: how many
    characters of the text were left out so that it did.
    """

    text: str
    prompt_tokens: int
    tokens: int
    stop: str
    cut: int = 0


class Writer:
    """A model that answers texts."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        encoder: Encoder,
        ends: set[int],
        limit: int,
        room: int | None = None,
        batch: int = BATCH,
        picker: Callable[[str], Callable[[torch.Tensor, list[int]], int]] | None = None,
        drafts: int = DRAFTS,
    ) -> None:
        """limit: tokens of an answer at most. room: how many of them every prompt leaves free, by default all.

        picker: for the id of a text, what picks its tokens; None for greedy.
        """
        self._tokenizer, self._encoder, self.ends, self._limit, self._batch = tokenizer, encoder, ends, limit, batch
        self._picker, self._model, self._room = picker, model, min(limit, room or limit)
        self._decoder = Decoder(model, ends, tokenizer.pad_token_id, drafts)
        self._constant = len(encoder.plain(encoder.template.prefix))

    def write(self, texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Answered]]:
        """The answer to each (id, text), window by window and the longest prompts first, not in the order given."""
        self._model.eval()
        texts = iter(texts)
        while window := list(islice(texts, WINDOW)):
            yield from self._window(window)

    def prompt(self, text: str) -> Encoded:
        """The tokens of a text's prompt, which leave room for an answer. Raises TooLong."""
        return self._encoder.prompt(text, self._encoder.context - self._room)

    def row(self, number: int, id: str, prompt: Encoded) -> Row:
        """A prompt to be answered, in as many tokens as the context has left."""
        limit = min(self._limit, self._encoder.context - len(prompt.ids))
        return Row(number, prompt.ids, limit, self._picker and self._picker(id))

    def _window(self, window: list[tuple[str, str]]) -> Iterator[tuple[str, Answered]]:
        prompts = []
        for id, text in window:
            try:
                prompts.append((id, self.prompt(text)))
            except TooLong:
                yield id, Answered("", 0, 0, "too long")
        prompts.sort(key=lambda each: -len(each[1].ids))
        # every prompt needs a token of its own, from which its answer goes on
        shared = min(self._constant, shared_prefix([each.ids for _, each in prompts]) - 1) if prompts else 0
        for start in range(0, len(prompts), self._batch):
            some = prompts[start : start + self._batch]
            rows = [self.row(i, id, each) for i, (id, each) in enumerate(some)]
            self._decoder.write(rows, max(shared, 0))
            for (id, each), row in zip(some, rows, strict=True):
                yield id, self._answered(each.ids, each.cut, row.written)

    def _answered(self, prompt: np.ndarray, cut: int, written: list[int]) -> Answered:
        ended = bool(written) and written[-1] in self.ends
        text = self._tokenizer.decode(written[:-1] if ended else written, clean_up_tokenization_spaces=False)
        return Answered(text, len(prompt), len(written), "end" if ended else "length", cut)


def sampler(how: How) -> Callable[[str], Callable[[torch.Tensor, list[int]], int]]:
    """Draws tokens for each id: softmax(logits / temperature), of it the most likely tokens that make up `top_p`."""
    from hashlib import sha256

    def of(id: str) -> Callable[[torch.Tensor, list[int]], int]:
        seed = int.from_bytes(sha256(f"{how.seed}:{id}".encode()).digest()[:8], "big", signed=True)
        generator = torch.Generator().manual_seed(seed)

        def pick(logits: torch.Tensor, written: list[int]) -> int:
            shares, tokens = (logits.float().cpu() / how.temperature).softmax(-1).sort(descending=True)
            shares[shares.cumsum(0) - shares >= how.top_p] = 0
            return int(tokens[torch.multinomial(shares, 1, generator=generator)])

        return pick

    return of
