"""Decoding that writes nothing but answers of the design: llguidance says which tokens may follow."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from sde_datasets.errors import InputError, UsageError
from sde_datasets.formats.grammar import grammar_of
from sde_datasets.train.how import How
from sde_datasets.train.samples import Template

Pick = Callable[[torch.Tensor, list[int]], int]


def constrained(template: Template, tokenizer: Any, end: int, vocabulary: int, how: How) -> Callable[[str], Pick]:
    """For the id of a text, what picks its tokens: the most likely of those that may follow, or one drawn of them.

    end: the token that ends an answer. vocabulary: how many logits the model gives. Raises UsageError where llguidance
    is not installed; what picks raises InputError where llguidance cannot go on.
    """
    if find_spec("llguidance") is None:
        raise UsageError("--constrained needs llguidance: pip install 'sde-datasets[train]'")
    from llguidance import LLMatcher
    from llguidance.hf import from_tokenizer

    from sde_datasets.train.writer import sampler

    # a tokenizer may hold tokens that the model has no logits for
    tokens = from_tokenizer(tokenizer, n_vocab=max(vocabulary, len(tokenizer)), eos_token=end)
    grammar = LLMatcher.grammar_from_lark(grammar_of(template.found, template.schema))
    drawn = sampler(how) if how.sample else None

    def of(id: str) -> Pick:
        matcher, pick = LLMatcher(tokens, grammar, log_level=0), drawn and drawn(id)

        def next_token(logits: torch.Tensor, written: list[int]) -> int:
            # a matcher with an error has stopped, too
            if matcher.is_stopped() and not matcher.is_error():
                return end
            may = allowed(matcher, vocabulary)
            _check(matcher, not matcher.is_error() and bool(may.any()))
            logits = logits.float().cpu().masked_fill(~may, -torch.inf)
            token = pick(logits, written) if pick else int(logits.argmax())
            _check(matcher, matcher.consume_token(token))
            return token

        return next_token

    return of


def allowed(matcher: Any, vocabulary: int) -> torch.Tensor:
    """Which tokens may follow, as a truth value for each of the vocabulary."""
    bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
    return torch.from_numpy(bits[:vocabulary].astype(bool))


def _check(matcher: Any, right: bool) -> None:
    if not right:
        why = (matcher.get_error().splitlines() or ["no token may follow"])[0]
        raise InputError("--constrained", f"llguidance cannot go on ({why})", "Leave --constrained out.")
