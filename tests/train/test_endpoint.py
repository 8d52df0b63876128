"""Answers from a server, with all that goes wrong on the way to one.

pytest tests/train/test_endpoint.py
"""

from __future__ import annotations

import json

import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train import endpoint
from sde_datasets.train.endpoint import Endpoint, Server
from sde_datasets.train.how import How
from sde_datasets.train.predict import Asked, predict
from sde_datasets.train.samples import Split
from train.server import serving


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Wait shortly between tries."""
    monkeypatch.setattr(endpoint, "_FIRST", 0.01)


@pytest.fixture
def served():
    with serving(lambda prompt: f"'DNA': '{len(prompt)}'") as (url, state):
        yield url, state


@pytest.fixture
def template(data):
    return Split.of(str(data), "ner-es", "test").template


def asked(url: str, chat: bool = False, **how) -> Endpoint:
    server = {name: how.pop(name) for name in ("concurrency", "retries", "timeout") if name in how}
    return Endpoint(Server(url, **server), How(**how), 64, chat)


TEXTS = [(f"t{i}", "x" * i) for i in range(1, 30)]


@pytest.mark.parametrize("chat", [False, True])
def test_every_text_is_answered_under_its_id(served, template, chat):
    url, state = served
    said = dict(asked(url, chat).answers(TEXTS, template))
    assert {id: each.text for id, each in said.items()} == {
        id: f"'DNA': '{len(template.prompt(text))}'" for id, text in TEXTS
    }
    assert {(each.stop, each.prompt_tokens, each.tokens) for each in said.values()} == {("end", 11, 5)}
    assert 1 < state.most_at_a_time <= 8
    assert all(body["model"] == "served-model" and body["temperature"] == 0 for body in state.asked)
    prompts = [body["messages"][0]["content"] if chat else body["prompt"] for body in state.asked]
    assert sorted(prompts) == sorted(template.prompt(text) for _, text in TEXTS)


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
    state.faults = ["pass"] * 25 + [400] * 100
    out = tmp_path / "a.jsonl"

    def go() -> None:
        made = asked(url, concurrency=2)
        predict(run, Asked(out=out), How(), made.answers, made.about, quiet)

    with pytest.raises(InputError, match="ask again to go on"):
        go()
    kept = len((tmp_path / "a.jsonl.part").read_text("utf-8").splitlines())
    assert 20 <= kept <= 25
    state.faults, state.asked = [], []
    go()
    assert len(state.asked) == 60 - kept
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(rows) == len({row["id"] for row in rows}) == 60


def test_samples_carry_seeds_of_their_own(served, template):
    url, state = served
    list(asked(url, sample=True, seed=3, temperature=0.7).answers(TEXTS, template))
    assert {body["temperature"] for body in state.asked} == {0.7}
    assert len({body["seed"] for body in state.asked}) == len(TEXTS)


def test_the_key_is_sent_and_stands_nowhere_else(served, run, tmp_path, quiet, monkeypatch):
    url, state = served
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-word")
    made = asked(url)
    predict(run, Asked(out=tmp_path / "a.jsonl", limit=3), How(), made.answers, made.about, quiet)
    assert state.headers[0]["Authorization"] == "Bearer sk-secret-word"
    assert not any("secret" in path.read_text("utf-8") for path in tmp_path.iterdir())
    state.faults = [401] * 10
    with pytest.raises(InputError) as error:
        predict(run, Asked(out=tmp_path / "b.jsonl", limit=3), How(), made.answers, made.about, quiet)
    assert "secret" not in str(error.value)


def test_a_server_that_is_not_there(template):
    with pytest.raises(InputError, match="cannot be reached"):
        asked("http://127.0.0.1:9/v1", retries=1)


def test_what_a_server_is_not_asked_for(served):
    with pytest.raises(UsageError, match="--constrained needs the model itself"):
        asked(served[0], constrained=True)
    with pytest.raises(UsageError, match="give http"):
        asked("localhost:8000")
