"""The requests that a server gets for the prompts of a run; `serve` prints one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sde_datasets.runs.chat import ChatFrame
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.runs.thought_marks import ThoughtMarks

# as for local prompts: models that can think are asked not to
_NO_THINKING = {"chat_template_kwargs": {"enable_thinking": False}}
# a whole chat prompt contains its BOS token as text
_NO_SPECIAL_TOKENS = {"add_special_tokens": False}


@dataclass(frozen=True)
class ServerThinking:
    """How a server writes thoughts: in a request before that of the answer. budget: the most tokens of a thought."""

    marks: ThoughtMarks
    budget: int


@dataclass(frozen=True)
class PromptFormat:
    """How prompts are sent.

    frame: the chat markup around a prompt; None for a run without. messages: the server adds the markup itself;
    otherwise it gets the whole text. thinking: the model thinks before its answer, which needs the whole text.
    """

    frame: ChatFrame | None = None
    messages: bool = False
    thinking: ServerThinking | None = None

    def prompt(self, template: ConfigTemplate, text: str) -> dict[str, Any]:
        """Return the part of a request that holds the prompt of a text: `messages` or `prompt`."""
        frame = self.frame
        if frame and self.messages:
            system = [{"role": "system", "content": frame.system}] if frame.system else []
            return {"messages": [*system, {"role": "user", "content": template.prompt(text)}]}
        return {"prompt": (frame.wrap(template) if frame else template).prompt(text)}

    def extra(self, ends: Sequence[int]) -> dict[str, Any]:
        """Return the fields beyond OpenAI's own protocol. ends: the tokens that end an answer."""
        fields: dict[str, Any] = {"stop_token_ids": list(ends)} if ends else {}
        if self.frame:
            fields |= _NO_THINKING if self.messages else _NO_SPECIAL_TOKENS
        return fields
