"""Speculative decoding of a batch of prompts: the shared prefix is computed once, several proposed tokens per pass.

Greedy answers equal those of the model's own `generate`, up to rounding; sampled ones depend only on the seed and the
id of a sample, not on the other samples of its batch. For models with a supported cache (see cache_probe.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from sde_datasets.prediction.engine import GenerationRequest
from sde_datasets.prediction.ngram_drafts import NGramDrafter

# the share of a batch (finished rows, masked positions) from which it is compacted
_WASTE = 0.25


class SpeculativeDecoder:
    """The engine `local`: write answers with a model; keeps the cache of the last shared prefix."""

    samples = False

    def __init__(self, model: Any, pad: int, batch: int, draft_length: int, cache: str) -> None:
        """pad: the id of padding. batch: answers at a time. cache: the name of the model's cache argument."""
        self.model, self.pad, self.cache = model, pad, cache
        self.batch: int | None = batch
        self.drafter = NGramDrafter(draft_length)
        self._prefix: tuple[np.ndarray, list[tuple[torch.Tensor, torch.Tensor]]] | None = None

    @torch.inference_mode()
    def generate(self, requests: Sequence[GenerationRequest], shared: int) -> None:
        """Write the answers of `requests`, whose prompts share their first `shared` tokens."""
        batch = _BatchState(self, list(requests), shared)
        while batch.requests:
            batch.step()

    def prefix_cache(self, ids: np.ndarray, copies: int) -> DynamicCache:
        """Return the cache of the shared prefix, repeated for each row; computed once for each prefix."""
        if self._prefix is None or not np.array_equal(self._prefix[0], ids):
            tokens = torch.from_numpy(ids.astype(np.int64))[None].to(self.model.device)
            cache = self.model(input_ids=tokens, use_cache=True, logits_to_keep=1)[self.cache]
            self._prefix = (ids, [(layer.keys, layer.values) for layer in cache.layers])
        repeated = DynamicCache(config=self.model.config)
        for number, (keys, values) in enumerate(self._prefix[1]):
            repeated.update(keys.expand(copies, -1, -1, -1), values.expand(copies, -1, -1, -1), number)
        return repeated


