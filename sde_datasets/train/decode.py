"""Writing answers to a batch of prompts with a causal language model: one prefix, many guesses checked at once.

Greedy answers are those of the model's own `generate`, up to rounding; sampled ones depend on the seed and the id of a
sample alone, not on the batch it stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from sde_datasets.train.drafts import Drafts

# a batch is packed again when so much of it is of no use any more: rows that have ended, places that nothing attends to
_WASTE = 0.25
# models whose attention goes by the places of a cache, which must then stay where they are
_BY_PLACE = ("gpt_neo", "mpt")


@dataclass
class Row:
    """A prompt in work: its number, its tokens, what was written so far, and how its next token is picked.

    limit: tokens of its answer at most. pick: gives the next token from the logits (vocabulary) and what was written;
    None for the most likely one.
    """

    number: int
    prompt: np.ndarray
    limit: int
    pick: Callable[[torch.Tensor, list[int]], int] | None = None
    written: list[int] = field(default_factory=list)
    ended: bool = False


class Decoder:
    """A model with the cache of the prefix that all prompts share."""

    def __init__(self, model: Any, ends: set[int], pad: int, drafts: int) -> None:
        """ends: tokens that end an answer. drafts: guesses at a time."""
        self._model, self._ends, self._pad = model, ends, pad
        self._simple = attends_to_all(model)
        self._drafts = Drafts(drafts if self._simple else 0)
        self._prefix: tuple[np.ndarray, Any] | None = None

    @torch.inference_mode()
    def write(self, rows: Sequence[Row], shared: int) -> None:
        """Write the answers of `rows`, whose prompts have their first `shared` tokens in common."""
        batch = _Batch(self, list(rows), shared if self._simple else 0)
        while batch.rows:
            batch.step()

    def prefix_cache(self, ids: np.ndarray, copies: int) -> DynamicCache:
        """The cache of the tokens that all prompts begin with, once for each row; computed once."""
        if self._prefix is None or not np.array_equal(self._prefix[0], ids):
            tokens = torch.from_numpy(ids.astype(np.int64))[None].to(self._model.device)
            cache = self._model(input_ids=tokens, use_cache=True, logits_to_keep=1).past_key_values
            self._prefix = (ids, [(layer.keys, layer.values) for layer in cache.layers])
        repeated = DynamicCache(config=self._model.config)
        for number, (keys, values) in enumerate(self._prefix[1]):
            repeated.update(keys.expand(copies, -1, -1, -1), values.expand(copies, -1, -1, -1), number)
        return repeated


class _Batch:
    """Rows that are written together. Prompts are padded on the left, after the shared prefix.

    A guess that was wrong stays in the cache as a place that nothing attends to, until the cache is packed.
    """

    def __init__(self, decoder: Decoder, rows: list[Row], shared: int) -> None:
        self._d, self.rows, self._model = decoder, rows, decoder._model
        device = self._model.device
        longest = max(len(row.prompt) for row in rows) - shared
        tokens = torch.full((len(rows), longest), decoder._pad, dtype=torch.long)
        self._seen = torch.ones((len(rows), shared + longest), dtype=torch.bool)
        for i, row in enumerate(rows):
            own = torch.from_numpy(row.prompt[shared:].astype(np.int64))
            tokens[i, longest - len(own) :] = own
            self._seen[i, shared : shared + longest - len(own)] = False
        self._seen = self._seen.to(device)
        positions = (self._seen.long().cumsum(1) - 1).clamp(min=0)
        self._next = positions[:, -1] + 1
        self._cache = decoder.prefix_cache(rows[0].prompt[:shared], len(rows)) if shared else None
        logits = self._run(tokens.to(device), positions[:, shared:], 1)
        self._take([[] for _ in rows], logits)
        self._pack()

    def step(self) -> None:
        """Put the last token of each row and the guesses after it through the model, and take what is right."""
        decoder, device = self._d, self._seen.device
        guesses = [self._guess(row) for row in self.rows]
        width = 1 + max(map(len, guesses))
        block = torch.full((len(self.rows), width), decoder._pad, dtype=torch.long)
        for i, (row, guess) in enumerate(zip(self.rows, guesses, strict=True)):
            block[i, : 1 + len(guess)] = torch.tensor([row.written[-1], *guess])
        across = torch.arange(width, device=device)
        self._seen = torch.cat([self._seen, self._seen.new_ones(len(self.rows), width)], 1)
        # a place behind the guesses of its row is of no use; it must not lie behind what a model has positions for
        last = torch.tensor([len(row.prompt) + row.limit - 1 for row in self.rows], device=device)
        positions = torch.minimum(self._next[:, None] + across, last[:, None])
        taken = self._take(guesses, self._run(block.to(device), positions, width))
        right = torch.tensor(taken, device=device)
        self._seen[:, -width:] = across < right[:, None]
        self._next = self._next + right
        self._pack()

    def _guess(self, row: Row) -> list[int]:
        """Guesses at what a row goes on with, and one token less than it may have, which the model writes itself."""
        if row.pick or row.ended:
            return []
        return self._d._drafts.guess(row.written)[: row.limit - len(row.written) - 1]

    def _run(self, tokens: torch.Tensor, positions: torch.Tensor, keep: int) -> torch.Tensor:
        out = self._model(
            input_ids=tokens,
            attention_mask=self._seen.long(),
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=keep,
        )
        self._cache = out.past_key_values
        return out.logits

    def _take(self, guesses: list[list[int]], logits: torch.Tensor) -> list[int]:
        """Add to each row the guesses that the model would have written, and the token after them; how many that is."""
        best, taken = logits.argmax(-1).tolist(), []
        for i, (row, guess) in enumerate(zip(self.rows, guesses, strict=True)):
            if row.ended:
                taken.append(0)
                continue
            if row.pick:
                best[i][0] = row.pick(logits[i, 0], row.written)
            right = next((n for n, token in enumerate(guess) if best[i][n] != token), len(guess))
            row.written += best[i][: right + 1]
            taken.append(right + 1)
        return taken

    def _ends(self, row: Row) -> bool:
        """True where a row has its end token or is as long as it may be; what stands after either is cut off."""
        for at, token in enumerate(row.written):
            if token in self._d._ends:
                del row.written[at + 1 :]
                return True
        return len(row.written) >= row.limit

    def _pack(self) -> None:
        """Mark the rows that have ended; where they are many, leave them and the places out that nothing attends to."""
        for row in self.rows:
            if not row.ended and self._ends(row):
                row.ended = True
                self._d._drafts.learn(row.written)
        going = [i for i, row in enumerate(self.rows) if not row.ended]
        few = len(going) > (1 - _WASTE) * len(self.rows)
        if going and few and not self._wasteful():
            return
        self.rows = [self.rows[i] for i in going]
        if not going:
            return
        index = torch.tensor(going, device=self._seen.device)
        self._seen, self._next = self._seen[index], self._next[index]
        if not self._d._simple:
            self._cache.batch_select_indices(index)
            return
        longest = int(self._seen.sum(1).max())
        # the places in use of each row, in their order, to the right
        order = torch.sort(self._seen.to(torch.int8), dim=1, stable=True).indices[:, -longest:]
        self._seen = self._seen.gather(1, order)
        for layer in self._cache.layers:
            layer.keys, layer.values = _gathered(layer.keys, index, order), _gathered(layer.values, index, order)

    def _wasteful(self) -> bool:
        return self._d._simple and int(self._seen.sum(1).max()) < (1 - _WASTE) * self._seen.shape[1]


def _gathered(states: torch.Tensor, rows: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """Some rows (batch) and places (length) of states of shape batch x heads x length x size."""
    states = states[rows]
    where = places[:, None, :, None].expand(-1, states.shape[1], -1, states.shape[3])
    return states.gather(2, where)


def attends_to_all(model: Any) -> bool:
    """True for a model whose every layer attends to all tokens before, so that its cache can be taken apart."""
    config = model.config.get_text_config()
    if config.model_type in _BY_PLACE:
        return False
    kinds = getattr(config, "layer_types", None)
    if kinds is not None:
        return set(kinds) == {"full_attention"}
    return getattr(config, "sliding_window", None) is None and not hasattr(config, "ssm_cfg")
