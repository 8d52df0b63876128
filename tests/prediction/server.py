"""A server that speaks OpenAI's protocol on this machine, with faults on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.server import CompletionServer
from sde_datasets.prediction.server_client import ServerSettings
from sde_datasets.prediction.server_prompt import PromptFormat
from sde_datasets.runs.chat import ChatFrame

# what a fault does to the answer to a request: `pass`, a status, a way to fail, or a body to send as it is
Fault = str | int | bytes


@dataclass
class State:
    """What the server was asked, and which faults are still to come; with none left it answers.

    choice, usage: what an answer says instead of the usual. judge: the fault of a request by what is asked. models:
    the fault of the list of models. headers_of_faults: what is sent beside a status. stalled: requests that get no
    answer, until the server is closed or five minutes pass.
    """

    answer: Callable[[str], str | None]
    faults: list[Fault] = field(default_factory=list)
    choice: dict[str, Any] = field(default_factory=dict)
    usage: Any = None
    judge: Callable[[dict[str, Any]], Fault] = lambda body: "pass"
    models: Fault = "pass"
    headers_of_faults: dict[str, str] = field(default_factory=lambda: {"Retry-After": "0.01"})
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    most_at_a_time: int = 0
    now: int = 0
    stalled: int = 0
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for_the_others(self) -> None:
        """Wait until every other request is answered or stalled, and a moment for the client to read the answers."""
        while self.now > 1 and not self.closing.wait(0.01):
            pass
        time.sleep(0.2)


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests to a `_Server` as its state says."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        if self.server.state.models == "pass":
            self._send(200, {"data": [{"id": "served-model"}]})
        else:
            self._respond({}, self.server.state.models)

    def do_POST(self) -> None:
        state, body = self.server.state, json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with state.lock:
            state.asked.append(body)
            state.headers.append(self.headers)
            state.now += 1
            state.most_at_a_time = max(state.most_at_a_time, state.now)
            fault = state.faults.pop(0) if state.faults else state.judge(body)
        time.sleep(0.02)
        if fault == "late 404":
            state.wait_for_the_others()
        with state.lock:
            state.now -= 1
        self._respond(body, fault)

    def _respond(self, body: dict, fault: Fault) -> None:
        """Answer a request, or fail in the way that a fault names."""
        if isinstance(fault, int):
            self._send(fault, {"error": {"message": f"fault {fault}"}}, self.server.state.headers_of_faults)
        elif isinstance(fault, bytes):
            self._raw(200, fault)
        elif fault in ("drop", "stall"):
            self._end_without_an_answer(fault)
        elif fault == "late 404":
            self._send(404, {})
        elif fault == "nonsense":
            self._raw(200, b"<html>welcome</html>")
        elif fault == "no choices":
            self._send(200, {"choices": []})
        else:
            self._send(200, self._answer(body))

    def _end_without_an_answer(self, fault: Fault) -> None:
        if fault == "stall":
            self._stall(self.server.state)
        self.close_connection = True
        if fault == "drop":
            self.connection.shutdown(2)

    def _stall(self, state: State) -> None:
        with state.lock:
            state.stalled += 1
        state.closing.wait(300)
        with state.lock:
            state.stalled -= 1

    def _answer(self, body: dict) -> dict:
        state, chat = self.server.state, self.path.endswith("/chat/completions")
        text = state.answer(body["messages"][-1]["content"] if chat else body["prompt"])
        choice = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
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


class _Server(ThreadingHTTPServer):
    """A server on a free port of this machine, with its state."""

    def __init__(self, state: State) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state

    def handle_error(self, *_: Any) -> None:
        """Print nothing about a client that went away."""


@contextmanager
def serving(answer: Callable[[str], str]) -> Iterator[tuple[str, State]]:
    """The address of a running server, up to and with /v1, and its state."""
    state = State(answer)
    server = _Server(state)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", state
    finally:
        state.closing.set()
        server.shutdown()
        server.server_close()


TEXTS = [(f"t{i}", "x" * i) for i in range(1, 30)]


FRAME = ChatFrame("<user>", "<answer>", trimmed=False, end=3, as_asked=True)


def connect(
    url: str, chat: bool = False, form: PromptFormat | None = None, ends: tuple[int, ...] = (), **options
) -> CompletionServer:
    """Return the server at an address with the given settings and generation options; chat: send messages."""
    form = form or (PromptFormat(FRAME, messages=True) if chat else PromptFormat())
    settings = {name: options.pop(name) for name in ("concurrency", "retries", "timeout") if name in options}
    return CompletionServer(ServerSettings(url, **settings), GenerationOptions(**options), 64, form, ends=ends)
