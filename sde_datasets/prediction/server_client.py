"""Requests to a server with OpenAI's protocol, by the `openai` client: it retries, waits and limits the time.

Two things are added. A response that cannot be read is requested again too, and errors become one line with the words
of the server.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncAPIResponse, AsyncOpenAI, DefaultAsyncHttpxClient

from sde_datasets.errors import InputError, UsageError

T = TypeVar("T")
THREAD = "requests to a server"
# seconds before a response that cannot be read is requested again
_PAUSE = 0.5
_REFUSED = (400, 413, 422)
# bytes of a response that are read: no completion is longer
_MAX_BODY = 16_000_000
# what reading a response may raise, which may contain anything
_MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)
# characters of a server's message that are shown
_SHOWN = 120
# the client demands a key; servers without keys ignore it
_NO_KEY = "EMPTY"
KEPT = "Answers so far are kept: repeat the command to continue."


@dataclass(frozen=True)
class ServerSettings:
    """A server and the patience with it.

    url: up to and including `/v1`. model: by default the first one that the server lists. concurrency: requests at a
    time. timeout: seconds without any data. key_name: the environment variable with the API key, which is sent, but
    never shown or stored.
    """

    url: str
    model: str = ""
    concurrency: int = 8
    retries: int = 6
    timeout: float = 120.0
    key_name: str = "OPENAI_API_KEY"

    @property
    def key(self) -> str:
        """The API key; empty if there is none."""
        return os.environ.get(self.key_name, "").strip()

    def validated(self) -> ServerSettings:
        """Return the settings. Raises UsageError for an invalid address, one with a password, and an invalid key."""
        if "@" in self.url:
            advice = f"put a key into the environment variable {self.key_name}"
            raise UsageError(f"--endpoint: remove user and password from the address; {advice}")
        if not _is_address(self.url):
            raise UsageError(f"--endpoint {self.url}: give http://... or https://..., up to and including /v1")
        if not (self.key.isascii() and self.key.isprintable()):
            raise UsageError(f"{self.key_name} contains a character that no request can carry: give the key in ASCII")
        return self


class RequestRefused(InputError):
    """A server does not accept a request; it may accept others."""


class ServerClient:
    """Send requests on an event loop in a background thread. Close it to cancel what is in progress."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings, self._key = settings, settings.key
        self._loop = asyncio.new_event_loop()
        self._client = AsyncOpenAI(
            api_key=self._key or _NO_KEY,
            base_url=settings.url,
            timeout=settings.timeout,
            max_retries=settings.retries,
            http_client=DefaultAsyncHttpxClient(follow_redirects=False, event_hooks={"response": [_decode_as_utf8]}),
        )
        self._thread = Thread(target=self._run, name=THREAD, daemon=True)
        self._thread.start()

    def submit(self, request: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a request; return its future."""
        return asyncio.run_coroutine_threadsafe(request, self._loop)

    def close(self) -> None:
        """Cancel the requests in progress and close the connections."""
        asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop)
        # a connection that does not close in time must not delay an error; the thread does not outlive the process
        self._thread.join(timeout=1)

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    async def _shut_down(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()
        self._loop.stop()

    async def complete(self, body: dict[str, Any], read: Callable[[Any], T]) -> T:
        """Return what `read` makes of the response to a completion request: a chat if `body` has messages.

        Raises InputError, and RequestRefused if the server does not accept this request.
        """
        chat = "messages" in body
        create: Callable[..., AbstractAsyncContextManager[AsyncAPIResponse[Any]]] = (
            self._client.chat.completions.with_streaming_response.create
            if chat
            else self._client.completions.with_streaming_response.create
        )
        return await self._request("chat/completions" if chat else "completions", lambda: create(**body), read, KEPT)

    async def first_model(self) -> str:
        """Return the first model that the server lists. Raises InputError."""
        send = self._client.models.with_streaming_response.list
        return await self._request("models", send, _first_model_name, "Name it with --endpoint-model.")

    async def _request(
        self,
        path: str,
        send: Callable[[], AbstractAsyncContextManager[AsyncAPIResponse[Any]]],
        read: Callable[[Any], T],
        hint: str,
    ) -> T:
        url = f"{self._settings.url.rstrip('/')}/{path}"
        for attempt in range(self._settings.retries + 1):
            body = bytearray()
            if attempt:
                await asyncio.sleep(_PAUSE)
            try:
                async with send() as response:
                    async for part in response.iter_bytes():
                        body += part
                        if len(body) > _MAX_BODY:
                            break
                return read(json.loads(bytes(body)))
            except APIStatusError as error:
                raise self._status_error(url, error, hint) from error
            except APIConnectionError as error:
                raise _connection_error(url, error.__cause__ or error) from error
            except httpx2.HTTPError as error:
                failure = _connection_error(url, error)
            except _MALFORMED:
                failure = InputError(url, f"answers what cannot be read: {self._excerpt(bytes(body))}", hint)
        raise failure

    def _status_error(self, url: str, error: APIStatusError, hint: str) -> InputError:
        status, response = error.status_code, error.response
        problem = f"answers {status}: {self._excerpt(response.content)}"
        if 300 <= status < 400:
            target = self._excerpt(response.headers.get("location", "").encode("utf-8", "replace"))
            return InputError(url, f"answers {status}: it points to {target}", "Give that address with --endpoint.")
        if status in (401, 403):
            return InputError(url, problem, f"Put its key into the environment variable {self._settings.key_name}.")
        return (RequestRefused if status in _REFUSED else InputError)(url, problem, hint)

    def _excerpt(self, body: bytes) -> str:
        """Return the first words of a response, without the key, which some servers repeat."""
        text = " ".join(body[:500].decode("utf-8", "replace").split())
        text = text.replace(self._key, "(the key)") if self._key else text
        return repr(text[:_SHOWN] + ("..." if len(text) > _SHOWN else ""))


def _connection_error(url: str, error: BaseException) -> InputError:
    message = " ".join(str(error).split())
    return InputError(url, f"cannot be reached ({type(error).__name__}: {message})", KEPT)


async def _decode_as_utf8(response: httpx2.Response) -> None:
    """Ignore the charset of a response, which may be unknown: the client would fail on it."""
    response.encoding = "utf-8"


def _is_address(given: str) -> bool:
    try:
        url = httpx2.URL(given)
        # name servers accept labels of at most 63 characters
        host = url.raw_host.decode().encode("idna")
    except (httpx2.InvalidURL, UnicodeError):
        return False
    return given.startswith(("http://", "https://")) and bool(host) and (url.port or 0) < 65536


def _first_model_name(content: Any) -> str:
    name = content["data"][0]["id"]
    if not isinstance(name, str):
        raise TypeError("the name is not a string")
    # raises an error for a name that cannot be written to a file
    return name.encode().decode()
