"""A server that fails, stalls, refuses requests or sends malformed responses.

pytest tests/prediction/test_server_faults.py
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from openai import AsyncOpenAI

from sde_datasets.errors import InputError
from sde_datasets.prediction import server_client
from sde_datasets.prediction.completion import Completion
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictions import PredictionRequest, predict
from sde_datasets.prediction.server import CompletionServer
from sde_datasets.prediction.server_client import ServerSettings
from tests.prediction.server import TEXTS, connect

pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.mark.parametrize("fault", [429, 500, 503, "drop", "nonsense", "no choices", "stall"])
def test_temporary_fault_is_retried(served, template, fault):
    url, state = served
    state.faults = [fault, "pass", fault, fault]
    patience = 2 if fault == "stall" else 60
    completions = dict(connect(url, timeout=patience).generate(TEXTS[:6], template))
    assert len(completions) == 6 and len(state.asked) == 9


@pytest.mark.parametrize(
    "fault, tries, words",
    [
        (400, 1, "answers 400: .*fault 400"),
        (404, 1, "answers 404"),
        (500, 3, "answers 500"),
        ("nonsense", 3, "answers what cannot be read: '<html>welcome"),
        ("drop", 3, "cannot be reached"),
    ],
)
def test_permanent_fault_is_reported(served, template, fault, tries, words):
    url, state = served
    state.faults = [fault] * 100
    with pytest.raises(InputError, match=rf"completions: {words}"):
        list(connect(url, retries=2, concurrency=1).generate(TEXTS[:1], template))
    assert len(state.asked) == tries


def test_answers_before_a_failure_are_kept(served, run, tmp_path, quiet):
    url, state = served
    state.faults = ["pass"] * 25 + [404] * 100
    out, before = tmp_path / "a.jsonl", set(threading.enumerate())

    def go() -> None:
        server = connect(url, concurrency=2)
        predict(run, PredictionRequest(out=out), GenerationOptions(), server.backend, quiet)

    with pytest.raises(InputError, match="repeat the command to continue"):
        go()
    kept = len((tmp_path / "a.jsonl.part").read_text("utf-8").splitlines())
    assert 20 <= kept <= 25
    # the request beside the one that failed may still be on its way, and is not one of the second call
    assert are_over(before)
    state.faults, state.asked = [], []
    go()
    assert len(state.asked) == 60 - kept
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(rows) == len({row["id"] for row in rows}) == 60


def test_unreachable_server_is_reported(template):
    with pytest.raises(InputError, match="cannot be reached"):
        connect("http://127.0.0.1:9/v1", retries=1)


def test_api_key_in_a_response_is_not_shown(served, template, monkeypatch):
    url, state = served
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-word\n")
    state.faults = [b"no such key: sk-secret-word"]
    with pytest.raises(InputError, match=r"cannot be read: 'no such key: \(the key\)'"):
        list(connect(url, retries=0).generate(TEXTS[:1], template))
    assert state.headers[0]["Authorization"] == "Bearer sk-secret-word"


@pytest.mark.parametrize("body", [b"[" * 200_000, b"\xff\xfe{", b"[1", b"9" * 5000, b"3", b'{"choices": [[]]}'])
def test_malformed_body_is_reported(served, template, body):
    url, state = served
    state.faults = [body] * 2
    with pytest.raises(InputError, match="answers what cannot be read"):
        list(connect(url, retries=1).generate(TEXTS[:1], template))
    assert len(state.asked) == 2


def test_only_the_beginning_of_a_huge_body_is_read(served, template, monkeypatch):
    url, state = served
    answer = json.dumps({"choices": [{"text": "x" * 3_000_000}]}).encode()
    state.faults = [answer] * 2
    [(_, completion)] = connect(url).generate(TEXTS[:1], template)
    assert len(completion.text) == 3_000_000
    monkeypatch.setattr(server_client, "_MAX_BODY", 1_000_000)
    with pytest.raises(InputError, match=r"answers what cannot be read: '\{.choices"):
        list(connect(url, retries=0).generate(TEXTS[:1], template))


def test_error_page_with_an_unknown_charset_is_shown(served, template):
    url, state = served
    state.faults, state.headers_of_faults = [404] * 2, {"Content-Type": "text/html; charset=idna"}
    with pytest.raises(InputError, match=r"answers 404: .*fault 404"):
        list(connect(url).generate(TEXTS[:1], template))


def test_error_does_not_wait_for_stalled_requests(served, template):
    url, state = served
    server = connect(url, concurrency=4)
    state.faults = ["stall", "stall", "stall", "late 404"]
    with pytest.raises(InputError, match="answers 404"):
        list(server.generate(TEXTS, template))
    assert state.stalled == 3


def test_error_ends_the_waits_between_retries(served, template):
    url, state = served
    server, before = connect(url, concurrency=4), set(threading.enumerate())
    state.faults, state.headers_of_faults = [503, 503, 503, "late 404"], {"Retry-After": "20"}
    with pytest.raises(InputError, match="answers 404"):
        list(server.generate(TEXTS, template))
    assert are_over(before)
    assert len(state.asked) == 4


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, or two minutes: what follows then fails."""
    end = time.monotonic() + 120
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


