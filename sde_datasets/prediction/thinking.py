"""Thoughts of reasoning models: written first, within a budget of tokens, and kept apart from the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sde_datasets.prediction.engine import GenerationRequest
from sde_datasets.prediction.sampling import PickerFactory
from sde_datasets.runs.thought_marks import MARKS_ROOM, ThoughtMarks


@dataclass(frozen=True)
class Thinking:
    """How thoughts are written before answers. budget: the most tokens of a thought.

    opened: the prompt itself opens the thought. samplers: choose the tokens of thoughts; None for greedy decoding.
    """

    tokenizer: Any
    marks: ThoughtMarks
    budget: int
    opened: bool
    samplers: PickerFactory | None = None

    @property
    def room(self) -> int:
        """The tokens of the context that a prompt leaves free for its thought."""
        return self.budget + MARKS_ROOM

    def request(self, id: str, prompt: np.ndarray, ends: frozenset[int]) -> GenerationRequest:
        """Return the request for the thought after a prompt; an end of the answer ends it too."""
        pick = self.samplers(id) if self.samplers else None
        return GenerationRequest(id, prompt, self.budget, ends | {self.marks.token}, pick)

    def has_thought(self, thought: GenerationRequest) -> bool:
        """Return False if the model gave its answer without a thought: an end token before any mark."""
        if thought.written[-1:] and thought.written[-1] in thought.ends - {self.marks.token}:
            return self.opened or self.marks.opens(self._decode(thought.written))
        return True

    def continued(self, thought: GenerationRequest) -> tuple[str, np.ndarray]:
        """Return the id and the prompt of the answer: the prompt, its thought, and the marks that end the thought."""
        marks, written = self.marks, thought.written
        if written and written[-1] == marks.token:
            closing = marks.between
        else:
            written = written[:-1] if written and written[-1] in thought.ends else written
            closing = marks.closing
        tokens = self.tokenizer(closing, add_special_tokens=False)["input_ids"] if closing else []
        return thought.id, np.concatenate([thought.prompt, np.array(written + tokens, np.int32)])

    def text(self, thought: GenerationRequest) -> str:
        """Return a thought without the marks around it."""
        ended = bool(thought.written) and thought.written[-1] in thought.ends
        return self.marks.clean(self._decode(thought.written[:-1] if ended else thought.written))

    def _decode(self, tokens: list[int]) -> str:
        return str(self.tokenizer.decode(tokens, clean_up_tokenization_spaces=False))
