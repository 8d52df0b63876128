"""The text that a chat template puts around a prompt: rendered once, when a run starts, and stored in its folder.

A template may depend on the date or on the release of a library, so a second rendering could give another prompt.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.runs.samples import ConfigTemplate

# markers that no text contains and no template changes
PROMPT, _ANSWER = "\x02prompt\x02", "\x02answer\x02"
_NO_CHAT = "Omit --chat."
_NEEDS_SYSTEM = "Give a system message: --system TEXT."


@dataclass(frozen=True)
class ChatFrame:
    """The text around a prompt, and the token that ends an answer.

    before, after: the text around the user message; `after` ends where the answer begins.
    trimmed: the template strips white space from the edges of a user message.
    end: the id of the token that ends the turn.
    as_asked: a server that applies the template renders this same prompt; otherwise it needs the whole text.
    system: the system message.
    """

    before: str
    after: str
    trimmed: bool
    end: int
    as_asked: bool
    system: str = ""

    def wrap(self, template: ConfigTemplate) -> ConfigTemplate:
        """Return the prompt template with the chat markup around it."""
        prefix, suffix = template.prefix, template.suffix
        if self.trimmed:
            prefix, suffix = prefix.lstrip(), suffix.rstrip()
        return replace(template, prefix=self.before + prefix, suffix=suffix + self.after)

    def to_dict(self) -> dict[str, Any]:
        """Return the frame as about.json stores it."""
        return asdict(self)


def chat_frame(tokenizer: Any, system: str, location: str) -> tuple[ChatFrame, str]:
    """Render the frame of a tokenizer's chat template; also return a note if its two renderings differ, else "".

    A template renders a prompt that waits for an answer, and a conversation that contains the answer. The frame is the
    text before the answer in the conversation, because the model learned from conversations. The conversation alone
    has the channel marks of Harmony, and the waiting prompt alone has the open thought of templates that force one.

    location: names the model in errors. Raises InputError for a tokenizer without a template, and for a template that
    fails, drops the user message or drops the assistant message.
    """
    if not tokenizer.chat_template:
        raise InputError(location, "has no chat template", f"{_NO_CHAT[:-1]}, or use the chat version of the model.")
    renderer = find_renderer(tokenizer, system, location)
    waiting, conversation = renderer.render(PROMPT), renderer.render(PROMPT, _ANSWER)
    rendered, found, tail = conversation.partition(_ANSWER)
    if not found or PROMPT not in rendered:
        raise InputError(location, "has a chat template that drops the assistant message", _NO_CHAT)
    before, _, after = rendered.partition(PROMPT)
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    ids = tokenizer(tail, add_special_tokens=False)["input_ids"]
    end = next((token for token in ids if token in special), tokenizer.eos_token_id)
    trimmed = f" {PROMPT} " not in renderer.render(f" {PROMPT} ")
    frame = ChatFrame(before, after, trimmed, end, as_asked=rendered == waiting, system=system)
    return frame, _difference_note(waiting, rendered)


@dataclass(frozen=True)
class Renderer:
    """Render conversations in the form that a template accepts: contents as text or as a list of parts.

    thinking: a prompt that waits for an answer lets the model think first.
    """

    tokenizer: Any
    system: str
    parts: bool
    thinking: bool = False

    def render(self, prompt: str, answer: str | None = None) -> str:
        """Render a prompt that waits for an answer, or a conversation. Raises whatever the template raises."""
        messages = [("system", self.system)] if self.system else []
        messages += [("user", prompt)] + ([("assistant", answer)] if answer is not None else [])
        # the design decides what an answer contains, so thinking is switched off unless it is asked for
        return self.tokenizer.apply_chat_template(
            [{"role": role, "content": self._content(text)} for role, text in messages],
            tokenize=False,
            add_generation_prompt=answer is None,
            enable_thinking=self.thinking,
        )

    def _content(self, text: str) -> Any:
        return [{"type": "text", "text": text}] if self.parts else text


def find_renderer(tokenizer: Any, system: str, location: str) -> Renderer:
    """Return the renderer for the form that a template accepts. Raises InputError if it accepts none."""
    failure: Exception | None = None
    for parts in (False, True):
        renderer = Renderer(tokenizer, system, parts)
        try:
            if PROMPT in renderer.render(PROMPT) and PROMPT in renderer.render(PROMPT, _ANSWER):
                return renderer
        except Exception as error:
            # a template is a foreign program, which may raise anything
            failure = failure or error
    if failure is None:
        raise InputError(location, "has a chat template that drops the user message", _NO_CHAT)
    message = " ".join((str(failure).strip() or repr(failure)).split())
    hint = _NEEDS_SYSTEM if not system and _accepts(tokenizer, "system") else _NO_CHAT
    problem = f"has a chat template that fails ({type(failure).__name__}: {message})"
    raise InputError(location, problem, hint) from failure


def _accepts(tokenizer: Any, system: str) -> bool:
    """Return True if the template renders a prompt together with a system message."""
    try:
        find_renderer(tokenizer, system, "")
    except InputError:
        return False
    return True


def _difference_note(waiting: str, rendered: str) -> str:
    """Describe what a waiting prompt and a conversation have before the answer; "" if it is equal."""
    if waiting == rendered:
        return ""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(waiting, rendered, strict=False)))
    return (
        f"the chat template puts {rendered[same:]!r} before an answer in a conversation, but {waiting[same:]!r} "
        "when it asks for one: this run trains and predicts with the former, and sends servers whole prompts"
    )
