"""The token: needed, looked for where the library keeps it, and never shown.

pytest tests/hub/test_token.py
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.hub.commands import done, fails, push, speak_to
from tests.hub.conftest import NAME, TOKEN, shown

LOG_IN = "hf auth login"


def test_no_token_says_how_to_log_in(here, before, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    fails(push(before, NAME, "--yes"), 1, NAME, "there is no token", LOG_IN, "HF_TOKEN")
    assert here.calls == []


@pytest.mark.parametrize("there", [True, False])
def test_wrong_token_says_how_to_log_in(here, before, monkeypatch, there):
    if there:
        here.create(NAME)
    monkeypatch.setenv("HF_TOKEN", "hf_wrongwrongwrong")
    result = push(before, NAME, "--yes")
    fails(result, 1, NAME, "the token is not accepted", LOG_IN)
    assert "hf_wrongwrongwrong" not in result.output and (not there or not shown(here))


def test_token_from_the_file_of_the_library(here, before, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    TOKEN.write_text(f"{here.token}\n")
    done(push(before, NAME, "--yes"))
    assert shown(here)


def test_token_is_in_nothing_that_is_said_or_sent(here, folder):
    result = push(folder, NAME, "--yes", "--tag", "v1")
    done(result)
    assert here.token not in result.output
    for content in [*here.repository(NAME).files().values(), *(p.read_bytes() for p in folder.rglob("*.*"))]:
        assert here.token.encode() not in content


class Repeater(BaseHTTPRequestHandler):
    """Answers every call with one status and an error that repeats the Authorization header."""

    status = 403

    def _answer(self) -> None:
        said = f"not for {self.headers['Authorization']}"
        body = json.dumps({"error": said}).encode()
        self.send_response(self.status)
        self.send_header("X-Error-Message", said)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = _answer

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(params=[400, 401, 403, 409])
def repeater(request, monkeypatch) -> Iterator[None]:
    """A server that repeats the token, as the one that commands speak to."""
    handler = type("Handler", (Repeater,), {"status": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        speak_to(f"http://127.0.0.1:{server.server_port}", "hf_secretsecretsecret", monkeypatch)
        yield
        server.shutdown()
        serving.join()


def test_token_is_masked_where_the_server_repeats_it(repeater, before):
    result = push(before, NAME, "--yes")
    fails(result, 1, NAME, "***")
    assert "secretsecret" not in result.output


def test_token_that_may_not_write(here, before, monkeypatch):
    """The Hub lets such a token read, and answers every writing with 403."""
    from tests.loopback import routes
    from tests.loopback.wire import Problem

    here.create(NAME)
    admit = routes._admit

    def reading_only(state, request, access) -> None:
        if access != "read":
            raise Problem(403, "You have read access but not the required permissions for this operation")
        admit(state, request, access)

    monkeypatch.setattr(routes, "_admit", reading_only)
    fails(push(before, NAME, "--yes"), 1, NAME, "read access but not the required permissions", "write access")
    assert not shown(here)


def test_offline_is_said(here, before, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    fails(push(before, NAME, "--yes"), 1, NAME, "HF_HUB_OFFLINE is set")
