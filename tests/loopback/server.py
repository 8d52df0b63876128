"""The Hub as an object: it starts the server, keeps the record of calls and injects faults."""

from __future__ import annotations

import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.loopback.faults import SILENT, Faults, refusal
from tests.loopback.handler import Server
from tests.loopback.routes import dispatch
from tests.loopback.store import Repository, State, wants_lfs
from tests.loopback.wire import Answer, Problem, Request


@dataclass(frozen=True)
class Call:
    """A call that was made: its path without the query, its status (0: no answer) and the bytes of the bodies."""

    number: int
    method: str
    path: str
    status: int
    received: int
    sent: int


class Hub:
    """A Hub on a free port of the loopback interface, served by threads between `with` and its end."""

    def __init__(
        self,
        root: Path | None = None,
        token: str = "hf_loopback",
        multipart_above: int = 5 << 20,
        chunk: int = 1 << 20,
        page: int = 1000,
        port: int = 0,
    ):
        self._folder = None if root else tempfile.TemporaryDirectory(prefix="loopback-", ignore_cleanup_errors=True)
        self._state = State(Path(root or self._folder.name), token, multipart_above, chunk, page)
        self.token = token
        self.stall_seconds = 3.0
        self.on_call: Callable[[int, str, str], None] | None = None
        self._closing = threading.Event()
        self._record_lock = threading.Lock()
        self.clear()
        self._server = Server(port, self._serve)
        self.url = self._state.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Hub:
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._server.stop()
        if self._folder:
            self._folder.cleanup()

    def clear(self) -> None:
        """Forget calls and faults; the next call has number 1."""
        with self._record_lock:
            self._number = 0
            self._calls: list[Call] = []
            self._faults = Faults()
            self._refusals: dict[str, Answer] = {}

    def refuse(self, part: str, answer: Answer) -> None:
        """Answer every writing call whose path holds `part` with this, until the next `clear`."""
        self._refusals[part] = answer

    @property
    def calls(self) -> list[Call]:
        """The calls since the start or the last `clear`, in the order of their numbers."""
        with self._record_lock:
            return sorted(self._calls, key=lambda call: call.number)

    def fail(self, at: int, fault: str) -> None:
        """Answer the call with this number, counted from the last `clear`, with a fault, once."""
        self._faults.plan(at, fault)

    def create(self, name: str, kind: str = "dataset", private: bool = False) -> Repository:
        """Make a repository without a call."""
        with self._state.lock:
            return self._state.create(name, kind, private)

    def rename(self, old: str, new: str, kind: str = "dataset") -> None:
        """Rename a repository without a call, as its owner would on its page."""
        with self._state.lock:
            self._state.rename(old, new, kind)

    def repository(self, name: str, kind: str = "dataset") -> Repository:
        """A repository as it is on the server; KeyError when there is none."""
        return self._state.repositories[kind, name]

    def commit(
        self,
        name: str,
        files: Mapping[str, bytes | None],
        title: str = "Change by somebody else",
        revision: str = "main",
        kind: str = "dataset",
    ) -> str:
        """Write and delete (None) files without a call, as somebody else would; the id of the commit."""
        with self._state.lock:
            repo = self.repository(name, kind)
            tree = dict(repo.resolve(revision).tree)
            for path, content in files.items():
                if content is None:
                    del tree[path]
                    continue
                tree[path] = repo.entry(content, lfs=wants_lfs(path, len(content)))
                repo.objects.update({tree[path].sha256} if tree[path].lfs else ())
            return repo.record(revision, tree, title, "").id

    def _serve(self, request: Request) -> Answer | None:
        """Answer a call, or None where the connection is to be closed without an answer."""
        if aside := self._answer_aside(request):
            return aside
        with self._record_lock:
            self._number += 1
            number, fault, calls = self._number, self._faults.take(self._number), self._calls
        if self.on_call:
            self.on_call(number, request.method, request.path)
        answer = self._answer(request) if fault in (None, "applied") else None
        if fault and fault not in SILENT:
            answer = refusal(fault)
        if fault in SILENT:
            answer = None
        # The record is written before the answer leaves, so that a client that has its answer finds the call.
        sent = len(answer.body) if answer and request.method != "HEAD" else 0
        call = Call(number, request.method, request.path, answer.status if answer else 0, len(request.body), sent)
        with self._record_lock:
            calls.append(call)
        if fault == "stall":
            self._closing.wait(self.stall_seconds)
        return answer

    def _answer_aside(self, request: Request) -> Answer | None:
        """The calls that are not counted."""
        match request.method, request.path:
            case "GET", "/.calls":
                return self._totals()
            case "POST", "/.clear":
                self.clear()
                return Answer.of({})
            case "GET", "/api/agent-harnesses":
                # The client asks this once a day, before its first call: numbers must not depend on the day.
                return Answer.of({"standardEnvVars": [], "harnesses": {}})
        return None

    def _answer(self, request: Request) -> Answer:
        refused = [answer for part, answer in self._refusals.items() if part in request.path]
        if refused and request.method not in ("GET", "HEAD"):
            return refused[0]
        try:
            return dispatch(self._state, request)
        except Exception:
            traceback.print_exc()
            return Problem(500, "The loopback Hub failed").answer()

    def _totals(self) -> Answer:
        calls = self.calls
        received, sent = sum(call.received for call in calls), sum(call.sent for call in calls)
        return Answer.of({"calls": len(calls), "received": received, "sent": sent})
