"""Choose the next token of an answer: sample it, or restrict it to valid answers of the design by llguidance."""

from __future__ import annotations

import threading
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
import torch

from sde_datasets.designs.design import INLINE
from sde_datasets.errors import InputError, UsageError
from sde_datasets.formats.copy_grammar import copy_grammar
from sde_datasets.formats.grammar import grammar_of
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.runs.samples import ConfigTemplate

# bytes of the stack on which the grammar of a text is made
_STACK = 256 << 20
# returns the next token from the logits (vocabulary) and the tokens written so far
TokenPicker = Callable[[torch.Tensor, list[int]], int]
# the last tokens in which the text that ends an answer is looked for
_LOOK_BACK = 8


class PickerFactory(Protocol):
    """Returns the token picker for an answer: by the id of the sample, and its text where the design copies it."""

    def __call__(self, id: str, text: str = "") -> TokenPicker: ...


def make_sampler(options: GenerationOptions) -> PickerFactory:
    """Return a factory of pickers that sample from softmax(logits / temperature), limited to `top_p`.

    `top_p` keeps the most likely tokens whose probabilities add up to it. The random numbers depend on seed and id.
    """

    def make_picker(id: str, text: str = "") -> TokenPicker:
        generator = torch.Generator().manual_seed(seed_of(options.seed, id))

        def pick(logits: torch.Tensor, written: list[int]) -> int:
            probabilities, tokens = (logits.float().cpu() / options.temperature).softmax(-1).sort(descending=True)
            probabilities[probabilities.cumsum(0) - probabilities >= options.top_p] = 0
            return int(tokens[torch.multinomial(probabilities, 1, generator=generator)])

        return pick

    return make_picker


def stop_at(stop: str, tokenizer: Any, end: int, pick: TokenPicker | None) -> TokenPicker:
    """Return a picker that takes the token `end` once the text `stop` is written, and before it those of `pick`.

    pick: None for the most likely tokens.
    """

    def pick_or_stop(logits: torch.Tensor, written: list[int]) -> int:
        # each character of `stop` has at least one token of its own, or shares one with its neighbours
        last = tokenizer.decode(written[-_LOOK_BACK:], clean_up_tokenization_spaces=False)
        if stop in last:
            return end
        return pick(logits, written) if pick else int(logits.argmax())

    return pick_or_stop


def seed_of(seed: int, id: str) -> int:
    """Return the seed of an answer (64 bits, signed) from that of the options and the id of its sample."""
    return int.from_bytes(sha256(f"{seed}:{id}".encode()).digest()[:8], "big", signed=True)


def make_grammar_picker(
    template: ConfigTemplate, tokenizer: Any, end: int, vocabulary: int, options: GenerationOptions
) -> PickerFactory:
    """Return a factory of pickers that take only tokens of a valid answer: the most likely one, or a sampled one.

    end: the token that ends an answer. vocabulary: the number of logits of the model. Raises UsageError if llguidance
    is not installed; the pickers raise InputError if llguidance fails.
    """
    if find_spec("llguidance") is None:
        raise UsageError("--constrained needs llguidance: pip install 'sde-datasets[train]'")
    from llguidance import LLMatcher
    from llguidance.hf import from_tokenizer

    # a tokenizer may have tokens without logits in the model
    tokens = from_tokenizer(tokenizer, n_vocab=max(vocabulary, len(tokenizer)), eos_token=end)
    is_inline = template.design.format == INLINE
    fixed = None if is_inline else LLMatcher.grammar_from_lark(grammar_of(template.design, template.schema))
    make_sampled_picker = make_sampler(options) if options.sample else None

    def make_matcher(text: str) -> LLMatcher:
        if fixed is not None:
            return LLMatcher(tokens, fixed, log_level=0)
        try:
            grammar = copy_grammar(template.design, template.schema, text)
        except ValueError as error:
            raise InputError("--constrained", str(error), "Omit --constrained.") from error
        return with_deep_stack(lambda: LLMatcher(tokens, LLMatcher.grammar_from_lark(grammar), log_level=0))

    def make_picker(id: str, text: str = "") -> TokenPicker:
        matcher = make_matcher(text)
        sample = make_sampled_picker(id) if make_sampled_picker else None

        def pick(logits: torch.Tensor, written: list[int]) -> int:
            # a matcher with an error is stopped too
            if matcher.is_stopped() and not matcher.is_error():
                return end
            mask = allowed_tokens(matcher, vocabulary)
            _check_matcher(matcher, not matcher.is_error() and bool(mask.any()))
            logits = logits.float().cpu().masked_fill(~mask, -torch.inf)
            token = sample(logits, written) if sample else int(logits.argmax())
            _check_matcher(matcher, matcher.consume_token(token))
            return token

        return pick

    return make_picker


def with_deep_stack(make: Callable[[], Any]) -> Any:
    """Return what `make` returns, called on a stack on which llguidance can follow the rules of a long text."""
    made: list[Any] = []
    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=lambda: made.append(make()))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return made[0]


def allowed_tokens(matcher: Any, vocabulary: int) -> torch.Tensor:
    """Return a mask (vocabulary) of the tokens that the grammar allows next."""
    bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
    return torch.from_numpy(bits[:vocabulary].astype(bool))


def _check_matcher(matcher: Any, ok: bool) -> None:
    if not ok:
        reason = (matcher.get_error().splitlines() or ["no token may follow"])[0]
        raise InputError("--constrained", f"llguidance cannot continue ({reason})", "Omit --constrained.")
