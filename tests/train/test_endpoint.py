"""Answers from a server: what it is asked, and what its words become.

pytest tests/train/test_endpoint.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli import main
from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.endpoint import Endpoint, Fit
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How
from sde_datasets.train.patience import Server
from sde_datasets.train.predict import Asked, predict
from sde_datasets.train.predictor import Predictor
from sde_datasets.train.samples import Split
from sde_datasets.train.serve import served as served_run
from train.server import TEXTS, asked, serving

pytestmark = pytest.mark.usefixtures("hurried")


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


def test_what_a_server_is_not_asked_for(served):
    with pytest.raises(UsageError, match="--constrained needs the model itself"):
        asked(served[0], constrained=True)
    for address in ("localhost:8000", "http://h:abc/v1", "http://h:70000/v1", f"http://{'a' * 64}.org/v1", "http://"):
        with pytest.raises(UsageError, match="give http"):
            asked(address)
    with pytest.raises(UsageError, match=r"leave user and password out.* OPENAI_API_KEY") as error:
        asked("http://me:secret@h:abc/v1")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("key", ["sk-sécret", "sk-secret\nsecret"])
def test_a_key_that_no_request_can_carry_is_refused_and_not_shown(served, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY holds a letter") as error:
        asked(served[0])
    assert "cret" not in str(error.value)


@pytest.mark.parametrize(
    "usage, counts",
    [
        ({"prompt_tokens": float("inf"), "completion_tokens": "many"}, (0, 0)),
        ({"prompt_tokens": -3, "completion_tokens": float("nan")}, (0, 0)),
        ({"prompt_tokens": None, "completion_tokens": 7.0}, (0, 7)),
        ("none", (0, 0)),
    ],
)
def test_counts_that_cannot_be_read_are_0(served, template, usage, counts):
    url, state = served
    state.usage = usage
    [(_, said)] = asked(url).answers(TEXTS[:1], template)
    assert said[:3] == (f"'DNA': '{len(template.prompt('x'))}'", *counts)


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize(
    "reason, stop",
    [
        ("length", "length"),
        ("stop", "end"),
        (None, "end"),
        ("eos", "end"),
        ("content_filter", "content_filter"),
        ("abcde" * 9, "abcde" * 8),
    ],
)
def test_an_answer_without_text_is_an_answer_and_says_why_it_ended(template, chat, reason, stop):
    with serving(lambda prompt: None) as (url, state):
        state.choice = {"finish_reason": reason}
        [(_, said)] = asked(url, chat).answers(TEXTS[:1], template)
    assert said == ("", 11, 5, stop, 0)


@pytest.fixture(params=[False, True], ids=["plain", "chat"])
def narrow(request, run, models, template_of_run, tmp_path):
    """A run whose context has room for little text."""
    folder = RunFolder(Path(shutil.copytree(run, tmp_path / "narrow")))
    if request.param:
        shutil.copytree(models / "qwen", folder.model, dirs_exist_ok=True)
        options = (folder.path / "run.toml").read_text("utf-8")
        (folder.path / "run.toml").write_text(options.replace("chat = false", "chat = true"), "utf-8")
        assert folder.options().chat
    about, bare = folder.read("about"), Predictor(run=folder.path).writer(template_of_run).prompt("")
    folder.write("about", about | {"context": len(bare.ids) + about["longest_completion"] + 40})
    return folder.path


@pytest.fixture
def template_of_run(data):
    return Split.of(str(data), "ner-lines-text-noinst", "test").template


def test_texts_are_shortened_for_a_server_as_for_the_model_itself(served, narrow, template_of_run):
    url, state = served
    template, writer = template_of_run, Predictor(narrow).writer(template_of_run)
    texts = {"short": "The IL-2.", "long": "IL-2 and p50. " * 100}
    said = dict(served_run(narrow, How(), url, "", 2, "NO_KEY").answers(texts.items(), template))
    local = {id: writer.prompt(text) for id, text in texts.items()}
    assert {id: each.cut for id, each in said.items()} == {id: each.cut for id, each in local.items()}
    assert said["short"].cut == 0 < said["long"].cut
    chat = RunFolder(narrow).options().chat
    prompts = {body["messages"][0]["content"] if chat else body["prompt"]: body["max_tokens"] for body in state.asked}
    assert prompts == {
        template.prompt(text[: len(text) - local[id].cut]): writer.row(0, id, local[id]).limit
        for id, text in texts.items()
    }
    assert len(set(prompts.values())) == 2


def test_a_prompt_that_does_not_fit_a_run_is_not_asked(served, narrow, template_of_run):
    url, state = served
    folder = RunFolder(narrow)
    folder.write("about", folder.read("about") | {"context": 20})
    [(_, said)] = served_run(narrow, How(), url, "", 2, "NO_KEY").answers([("a", "IL-2")], template_of_run)
    assert said == ("", 0, 0, "too long", 0)
    assert not state.asked


def test_a_text_that_cannot_be_made_to_fit_is_not_asked(served, template):
    url, state = served
    fits = {0: Fit(0, 5), 1: None, 2: None, 3: Fit(2, 9)}
    made = Endpoint(Server(url, concurrency=1), How(), 64, False, lambda template: lambda text: fits[len(text)])
    said = dict(made.answers([(str(i), "abcd"[:i]) for i in range(4)], template))
    assert {id: (each.stop, each.cut) for id, each in said.items()} == {
        "0": ("end", 0),
        "1": ("too long", 0),
        "2": ("too long", 0),
        "3": ("end", 2),
    }
    assert [(body["prompt"], body["max_tokens"]) for body in state.asked] == [
        (template.prompt(""), 5),
        (template.prompt("a"), 9),
    ]


def test_chats_are_asked_not_to_think_aloud(served, template):
    url, state = served
    list(asked(url, chat=True).answers(TEXTS, template))
    assert all(body["chat_template_kwargs"] == {"enable_thinking": False} for body in state.asked)
    state.asked.clear()
    list(asked(url).answers(TEXTS, template))
    assert not any("chat_template_kwargs" in body for body in state.asked)


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_knows_no_thinking_is_asked_without(served, template, status):
    url, state = served
    state.judge = lambda body: status if "chat_template_kwargs" in body else "pass"
    said = dict(asked(url, chat=True, concurrency=1).answers(TEXTS[:5], template))
    assert {each.stop for each in said.values()} == {"end"}
    assert ["chat_template_kwargs" in body for body in state.asked] == [True] + [False] * 5


def test_a_server_that_once_took_it_is_never_asked_to_think(served, template):
    url, state = served
    state.faults = ["pass", 400]
    said = dict(asked(url, chat=True, concurrency=1).answers(TEXTS[:5], template))
    assert said["t2"].stop == "refused"
    assert all("chat_template_kwargs" in body for body in state.asked)


def test_the_command_asks_a_server(served, run, tmp_path):
    url, state = served
    out = Path(tmp_path / "a.jsonl")
    given = ["predict", str(run), "--endpoint", url, "--limit", "3", "--out", str(out), "--quiet"]
    said = CliRunner().invoke(main, given, catch_exceptions=False)
    assert said.exit_code == 0 and len(out.read_text("utf-8").splitlines()) == 3
    assert len(state.asked) == 3
