"""Answers from a server that speaks OpenAI's protocol: vLLM, TGI, llama.cpp or a hosted one.

Plain prompts go to `/completions`, chats to `/chat/completions`. Requests run side by side; one that fails in a way
that may pass (429, 5xx, a connection lost, a wait too long) is made again, later each time.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

import httpx2

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.how import How
from sde_datasets.train.samples import Template

# waits in seconds: the first, doubled each time up to the last
_FIRST, _LAST = 0.5, 30.0
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 529)


class Served(NamedTuple):
    """What a server answered; counts that it did not tell are 0."""

    text: str
    prompt_tokens: int
    tokens: int
    stop: str
    cut: int = 0


@dataclass(frozen=True)
class Server:
    """Where to ask, and how patiently.

    url: up to and with `/v1`. model: by default the first that the server lists. key_name: the environment variable
    that holds the key; its value is sent and never shown or stored.
    """

    url: str
    model: str = ""
    concurrency: int = 8
    retries: int = 6
    timeout: float = 120.0
    key_name: str = "OPENAI_API_KEY"


class Endpoint:
    """A server that answers prompts."""

    def __init__(self, server: Server, how: How, limit: int, chat: bool) -> None:
        """limit: tokens of an answer at most. Raises UsageError for decoding that a server is not asked for."""
        if how.constrained:
            raise UsageError("--constrained needs the model itself, and --endpoint asks a server")
        if not server.url.startswith(("http://", "https://")):
            raise UsageError(f"--endpoint {server.url}: give http://... or https://..., up to and with /v1")
        self._server, self._how, self._limit, self._chat = server, how, limit, chat
        key = os.environ.get(server.key_name, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx2.Limits(max_connections=server.concurrency)
        self._client = httpx2.Client(timeout=server.timeout, headers=headers, limits=limits)
        self._url = server.url.rstrip("/")
        self.model = server.model or self._first_model()

    @property
    def about(self) -> dict[str, str]:
        """What stands beside the answers."""
        return {"endpoint": self._url, "served_model": self.model}

    def answers(self, texts: Iterable[tuple[str, str]], template: Template) -> Iterator[tuple[str, Served]]:
        """The answer to each (id, text), as they come in. Raises InputError where the server gives none."""
        texts, waiting = iter(texts), {}
        with ThreadPoolExecutor(self._server.concurrency) as pool:
            try:
                while True:
                    # no more in work than are asked at a time, so that memory does not grow with the corpus
                    for id, text in islice(texts, self._server.concurrency - len(waiting)):
                        waiting[pool.submit(self._answer, id, template.prompt(text))] = id
                    if not waiting:
                        return
                    yield from _finished(waiting)
            finally:
                for future in waiting:
                    future.cancel()

    def _answer(self, id: str, prompt: str) -> Served:
        how = self._how
        asked: dict[str, Any] = {"model": self.model, "max_tokens": self._limit}
        asked |= {"temperature": how.temperature, "top_p": how.top_p} if how.sample else {"temperature": 0}
        if how.sample:
            asked["seed"] = int.from_bytes(sha256(f"{how.seed}:{id}".encode()).digest()[:4], "big") >> 1
        if self._chat:
            asked["messages"] = [{"role": "user", "content": prompt}]
        else:
            asked["prompt"] = prompt
        return self._patiently("chat/completions" if self._chat else "completions", asked, self._read)

    def _read(self, said: Any) -> Served:
        """The answer in what a server said. Raises KeyError, TypeError, IndexError for anything else."""
        choice = said["choices"][0]
        text = choice["message"]["content"] if self._chat else choice["text"]
        if not isinstance(text, str):
            raise TypeError("the answer is no text")
        usage = said.get("usage") or {}
        stop = "length" if choice.get("finish_reason") == "length" else "end"
        return Served(text, int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0), stop)

    def _first_model(self) -> str:
        return self._patiently("models", None, lambda said: str(said["data"][0]["id"]))

    def _patiently(self, path: str, asked: dict | None, read: Any) -> Any:
        """Ask until there is an answer that can be read. Raises InputError that says what came instead."""
        url, tries = f"{self._url}/{path}", self._server.retries + 1
        for number in range(tries):
            said, pause = self._once(url, asked, read)
            if not isinstance(said, _Failed):
                return said
            if pause is None:
                break
            if number + 1 < tries:
                # apart from each other, so that requests that failed together do not come together again
                time.sleep(pause or min(_LAST, _FIRST * 2**number) * random.uniform(0.5, 1))
        raise InputError(url, said.what, "What was answered before is kept: ask again to go on.")

    def _once(self, url: str, asked: dict | None, read: Any) -> tuple[Any, float | None]:
        """An answer; or what failed, and the seconds to wait: 0 for the usual, None where to ask again is in vain."""
        try:
            got = self._client.get(url) if asked is None else self._client.post(url, json=asked)
        except httpx2.HTTPError as error:
            return _Failed(f"cannot be reached ({type(error).__name__}: {error})"), 0.0
        if got.status_code in _PASSING:
            return _Failed(f"answers {got.status_code}: {_short(got)}"), _retry_after(got)
        if got.status_code >= 400:
            return _Failed(f"answers {got.status_code}: {_short(got)}"), None
        try:
            return read(got.json()), 0.0
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return _Failed(f"answers what cannot be read: {_short(got)}"), 0.0


@dataclass(frozen=True)
class _Failed:
    what: str


def _finished(waiting: dict[Future, str]) -> Iterator[tuple[str, Served]]:
    """The answers that have come in, taken off those that are waited for."""
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()


def _retry_after(got: Any) -> float:
    """The seconds that a server asks to wait, at most the longest wait of ours."""
    try:
        return min(_LAST, max(0.0, float(got.headers.get("retry-after", 0))))
    except ValueError:
        return 0.0


def _short(got: Any) -> str:
    said = " ".join(got.text.split())
    return repr(said[:120] + ("..." if len(said) > 120 else ""))
