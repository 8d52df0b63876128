"""Prompts that let a reasoning model think before it answers, and the marks at the end of its thought.

A run learns its answers without thoughts, so the frame of its prompts has thinking switched off. With --thinking the
chat template is rendered again with thinking switched on, and the model writes its thought itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.runs.chat import PROMPT, ChatFrame, find_renderer

# tokens of the context for the marks around a thought, and a few to spare
MARKS_ROOM = 16
# the tags that end a thought; gpt-oss writes its thought into a channel of its own message
_CLOSING = ("</think>", "[/THINK]", "</thinking>", "</thought>", "</reasoning>")
_CHANNEL, _CHANNEL_END = "<|channel|>", "<|end|>"
_FINAL_CHANNEL = "<|start|>assistant<|channel|>final<|message|>"
_OPENING = re.compile(r"\s*(<(think|thinking|thought|reasoning)>|\[THINK\]|<\|channel\|>analysis<\|message\|>)")
_OPEN_END = re.compile(_OPENING.pattern + r"\s*$")
_OMIT = "Omit --thinking."


@dataclass(frozen=True)
class ThoughtMarks:
    """The marks of thoughts.

    close: the text that ends a thought, one token of the tokenizer. token: its id. between: the text after it, before
    the answer.
    """

    close: str
    token: int
    between: str

    @property
    def closing(self) -> str:
        """What ends a thought that is cut off at the budget, up to the answer."""
        return f"{self.close if self.close == _CHANNEL_END else chr(10) + self.close}{self.between}"

    def clean(self, written: str) -> str:
        """Return a thought without the marks around it."""
        thought = written.partition(self.close)[0]
        opening = _OPENING.match(thought)
        return thought[opening.end() if opening else 0 :].strip()

    def opens(self, written: str) -> bool:
        """Return True if a text begins with the mark that opens a thought."""
        return _OPENING.match(written) is not None

    def ends_open(self, prompt: str) -> bool:
        """Return True if the end of a prompt opens a thought, so that the model continues within it."""
        return _OPEN_END.search(prompt) is not None


def thinking_frame(tokenizer: Any, frame: ChatFrame, location: str) -> tuple[ChatFrame, ThoughtMarks]:
    """Return the frame of prompts with thinking switched on, and the marks of the thoughts that follow them.

    frame: that of the run. Raises InputError for a chat template that knows no thoughts.
    """
    renderer = replace(find_renderer(tokenizer, frame.system, location), thinking=True)
    before, _, after = renderer.render(PROMPT).partition(PROMPT)
    marks = _find_marks(tokenizer, frame, location)
    return replace(frame, before=before, after=after, as_asked=False), marks


def _find_marks(tokenizer: Any, frame: ChatFrame, location: str) -> ThoughtMarks:
    template = str(tokenizer.chat_template)
    if _CHANNEL in template and (token := _token(tokenizer, _CHANNEL_END)) is not None:
        return ThoughtMarks(_CHANNEL_END, token, _FINAL_CHANNEL)
    for close in _CLOSING:
        token = _token(tokenizer, close)
        if token is not None and close in template:
            # the run has learned its answers after this text
            _, found, between = frame.after.rpartition(close)
            return ThoughtMarks(close, token, between if found else "\n\n")
    raise InputError(location, "has a chat template without thoughts", _OMIT)


def _token(tokenizer: Any, text: str) -> int | None:
    """Return the id of a text that is one token; None if it is not."""
    token = tokenizer.convert_tokens_to_ids(text)
    return None if token in (None, tokenizer.unk_token_id) else int(token)
