"""HTTP over sockets: requests are read whole, handed on, and answered or left without an answer."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.loopback.wire import Answer, Request

Serve = Callable[[Request], Answer | None]


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open from call to call."""

    protocol_version = "HTTP/1.1"
    server_version = "loopback"
    disable_nagle_algorithm = True
    server: Server

    def _handle(self) -> None:
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        body = self._read_body()
        answer = self.server.serve(Request(self.command, target.path, query, self.headers, body))
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self._read_exactly(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self._read_exactly(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue
        return b"".join(pieces)

    def _read_exactly(self, size: int) -> bytes:
        content = self.rfile.read(size)
        if len(content) < size:
            raise ConnectionError("The client left in the middle of a body")
        return content

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing: calls are on record."""


class Server(ThreadingHTTPServer):
    """A thread for each connection; stopping closes the connections that clients keep open."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, serve: Serve):
        super().__init__(("127.0.0.1", port), Handler)
        self.serve = serve
        self._open: set[socket.socket] = set()
        self._loop = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def start(self) -> None:
        """Accept connections from now on."""
        self._loop.start()

    def stop(self) -> None:
        """Accept no more connections and end those that are open."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember a connection while it is open."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave, since tests make them do so."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