class _BatchState:
    """The requests of a batch with their cache. Prompts are padded on the left, after the shared prefix.

    A rejected proposal stays in the cache as a masked position until the cache is compacted.
    """

    def __init__(self, decoder: SpeculativeDecoder, requests: list[GenerationRequest], shared: int) -> None:
        self._decoder, self.requests = decoder, requests
        device = decoder.model.device
        longest = max(len(request.prompt) for request in requests) - shared
        tokens = torch.full((len(requests), longest), decoder.pad, dtype=torch.long)
        # batch x length: the positions of the cache that tokens attend to
        mask = torch.ones((len(requests), shared + longest), dtype=torch.bool)
        for i, request in enumerate(requests):
            own = torch.from_numpy(request.prompt[shared:].astype(np.int64))
            tokens[i, longest - len(own) :] = own
            mask[i, shared : shared + longest - len(own)] = False
        self._mask = mask.to(device)
        positions = (self._mask.long().cumsum(1) - 1).clamp(min=0)
        self._next_position = positions[:, -1] + 1
        self._cache: Any = decoder.prefix_cache(requests[0].prompt[:shared], len(requests)) if shared else None
        logits = self._forward(tokens.to(device), positions[:, shared:], 1)
        self._accept([[] for _ in requests], logits)
        self._compact()

    def step(self) -> None:
        """Run the model on the last token of each request and its proposals, and keep the correct ones."""
        device = self._mask.device
        proposals = [self._propose(request) for request in self.requests]
        width = 1 + max(map(len, proposals))
        block = torch.full((len(self.requests), width), self._decoder.pad, dtype=torch.long)
        for i, (request, proposal) in enumerate(zip(self.requests, proposals, strict=True)):
            block[i, : 1 + len(proposal)] = torch.tensor([request.written[-1], *proposal])
        columns = torch.arange(width, device=device)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(self.requests), width)], 1)
        # the padding of a short proposal must not have a position beyond those of the model
        last = torch.tensor([len(request.prompt) + request.limit - 1 for request in self.requests], device=device)
        positions = torch.minimum(self._next_position[:, None] + columns, last[:, None])
        logits = self._forward(block.to(device), positions, width)
        accepted = torch.tensor(self._accept(proposals, logits), device=device)
        self._mask[:, -width:] = columns < accepted[:, None]
        self._next_position = self._next_position + accepted
        self._compact()

    def _propose(self, request: GenerationRequest) -> list[int]:
        """Return proposals for a request, at most one less than its free tokens: the model writes one itself."""
        if request.pick or request.ended:
            return []
        drafter = self._decoder.drafter
        proposal = request.copy.propose(request.written) if request.copy else drafter.propose(request.written)
        return proposal[: request.limit - len(request.written) - 1]

    def _forward(self, tokens: torch.Tensor, positions: torch.Tensor, keep: int) -> torch.Tensor:
        """Return the logits of the last `keep` tokens (batch x keep x vocabulary)."""
        out = self._decoder.model(
            input_ids=tokens,
            attention_mask=self._mask.long(),
            position_ids=positions,
            use_cache=True,
            logits_to_keep=keep,
            **{self._decoder.cache: self._cache},
        )
        self._cache = out[self._decoder.cache]
        return out.logits

    def _accept(self, proposals: list[list[int]], logits: torch.Tensor) -> list[int]:
        """Add the correct proposals and the token after them to each request; return how many tokens were added."""
        best, accepted = logits.argmax(-1).tolist(), []
        for i, (request, proposal) in enumerate(zip(self.requests, proposals, strict=True)):
            if request.ended:
                accepted.append(0)
                continue
            if request.pick:
                best[i][0] = request.pick(logits[i, 0], request.written)
            correct = next((n for n, token in enumerate(proposal) if best[i][n] != token), len(proposal))
            request.written += best[i][: correct + 1]
            accepted.append(correct + 1)
        return accepted

    def _is_finished(self, request: GenerationRequest) -> bool:
        """Return True if a request has its end token or its most tokens; drop tokens after the end token."""
        for position, token in enumerate(request.written):
            if token in request.ends:
                del request.written[position + 1 :]
                return True
        return len(request.written) >= request.limit

    def _compact(self) -> None:
        """Mark finished requests; if there are many, remove them and the masked positions from the cache."""
        for request in self.requests:
            if not request.ended and self._is_finished(request):
                request.ended = True
                if request.copy:
                    request.copy.finish(request.written)
                else:
                    self._decoder.drafter.update(request.written)
        active = [i for i, request in enumerate(self.requests) if not request.ended]
        mostly_active = len(active) > (1 - _WASTE) * len(self.requests)
        if active and mostly_active and not self._is_wasteful():
            return
        self.requests = [self.requests[i] for i in active]
        if not active:
            return
        rows = torch.tensor(active, device=self._mask.device)
        self._mask, self._next_position = self._mask[rows], self._next_position[rows]
        longest = int(self._mask.sum(1).max())
        # the positions in use of each row, in order, on the right
        order = torch.sort(self._mask.to(torch.int8), dim=1, stable=True).indices[:, -longest:]
        self._mask = self._mask.gather(1, order)
        for layer in self._cache.layers:
            layer.keys, layer.values = gather_states(layer.keys, rows, order), gather_states(layer.values, rows, order)

    def _is_wasteful(self) -> bool:
        return int(self._mask.sum(1).max()) < (1 - _WASTE) * self._mask.shape[1]


def gather_states(states: torch.Tensor, rows: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Select rows (batch) and positions (batch x length) of states of shape batch x heads x length x size."""
    states = states[rows]
    index = positions[:, None, :, None].expand(-1, states.shape[1], -1, states.shape[3])
    return states.gather(2, index)
