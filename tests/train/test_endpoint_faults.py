"""A server that fails, stalls, refuses or answers nonsense.

pytest tests/train/test_endpoint_faults.py
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from sde_datasets.errors import InputError
from sde_datasets.train import patience
from sde_datasets.train.endpoint import Endpoint
from sde_datasets.train.how import How
from sde_datasets.train.patience import Server
from sde_datasets.train.predict import Asked, predict
from train.server import TEXTS, asked

pytestmark = pytest.mark.usefixtures("hurried")


@pytest.mark.parametrize("fault", [429, 500, 503, "drop", "nonsense", "no choices", "stall"])
def test_a_fault_that_passes_is_overcome(served, template, fault):
    url, state = served
    state.faults = [fault, "pass", fault, fault]
    said = dict(asked(url, timeout=0.5).answers(TEXTS[:6], template))
    assert len(said) == 6 and len(state.asked) == 9


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
def test_a_fault_that_stays_ends_in_words(served, template, fault, tries, words):
    url, state = served
    state.faults = [fault] * 100
    with pytest.raises(InputError, match=rf"completions: {words}"):
        list(asked(url, retries=2, concurrency=1).answers(TEXTS[:1], template))
    assert len(state.asked) == tries


def test_what_was_answered_before_a_failure_is_kept(served, run, tmp_path, quiet):
    url, state = served
    state.faults = ["pass"] * 25 + [404] * 100
    out, before = tmp_path / "a.jsonl", set(threading.enumerate())

    def go() -> None:
        made = asked(url, concurrency=2)
        predict(run, Asked(out=out), How(), made.answers, made.about, quiet)

    with pytest.raises(InputError, match="ask again to go on"):
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


def test_a_server_that_is_not_there(template):
    with pytest.raises(InputError, match="cannot be reached"):
        asked("http://127.0.0.1:9/v1", retries=1)


def test_a_key_that_a_server_sends_back_is_not_shown(served, template, monkeypatch):
    url, state = served
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-word\n")
    state.faults = [b"no such key: sk-secret-word"]
    with pytest.raises(InputError, match=r"cannot be read: 'no such key: \(the key\)'"):
        list(asked(url, retries=0).answers(TEXTS[:1], template))
    assert state.headers[0]["Authorization"] == "Bearer sk-secret-word"


@pytest.mark.parametrize("body", [b"[" * 200_000, b"\xff\xfe{", b"[1", b"9" * 5000, b"3", b'{"choices": [[]]}'])
def test_a_body_that_is_nonsense_is_said_to_be_so(served, template, body):
    url, state = served
    state.faults = [body] * 2
    with pytest.raises(InputError, match="answers what cannot be read"):
        list(asked(url, retries=1).answers(TEXTS[:1], template))
    assert len(state.asked) == 2


def test_of_a_body_that_is_huge_only_the_beginning_is_read(served, template, monkeypatch):
    url, state = served
    answer = json.dumps({"choices": [{"text": "x" * 3_000_000}]}).encode()
    state.faults = [answer] * 2
    [(_, said)] = asked(url).answers(TEXTS[:1], template)
    assert len(said.text) == 3_000_000
    monkeypatch.setattr(patience, "_MOST", 1_000_000)
    with pytest.raises(InputError, match=r"answers what cannot be read: '\{.choices"):
        list(asked(url, retries=0).answers(TEXTS[:1], template))


def test_an_error_page_in_an_odd_charset_is_shown(served, template):
    url, state = served
    state.faults, state.headers_of_faults = [404] * 2, {"Content-Type": "text/html; charset=idna"}
    with pytest.raises(InputError, match=r"answers 404: .*fault 404"):
        list(asked(url).answers(TEXTS[:1], template))


def test_an_error_does_not_wait_for_what_stalls_beside_it(served, template):
    url, state = served
    made = asked(url, concurrency=4)
    state.faults = [404, "stall", "stall", "stall"]
    start = time.monotonic()
    with pytest.raises(InputError, match="answers 404"):
        list(made.answers(TEXTS, template))
    assert time.monotonic() - start < 1.5
    assert len(state.asked) == 4


def test_an_error_ends_the_waits_between_tries(served, template):
    url, state = served
    made, before = asked(url, concurrency=4), set(threading.enumerate())
    state.faults, state.headers_of_faults = [503, 503, 503, "late 404"], {"Retry-After": "20"}
    with pytest.raises(InputError, match="answers 404"):
        list(made.answers(TEXTS, template))
    assert are_over(before)
    assert len(state.asked) == 4


def are_over(before: set[threading.Thread]) -> bool:
    """Whether all threads that ask a server, besides those of before, end in a short time."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if not any(each.name == "asks a server" for each in set(threading.enumerate()) - before):
            return True
        time.sleep(0.02)
    return False


