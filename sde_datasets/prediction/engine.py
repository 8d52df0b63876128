"""Engines: what writes the answers. All of them complete the prompts of (id, text) pairs (`Engine`).

local      decoder.py        the model in this process, with the shared prefix and proposals
generate   generation.py     the model in this process, through its own `generate`
vllm       vllm_engine.py    the model in this process, loaded by vLLM
server     server.py         a server with OpenAI's protocol

The first three write tokens for prompts of tokens (`TokenWriter`); `BatchGenerator` makes an engine of a writer. `auto`
is `server` with --endpoint, else `local`, and `generate` for models that `local` does not support.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sde_datasets.prediction.completion import Completion
from sde_datasets.runs.samples import ConfigTemplate

if TYPE_CHECKING:
    from sde_datasets.prediction.copy_drafts import CopyDrafts
    from sde_datasets.prediction.sampling import TokenPicker


class Engine(Protocol):
    """What completes prompts. endpoint, served_model: address and model of a server; empty for other engines."""

    @property
    def endpoint(self) -> str: ...

    @property
    def served_model(self) -> str: ...

    def generate(self, texts: Iterable[tuple[str, str]], template: ConfigTemplate) -> Iterator[tuple[str, Completion]]:
        """Yield the completion of each (id, text) under a template, in any order."""


@dataclass
class GenerationRequest:
    """A prompt and the answer that is being written to it.

    id: of the sample. prompt: token ids. limit: the most tokens of the answer. ends: tokens that end it. pick: chooses
    the next token; None for the most likely one. stop: a text that ends the answer too; writers that sample by the
    generation options look for it, for all others `pick` does. copy: proposes the tokens of an answer that copies its
    text. written: the tokens of the answer so far, with its end token.
    """

    id: str
    prompt: np.ndarray
    limit: int
    ends: frozenset[int]
    pick: TokenPicker | None = None
    stop: str = ""
    copy: CopyDrafts | None = None
    written: list[int] = field(default_factory=list)
    ended: bool = False


class TokenWriter(Protocol):
    """Writes answers to prompts of tokens.

    batch: the most requests at a time; None if the writer takes any number and divides them itself.
    samples: it samples by the generation options, and does not use `GenerationRequest.pick`.
    """

    batch: int | None
    samples: bool

    def generate(self, requests: Sequence[GenerationRequest], shared: int) -> None:
        """Write the answers of `requests`, whose prompts share their first `shared` tokens."""
