"""The completion of a prompt, by a local model or a server; the reasoning of a model is kept apart from its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sde_datasets.formats.thoughts import separate_thoughts
from sde_datasets.runs.samples import ConfigTemplate

TOO_LONG = "too long"


class Completion(NamedTuple):
    """A completion. Token counts are 0 if a server does not report them.

    stop: why it ended: `end`, `length`, `too long` (the prompt did not fit), `refused` (a server did not accept the
    prompt), or another word of a server. cut: how many characters of the text were removed to make the prompt fit.
    reasoning: what the model wrote or a server returns as its reasoning, apart from the text. reasoning_tokens: how
    many tokens of it are known.
    """

    text: str
    prompt_tokens: int
    tokens: int
    stop: str
    cut: int = 0
    reasoning: str = ""
    reasoning_tokens: int = 0

    def answer_fields(self) -> dict[str, Any]:
        """Return the fields of a row of answers: `prediction` and, if the model reasoned before it, `reasoning`.

        A completion that ends within its reasoning keeps the open block as its prediction, so that scoring counts it
        as cut off.
        """
        text, reasoning = self.text, self.reasoning
        if reasoning and not text and self.stop == "length":
            return {"prediction": f"<think>{reasoning}"}
        text, thought = separate_thoughts(text)
        reasoning = "\n".join(filter(None, (reasoning, thought)))
        return {"prediction": text, **({"reasoning": reasoning} if reasoning else {})}


# completes the prompts of (id, text) pairs under a template, in any order
Generator = Callable[[Iterable[tuple[str, str]], ConfigTemplate], Iterator[tuple[str, Completion]]]


@dataclass(frozen=True)
class Backend:
    """An engine that is opened when the first text is answered, as the commands use it (see `engine.Engine`).

    endpoint, served_model: address and model of a server; empty for the model in this process.
    """

    generate: Generator
    endpoint: str = ""
    served_model: str = ""
