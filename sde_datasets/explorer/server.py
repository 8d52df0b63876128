"""The local server of the page. It answers this machine only, and only pages of its own.

It listens on 127.0.0.1. A page of another site whose name is made to point here (DNS rebinding) sends that name as
`Host`, and is refused; without a header for sharing, a browser lets no other page read an answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import signature
from urllib.parse import parse_qs

from sde_datasets.errors import InputError, UsageError
from sde_datasets.explorer.explorer import Explorer, Json
from sde_datasets.explorer.page import served_page

ADDRESS = "127.0.0.1"
_HOSTS = (ADDRESS, "localhost")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class ExplorerServer(ThreadingHTTPServer):
    """A server of the page of a dataset. port: 0 for any that is free."""

    daemon_threads = True

    def __init__(self, explorer: Explorer, port: int) -> None:
        """Raises UsageError for a port that is in use or not allowed."""
        self.page = served_page(explorer).encode()
        # path -> the answer to its parameters
        self.answers: Mapping[str, Callable[..., Json]] = {
            "/view": explorer.view,
            "/records": partial(_records, explorer),
            "/record": explorer.record,
            "/tokens": explorer.tokens,
        }
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            raise UsageError(f"port {port} cannot be used ({error.strerror}): give another --port") from error

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{ADDRESS}:{self.server_port}/"


def _records(explorer: Explorer, view: str, words: str = "", split: str = "", skip: str = "0") -> Json:
    if not skip.isdecimal():
        raise UsageError(f"skip is {skip!r}, not a number")
    return explorer.records(view, words, split, int(skip))


class _Handler(BaseHTTPRequestHandler):
    server: ExplorerServer
    server_version = "sde-datasets"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the page, with JSON, or with an error as JSON."""
        path, _, query = self.path.partition("?")
        if not self._is_local():
            self._send_error(HTTPStatus.FORBIDDEN, "this server answers 127.0.0.1 and localhost only")
        elif path == "/":
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)
        elif (answer := self.server.answers.get(path)) is None:
            self._send_error(HTTPStatus.NOT_FOUND, "there is no such page")
        else:
            self._answer(answer, query)

    def _is_local(self) -> bool:
        """Whether the request names this machine. Its port may be another one, which is forwarded to this one."""
        return self.headers.get("Host", "").partition(":")[0] in _HOSTS

    def _answer(self, answer: Callable[..., Json], query: str) -> None:
        given = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
        try:
            signature(answer).bind(**given)
        except TypeError as error:
            self._send_error(HTTPStatus.BAD_REQUEST, str(error))
            return
        try:
            found = answer(**given)
        except InputError as error:
            self._send_error(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        except UsageError as error:
            self._send_error(HTTPStatus.BAD_REQUEST, str(error))
        else:
            self._send_json(HTTPStatus.OK, found)

    def _send_error(self, status: HTTPStatus, problem: str) -> None:
        self._send_json(status, {"error": problem})

    def _send_json(self, status: HTTPStatus, values: Json) -> None:
        self._send(status, "application/json", json.dumps(values, ensure_ascii=False).encode())

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        headers = {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the page shows errors."""
