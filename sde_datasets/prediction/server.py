"""Completions from a server with OpenAI's protocol: vLLM, TGI, llama.cpp or a hosted one.

Whole prompts go to `/completions`, chat messages to `/chat/completions`; several requests run at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from sde_datasets.errors import UsageError
from sde_datasets.prediction.completion import TOO_LONG, Backend, Completion
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.server_client import RequestRefused, ServerClient, ServerSettings
from sde_datasets.prediction.server_prompt import PromptFormat
from sde_datasets.runs.samples import ConfigTemplate

_MOST_TOKENS = 1e12


class Truncation(NamedTuple):
    """How to truncate a text: characters to cut from its end, and the maximum number of tokens of the answer."""

    cut: int
    limit: int


# for a template: how to truncate each text; None for a text that does not fit even when it is empty
Truncator = Callable[[ConfigTemplate], Callable[[str], Truncation | None]]


class CompletionServer:
    """A server that completes prompts. model: the name of its model."""

    def __init__(
        self,
        settings: ServerSettings,
        options: GenerationOptions,
        limit: int,
        prompt_format: PromptFormat | None = None,
        truncator: Truncator | None = None,
        ends: Sequence[int] = (),
    ) -> None:
        """Create a server backend.

        limit: the most tokens of an answer. truncator: by default no text is truncated. ends: the tokens that end an
        answer. Raises UsageError for constrained decoding and for an invalid address or key, InputError if the server
        does not name its model.
        """
        if options.constrained:
            raise UsageError("--constrained needs the model itself, and --endpoint uses a server")
        self._settings, self._options = settings.validated(), options
        self._format = prompt_format or PromptFormat()
        self._truncator = truncator or (lambda template: lambda text: Truncation(0, limit))
        # whether the server is known to accept or to refuse the fields beyond OpenAI's own protocol
        self._extra, self._extra_accepted = self._format.extra(ends), False
        self._extra_refused = not self._extra
        self.model = settings.model or self._first_model()

    @property
    def backend(self) -> Backend:
        """The server as a backend of predictions."""
        return Backend(self.generate, self._settings.url.rstrip("/"), self.model)

    def generate(self, texts: Iterable[tuple[str, str]], template: ConfigTemplate) -> Iterator[tuple[str, Completion]]:
        """Yield the completion for each (id, text) as it arrives. Raises InputError if the server fails.

        A text that the server refuses has an empty completion if the server answers another text; if it answers none,
        its error is raised.
        """
        texts, truncate, client = iter(texts), self._truncator(template), ServerClient(self._settings)
        pending: dict[Future[Completion], str] = {}
        refused: dict[str, RequestRefused] = {}
        answered = False
        try:
            while True:
                # no more texts than requests at a time, so that memory does not grow with the corpus
                for id, text in islice(texts, self._settings.concurrency - len(pending) - len(refused)):
                    pending[client.submit(self._complete(client, id, text, template, truncate(text)))] = id
                if not pending:
                    break
                for id, result in _finished(pending):
                    if isinstance(result, RequestRefused):
                        refused[id] = result
                    else:
                        answered = answered or result.stop != TOO_LONG
                        yield id, result
                if answered:
                    yield from ((id, Completion("", 0, 0, "refused")) for id in refused)
                    refused.clear()
            if refused:
                raise next(iter(refused.values()))
        finally:
            client.close()

    async def _complete(
        self, client: ServerClient, id: str, text: str, template: ConfigTemplate, truncation: Truncation | None
    ) -> Completion:
        if truncation is None:
            return Completion("", 0, 0, TOO_LONG)
        body = self._body(id) | self._format.prompt(template, text[: len(text) - truncation.cut])
        stop = self._options.stop_text(template.design)
        limits = {"max_tokens": truncation.limit, **({"stop": [stop]} if stop else {})}
        if self._format.thinking:
            completion = await self._think(client, body, limits)
        else:
            completion, _ = await self._send(client, body | limits)
        return completion._replace(cut=truncation.cut)

    def _body(self, id: str) -> dict[str, Any]:
        """Return the part of a request that does not depend on its prompt."""
        options = self._options
        body: dict[str, Any] = {"model": self.model, "temperature": 0}
        if options.sample:
            seed = int.from_bytes(sha256(f"{options.seed}:{id}".encode()).digest()[:4], "big") >> 1
            body |= {"temperature": options.temperature, "top_p": options.top_p, "seed": seed}
        return body

    async def _think(self, client: ServerClient, body: dict[str, Any], limits: dict[str, Any]) -> Completion:
        """Request a thought, then the answer after it, within `limits`. An answer without a thought is complete."""
        thinking = self._format.thinking
        assert thinking is not None
        marks = thinking.marks
        more = {"stop_token_ids": [*self._extra.get("stop_token_ids", ()), marks.token]}
        request = body | {"max_tokens": thinking.budget, "stop": [marks.close]}
        first, reason = await self._send(client, request, more)
        opened = marks.ends_open(body["prompt"]) or marks.opens(first.text)
        if first.stop == "end" and not opened and reason not in (marks.close, marks.token):
            return first
        thought = first.text.partition(marks.close)[0]
        closing = marks.closing if first.stop != "end" else f"{marks.close}{marks.between}"
        prompt = {"prompt": body["prompt"] + thought + closing, **limits}
        answer, _ = await self._send(client, body | prompt)
        return answer._replace(
            prompt_tokens=first.prompt_tokens, reasoning=marks.clean(thought), reasoning_tokens=first.tokens
        )

    async def _send(
        self, client: ServerClient, body: dict[str, Any], more: dict[str, Any] | None = None
    ) -> tuple[Completion, Any]:
        """Return the completion, and the stop that the server names. Extra fields that it refuses are not sent again.

        more: extra fields of this request.
        """
        if self._extra_refused:
            return await client.complete(body, _read_completion)
        try:
            found = await client.complete(body | {"extra_body": self._extra | (more or {})}, _read_completion)
        except RequestRefused:
            if self._extra_accepted:
                raise
            found = await client.complete(body, _read_completion)
            self._extra_refused = not self._extra_accepted
        else:
            self._extra_accepted = True
        return found

    def _first_model(self) -> str:
        client = ServerClient(self._settings)
        try:
            return client.submit(client.first_model()).result()
        finally:
            client.close()


def _read_completion(content: Any) -> tuple[Completion, Any]:
    """Return the completion in a response, and the stop string or token that the server names, if it does.

    Raises KeyError, TypeError or IndexError for any other content.
    """
    choice = content["choices"][0]
    text = choice["message"]["content"] if "message" in choice else choice["text"]
    # vLLM, SGLang and DeepSeek name it `reasoning_content`, newer releases of vLLM and OpenRouter `reasoning`
    message = choice.get("message", {})
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if not isinstance(text, str | None) or not isinstance(reasoning, str | None):
        raise TypeError("the completion is not a string")
    usage, reason = content.get("usage"), choice.get("finish_reason")
    stop = "end" if reason in (None, "stop", "eos") else str(reason)[:40]
    counts = [_token_count(usage, name) for name in ("prompt_tokens", "completion_tokens")]
    completion = Completion(text or "", counts[0], counts[1], stop, reasoning=reasoning or "")
    return completion, choice.get("stop_reason")


def _token_count(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return int(count) if isinstance(count, int | float) and 0 <= count < _MOST_TOKENS else 0


def _finished(pending: dict[Future[Completion], str]) -> Iterator[tuple[str, Completion | RequestRefused]]:
    """Yield finished requests and remove them from `pending`; raise an error after the finished completions."""
    done = wait(pending, return_when=FIRST_COMPLETED).done
    for future in sorted(done, key=lambda future: future.exception() is not None):
        id, error = pending.pop(future), future.exception()
        yield id, error if isinstance(error, RequestRefused) else future.result()