def are_over(before: set[threading.Thread]) -> bool:
    """Return True if all threads of server clients, except those in `before`, end before stalled requests do."""

    def over() -> bool:
        return not any(each.name == server_client.THREAD for each in set(threading.enumerate()) - before)

    wait_until(over)
    return over()


def test_requests_in_progress_are_cancelled_and_connections_closed_when_the_caller_stops(served, template, monkeypatch):
    url, state = served
    server, before = connect(url, concurrency=3), set(threading.enumerate())
    closed: list[AsyncOpenAI] = []
    close = AsyncOpenAI.close

    async def recorded(self) -> None:
        closed.append(self)
        await close(self)

    monkeypatch.setattr(AsyncOpenAI, "close", recorded)
    state.faults = ["pass", "stall", "stall"]
    completions = server.generate(TEXTS, template)
    next(completions)
    assert not closed
    wait_until(lambda: state.stalled == 2)
    completions.close()
    assert are_over(before) and state.stalled == 2
    assert len(closed) == 1


def test_finished_answers_are_yielded_before_an_error_is_raised(served, template):
    url, state = served
    state.faults = ["pass"] * 7 + ["late 404"]
    completions = connect(url).generate(TEXTS[:8], template)
    got = [next(completions)]
    wait_until(lambda: len(state.asked) == 8 and state.now == 0)
    with pytest.raises(InputError, match="answers 404"):
        got.extend(completions)
    # extend keeps what it had when the error came
    assert len(got) == 7


ENDLESS = """
import signal, sys
from types import SimpleNamespace
from sde_datasets.designs.design import Design
from sde_datasets.prediction.server import CompletionServer
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.server_client import ServerSettings

signal.signal(signal.SIGINT, signal.default_int_handler)
server = CompletionServer(ServerSettings(sys.argv[1]), GenerationOptions(), 64)
list(server.generate(((str(i), "") for i in range(99)), SimpleNamespace(prompt=str, design=Design())))
"""


def test_interrupted_process_ends_at_once(served):
    url, state = served
    state.faults = ["stall"] * 99
    child = subprocess.Popen([sys.executable, "-c", ENDLESS, url], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: state.stalled >= 8 or child.poll() is not None)
    child.send_signal(signal.SIGINT)
    words = child.communicate(timeout=100)[1]
    assert state.stalled >= 8
    assert words.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_refused_text_does_not_stop_the_others(served, template, status):
    url, state = served
    # the first of all among them: whether it is the text or all of them shows later
    bad = {template.prompt("x"), template.prompt("x" * 9)}
    state.judge = lambda body: status if body["prompt"] in bad else "pass"
    completions = dict(connect(url, concurrency=2).generate(TEXTS, template))
    assert {id for id, each in completions.items() if each == Completion("", 0, 0, "refused")} == {"t1", "t9"}
    assert len(completions) == len(TEXTS) == len(state.asked)


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:2]])
def test_server_that_refuses_all_texts_stops_the_run_with_its_message(served, template, texts):
    url, state = served
    state.judge = lambda body: 400
    with pytest.raises(InputError, match=r"answers 400: .*fault 400"):
        list(connect(url, concurrency=3).generate(texts, template))
    assert len(state.asked) == min(3, len(texts))


@pytest.mark.parametrize("fault", [404, "nonsense", b'{"data": []}', b'{"data": [{"id": {}}]}'])
def test_server_without_a_model_list_needs_endpoint_model(served, template, fault):
    url, state = served
    state.models = fault
    with pytest.raises(InputError, match=r"models: answers .* Name it with --endpoint-model") as error:
        connect(url, retries=1)
    assert "kept" not in str(error.value)
    server = CompletionServer(ServerSettings(url, "mine"), GenerationOptions(), 64)
    assert len(dict(server.generate(TEXTS, template))) == len(TEXTS)
    assert (server.backend.endpoint, server.backend.served_model) == (url, "mine")


def test_redirect_is_not_followed_and_its_target_is_named(served, template):
    url, state = served
    state.faults, state.headers_of_faults = [307] * 9, {"Location": "https://elsewhere/v1/completions"}
    words = "answers 307: it points to 'https://elsewhere/v1/completions'. Give that address with --endpoint"
    with pytest.raises(InputError, match=words):
        list(connect(url, concurrency=1).generate(TEXTS, template))
    assert len(state.asked) == 1


def test_wrong_api_key_error_names_the_environment_variable(served, template):
    url, state = served
    state.faults = [401]
    with pytest.raises(InputError, match=r"answers 401: .*Put its key into the environment variable OPENAI_API_KEY"):
        list(connect(url, concurrency=1).generate(TEXTS, template))
