"""Answers from a server that speaks OpenAI's protocol: vLLM, TGI, llama.cpp or a hosted one.

Plain prompts go to `/completions`, chats to `/chat/completions`. Requests run side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from hashlib import sha256
from itertools import islice
from threading import Thread
from typing import Any, NamedTuple

from sde_datasets.errors import UsageError
from sde_datasets.train.how import How
from sde_datasets.train.patience import Patience, Refused, Server
from sde_datasets.train.samples import Template

# as local prompts are made: models that think aloud first are asked not to
_NO_THINKING = {"chat_template_kwargs": {"enable_thinking": False}}


class Served(NamedTuple):
    """What a server answered; counts that it did not tell are 0.

    stop: `end`, `length`, `too long` where the prompt did not fit, `refused` where the server did not take it, or the
    server's own word. cut: how many characters of the text were left out.
    """

    text: str
    prompt_tokens: int
    tokens: int
    stop: str
    cut: int = 0


class Fit(NamedTuple):
    """How a text is made to fit: characters cut from its end, and the tokens of an answer that then have room."""

    cut: int
    limit: int


# for a template: how each text fits into its prompt, None for one that does not
Fits = Callable[[Template], Callable[[str], Fit | None]]


class Endpoint:
    """A server that answers prompts."""

    def __init__(self, server: Server, how: How, limit: int, chat: bool, fits: Fits | None = None) -> None:
        """limit: tokens of an answer at most. fits: shortens texts that are too long; by default none is.

        Raises UsageError for decoding that a server is not asked for and for an address that is none, InputError where
        the server does not tell its model.
        """
        if how.constrained:
            raise UsageError("--constrained needs the model itself, and --endpoint asks a server")
        self._server, self._how, self._chat = server.checked(), how, chat
        self._fits = fits or (lambda template: lambda text: Fit(0, limit))
        # what chats are asked with besides, and whether the server is known to take it
        self._besides, self._taken = (_NO_THINKING, False) if chat else ({}, True)
        self.model = server.model or self._first_model()

    @property
    def about(self) -> dict[str, str]:
        """What stands beside the answers."""
        return {"endpoint": self._server.url.rstrip("/"), "served_model": self.model}

    def answers(self, texts: Iterable[tuple[str, str]], template: Template) -> Iterator[tuple[str, Served]]:
        """The answer to each (id, text), as they come in. Raises InputError where the server gives none.

        A text that the server refuses has an empty answer, once another was answered; where none was, the server's
        words are raised.
        """
        texts, fit, asking = iter(texts), self._fits(template), Patience(self._server)
        waiting: dict[Future, str] = {}
        refused: dict[str, Refused] = {}
        answered = False
        try:
            while True:
                # no more in work than are asked at a time, so that memory does not grow with the corpus
                for id, text in islice(texts, self._server.concurrency - len(waiting) - len(refused)):
                    waiting[_begun(self._answer, asking, id, text, template, fit(text))] = id
                if not waiting:
                    break
                for id, said in _finished(waiting):
                    if isinstance(said, Refused):
                        refused[id] = said
                    else:
                        answered = answered or said.stop != "too long"
                        yield id, said
                if answered:
                    yield from ((id, Served("", 0, 0, "refused")) for id in refused)
                    refused.clear()
            if refused:
                raise next(iter(refused.values()))
        finally:
            _end(asking, waiting)

    def _answer(self, asking: Patience, id: str, text: str, template: Template, fit: Fit | None) -> Served:
        if fit is None:
            return Served("", 0, 0, "too long")
        how, prompt = self._how, template.prompt(text[: len(text) - fit.cut])
        asked: dict[str, Any] = {"model": self.model, "max_tokens": fit.limit}
        asked |= {"temperature": how.temperature, "top_p": how.top_p} if how.sample else {"temperature": 0}
        if how.sample:
            asked["seed"] = int.from_bytes(sha256(f"{how.seed}:{id}".encode()).digest()[:4], "big") >> 1
        asked |= {"messages": [{"role": "user", "content": prompt}]} if self._chat else {"prompt": prompt}
        return self._ask(asking, asked)._replace(cut=fit.cut)

    def _ask(self, asking: Patience, asked: dict[str, Any]) -> Served:
        """The answer, without what stands besides where that is why the server refuses; then never with it again."""
        path, besides = "chat/completions" if self._chat else "completions", self._besides
        try:
            said = asking.ask(path, asked | besides, self._read)
        except Refused:
            if self._taken or not besides:
                raise
            said = asking.ask(path, asked, self._read)
            self._besides = besides if self._taken else {}
        else:
            self._taken = self._taken or bool(besides)
        return said

    def _read(self, said: Any) -> Served:
        """The answer in what a server said. Raises KeyError, TypeError, IndexError for anything else."""
        choice = said["choices"][0]
        text = choice["message"]["content"] if self._chat else choice["text"]
        if not isinstance(text, str | None):
            raise TypeError("the answer is no text")
        usage = said.get("usage")
        counts = [_count(usage, name) for name in ("prompt_tokens", "completion_tokens")]
        return Served(text or "", *counts, _stop(choice.get("finish_reason")))

    def _first_model(self) -> str:
        asking = Patience(self._server)
        try:
            return asking.ask("models", None, _name_of_first, "Name it with --endpoint-model.")
        finally:
            asking.close()


def _name_of_first(said: Any) -> str:
    name = said["data"][0]["id"]
    if not isinstance(name, str):
        raise TypeError("the name is no text")
    # one that can be written into a file
    return name.encode().decode()


def _count(usage: Any, name: str) -> int:
    said = usage.get(name) if isinstance(usage, dict) else None
    return int(said) if isinstance(said, int | float) and 0 <= said < 1e12 else 0


def _stop(reason: Any) -> str:
    return "end" if reason in (None, "stop", "eos") else str(reason)[:40]


def _begun(work: Callable[..., Any], *given: Any) -> Future:
    """Work in a thread of its own, for which, other than for those of a pool, the end of the process does not wait."""
    future: Future = Future()

    def go() -> None:
        try:
            future.set_result(work(*given))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=go, name="asks a server", daemon=True).start()
    return future


def _finished(waiting: dict[Future, str]) -> Iterator[tuple[str, Served | Refused]]:
    """What has come in, taken off what is waited for; an error is raised when the answers beside it are given."""
    done = wait(waiting, return_when=FIRST_COMPLETED).done
    for future in sorted(done, key=lambda each: each.exception() is not None):
        id, error = waiting.pop(future), future.exception()
        yield id, error if isinstance(error, Refused) else future.result()


def _end(asking: Patience, waiting: dict[Future, str]) -> None:
    """Let nothing be asked again, and the last that is in work close the connections."""
    asking.over.set()

    def close(_: Any = None) -> None:
        if all(future.done() for future in waiting):
            asking.close()

    close()
    for future in waiting:
        future.add_done_callback(close)
