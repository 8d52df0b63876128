"""A server that speaks OpenAI's protocol on this machine, with faults on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sde_datasets.train.endpoint import Endpoint
from sde_datasets.train.how import How
from sde_datasets.train.patience import Server

# what a fault does to the answer to a request: `pass`, a status, a way to fail, or a body to send as it is
Fault = str | int | bytes


@dataclass
class State:
    """What the server was asked, and which faults are still to come; with none left it answers.

    choice, usage: what an answer says instead of the usual. judge: the fault of a request by what is asked. models:
    the fault of the list of models. headers_of_faults: what is sent beside a status.
    """

    answer: Callable[[str], str | None]
    faults: list[Fault] = field(default_factory=list)
    choice: dict[str, Any] = field(default_factory=dict)
    usage: Any = None
    judge: Callable[[dict[str, Any]], Fault] = lambda body: "pass"
    models: Fault = "pass"
    headers_of_faults: dict[str, str] = field(default_factory=lambda: {"Retry-After": "0.01"})
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_a_time: int = 0
    now: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def handler_of(state: State) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            if state.models == "pass":
                self._send(200, {"data": [{"id": "served-model"}]})
            else:
                self._respond({}, state.models)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with state.lock:
                state.asked.append(body)
                state.headers.append(dict(self.headers))
                state.now += 1
                state.most_at_a_time = max(state.most_at_a_time, state.now)
                fault = state.faults.pop(0) if state.faults else state.judge(body)
            time.sleep(0.02)
            with state.lock:
                state.now -= 1
            self._respond(body, fault)

        def _respond(self, body: dict, fault: Fault) -> None:
            if isinstance(fault, int):
                self._send(fault, {"error": {"message": f"fault {fault}"}}, state.headers_of_faults)
            elif isinstance(fault, bytes):
                self._raw(200, fault)
            elif fault == "late 404":
                time.sleep(0.2)
                self._send(404, {})
            elif fault == "drop":
                self.close_connection = True
                self.connection.shutdown(2)
            elif fault == "stall":
                time.sleep(3)
                self.close_connection = True
            elif fault == "nonsense":
                self._raw(200, b"<html>welcome</html>")
            elif fault == "no choices":
                self._send(200, {"choices": []})
            else:
                self._send(200, self._answer(body))

        def _answer(self, body: dict) -> dict:
            chat = self.path.endswith("/chat/completions")
            said = state.answer(body["messages"][-1]["content"] if chat else body["prompt"])
            choice = {"message": {"role": "assistant", "content": said}} if chat else {"text": said}
            return {
                "choices": [choice | {"finish_reason": "stop"} | state.choice],
                "usage": {"prompt_tokens": 11, "completion_tokens": 5} if state.usage is None else state.usage,
            }

        def _send(self, status: int, content: dict, headers: dict[str, str] | None = None) -> None:
            self._raw(status, json.dumps(content).encode(), headers)

        def _raw(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that went away."""


@contextmanager
def serving(answer: Callable[[str], str]) -> Iterator[tuple[str, State]]:
    """The address of a running server, up to and with /v1, and its state."""
    state = State(answer)
    server = _Server(("127.0.0.1", 0), handler_of(state))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", state
    finally:
        server.shutdown()
        server.server_close()


TEXTS = [(f"t{i}", "x" * i) for i in range(1, 30)]


def asked(url: str, chat: bool = False, **how) -> Endpoint:
    """An endpoint of a server at that address, with what differs from the defaults."""
    server = {name: how.pop(name) for name in ("concurrency", "retries", "timeout") if name in how}
    return Endpoint(Server(url, **server), How(**how), 64, chat)
