"""Requests to a server, made again where that may help, later each time.

What may pass is asked again: 429, 5xx, a connection lost, a wait too long, an answer that cannot be read. All else that
is no answer ends in words at once.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

import httpx2

from sde_datasets.errors import InputError, UsageError

# waits in seconds: the first, doubled each time up to the last
_FIRST, _LAST = 0.5, 30.0
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_REFUSED = (400, 413, 422)
# bytes of an answer that are read: no answer is longer, and nonsense may be
_MOST = 16_000_000
# what may come of a connection, and of reading what a server sent, which may be anything
_LOST = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError, ValueError)
_NONSENSE = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)
KEPT = "What was answered before is kept: ask again to go on."


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

    @property
    def key(self) -> str:
        """The key itself, empty where there is none."""
        return os.environ.get(self.key_name, "").strip()

    def checked(self) -> Server:
        """Itself. Raises UsageError for an address that is none or holds a password, and for a key of odd letters."""
        if "@" in self.url:
            where = f"a key goes into the environment variable {self.key_name}"
            raise UsageError(f"--endpoint: leave user and password out of the address; {where}")
        if not _is_address(self.url):
            raise UsageError(f"--endpoint {self.url}: give http://... or https://..., up to and with /v1")
        if not (self.key.isascii() and self.key.isprintable()):
            raise UsageError(f"{self.key_name} holds a letter that no request can carry: give the key in plain ASCII")
        return self


class Refused(InputError):
    """A server does not take this one request; it may take others."""


class _Passing(Exception):
    """A failure that may pass; `pause`: the seconds that the server asks to wait, 0 where it does not say."""

    def __init__(self, wrong: str, pause: float = 0.0, cure: str = KEPT) -> None:
        self.wrong, self.pause, self.cure = wrong, pause, cure
        super().__init__(wrong)


class Patience:
    """Asks a server. When `over` is set, what failed is not asked again."""

    def __init__(self, server: Server) -> None:
        self._server, self._key, self.over = server, server.key, Event()
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        limits = httpx2.Limits(max_connections=server.concurrency)
        self._client = httpx2.Client(timeout=server.timeout, headers=headers, limits=limits)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, path: str, asked: dict | None, read: Callable[[Any], Any], cure: str = KEPT) -> Any:
        """What `read` makes of the answer to a request; without `asked`, a GET.

        cure: what to do where the server has no answer that can be read. Raises InputError that says what came instead,
        Refused where it is this request that the server does not take.
        """
        url, tries = f"{self._server.url.rstrip('/')}/{path}", self._server.retries + 1
        for number in range(tries):
            try:
                return self._once(url, asked, read, cure)
            except _Passing as error:
                failed = error
            # apart from each other, so that requests that failed together do not come together again
            usual = min(_LAST, _FIRST * 2**number) * random.uniform(0.5, 1)
            if number + 1 < tries and self.over.wait(failed.pause * random.uniform(1, 1.5) or usual):
                break
        raise InputError(url, failed.wrong, failed.cure)

    def _once(self, url: str, asked: dict | None, read: Callable[[Any], Any], cure: str) -> Any:
        try:
            status, headers, body = self._exchange(url, asked)
        except _LOST as error:
            raise _Passing(f"cannot be reached ({type(error).__name__}: {' '.join(str(error).split())})") from error
        wrong = f"answers {status}: {self._words(body)}"
        if status in _PASSING:
            raise _Passing(wrong, _retry_after(headers))
        if 300 <= status < 400:
            there = self._words(headers.get("location", "").encode("utf-8", "replace"))
            raise InputError(url, f"answers {status}: it points to {there}", "Give that address with --endpoint.")
        if status in (401, 403):
            raise InputError(url, wrong, f"Put its key into the environment variable {self._server.key_name}.")
        if status >= 400:
            raise (Refused if status in _REFUSED else InputError)(url, wrong, cure)
        try:
            return read(json.loads(body))
        except _NONSENSE as error:
            raise _Passing(f"answers what cannot be read: {self._words(body)}", cure=cure) from error

    def _exchange(self, url: str, asked: dict | None) -> tuple[int, Any, bytes]:
        """Status, headers and body; of a body that is longer than any answer, its beginning."""
        # as ASCII, in which a lone surrogate has an escape
        content = None if asked is None else json.dumps(asked).encode()
        kind = {"Content-Type": "application/json"} if asked is not None else {}
        body = bytearray()
        with self._client.stream("GET" if asked is None else "POST", url, content=content, headers=kind) as got:
            for part in got.iter_bytes():
                body += part
                if len(body) > _MOST:
                    break
            return got.status_code, got.headers, bytes(body)

    def _words(self, body: bytes) -> str:
        """The first words of what a server sent, without the key, which some send back."""
        said = " ".join(body[:500].decode("utf-8", "replace").split())
        said = said.replace(self._key, "(the key)") if self._key else said
        return repr(said[:120] + ("..." if len(said) > 120 else ""))


def _is_address(given: str) -> bool:
    try:
        url = httpx2.URL(given)
        # what a name server is asked for: labels of 63 characters at most
        host = url.raw_host.decode().encode("idna")
    except (httpx2.InvalidURL, UnicodeError):
        return False
    return given.startswith(("http://", "https://")) and bool(host) and (url.port or 0) < 65536


def _retry_after(headers: Any) -> float:
    """The seconds that a server asks to wait, at most the longest wait of ours."""
    try:
        return min(_LAST, max(0.0, float(headers.get("retry-after", 0))))
    except ValueError:
        return 0.0