def test_connections_are_closed_when_the_last_request_has_come_back(served, template, monkeypatch):
    url, state = served
    made, before, closed = asked(url, concurrency=3), set(threading.enumerate()), []
    monkeypatch.setattr(patience.Patience, "close", lambda self: closed.append(self))
    state.faults = ["pass", "late 404", "late 404"]
    said = made.answers(TEXTS, template)
    next(said)
    said.close()
    assert not closed
    assert are_over(before)
    assert len(set(closed)) == 1


def test_answers_that_came_in_beside_an_error_are_given_first(served, template):
    url, state = served
    state.faults = ["pass"] * 7 + ["late 404"]
    said = asked(url).answers(TEXTS[:8], template)
    got = [next(said)]
    time.sleep(0.6)
    with pytest.raises(InputError, match="answers 404"):
        got.extend(said)
    # extend keeps what it had when the error came
    assert len(got) == 7


ENDLESS = """
import signal, sys
from types import SimpleNamespace
from sde_datasets.train.endpoint import Endpoint
from sde_datasets.train.how import How
from sde_datasets.train.patience import Server

signal.signal(signal.SIGINT, signal.default_int_handler)
made = Endpoint(Server(sys.argv[1]), How(), 64, False)
list(made.answers(((str(i), "") for i in range(99)), SimpleNamespace(prompt=str)))
"""


def test_a_process_that_is_interrupted_ends_at_once(served):
    url, state = served
    state.faults = ["stall"] * 99
    child = subprocess.Popen([sys.executable, "-c", ENDLESS, url], stderr=subprocess.PIPE, text=True)
    while len(state.asked) < 8 and child.poll() is None:
        time.sleep(0.02)
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    words = child.communicate(timeout=20)[1]
    assert time.monotonic() - start < 2
    assert words.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_text_that_is_refused_does_not_end_the_rest(served, template, status):
    url, state = served
    # the first of all among them: whether it is the text or all of them shows later
    bad = {template.prompt("x"), template.prompt("x" * 9)}
    state.judge = lambda body: status if body["prompt"] in bad else "pass"
    said = dict(asked(url, concurrency=2).answers(TEXTS, template))
    assert {id for id, each in said.items() if each == ("", 0, 0, "refused", 0)} == {"t1", "t9"}
    assert len(said) == len(TEXTS) == len(state.asked)


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:2]])
def test_a_server_that_refuses_all_texts_ends_the_run_in_its_words(served, template, texts):
    url, state = served
    state.judge = lambda body: 400
    with pytest.raises(InputError, match=r"answers 400: .*fault 400"):
        list(asked(url, concurrency=3).answers(texts, template))
    assert len(state.asked) == min(3, len(texts))


@pytest.mark.parametrize("fault", [404, "nonsense", b'{"data": []}', b'{"data": [{"id": {}}]}'])
def test_without_a_list_of_models_one_is_to_be_named(served, template, fault):
    url, state = served
    state.models = fault
    with pytest.raises(InputError, match=r"models: answers .* Name it with --endpoint-model") as error:
        asked(url, retries=1)
    assert "kept" not in str(error.value)
    made = Endpoint(Server(url, "mine"), How(), 64, False)
    assert len(dict(made.answers(TEXTS, template))) == len(TEXTS)
    assert made.about == {"endpoint": url, "served_model": "mine"}


def test_a_redirect_is_final_and_says_where_it_points(served, template):
    url, state = served
    state.faults, state.headers_of_faults = [307] * 9, {"Location": "https://elsewhere/v1/completions"}
    words = "answers 307: it points to 'https://elsewhere/v1/completions'. Give that address with --endpoint"
    with pytest.raises(InputError, match=words):
        list(asked(url, concurrency=1).answers(TEXTS, template))
    assert len(state.asked) == 1


def test_a_request_without_the_right_key_names_the_variable(served, template):
    url, state = served
    state.faults = [401]
    with pytest.raises(InputError, match=r"answers 401: .*Put its key into the environment variable OPENAI_API_KEY"):
        list(asked(url, concurrency=1).answers(TEXTS, template))
