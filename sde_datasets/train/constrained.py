"""Decoding that writes nothing but answers of the design: llguidance says which tokens may follow."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from sde_datasets.errors import UsageError
from sde_datasets.formats.grammar import grammar_of
from sde_datasets.train.how import How
from sde_datasets.train.samples import Template

Pick = Callable[[torch.Tensor, list[int]], int]


def constrained(template: Template, tokenizer: Any, vocabulary: int, how: How) -> Callable[[str], Pick]:
    """For the id of a text, what picks its tokens: the most likely of those that may follow, or one drawn of them.

    vocabulary: how many logits the model gives. Raises UsageError where llguidance is not installed.
    """
    if find_spec("llguidance") is None:
        raise UsageError("--constrained needs llguidance: pip install 'sde-datasets[train]'")
    from llguidance import LLMatcher
    from llguidance.hf import from_tokenizer

    from sde_datasets.train.writer import sampler

    tokens = from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=tokenizer.eos_token_id)
    grammar = LLMatcher.grammar_from_lark(grammar_of(template.found, template.schema))
    drawn = sampler(how) if how.sample else None

    def of(id: str) -> Pick:
        matcher, pick = LLMatcher(tokens, grammar), drawn and drawn(id)

        def next_token(logits: torch.Tensor, written: list[int]) -> int:
            logits = logits.float().cpu().masked_fill(~allowed(matcher, vocabulary), -torch.inf)
            token = pick(logits, written) if pick else int(logits.argmax())
            matcher.consume_token(token)
            return token

        return next_token

    return of


def allowed(matcher: Any, vocabulary: int) -> torch.Tensor:
    """Which tokens may follow, as a truth value for each of the vocabulary."""
    bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
    return torch.from_numpy(bits[:vocabulary].astype(bool))
