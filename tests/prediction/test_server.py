"""Answers from a server: the requests that it gets, and how its responses are read.

pytest tests/prediction/test_server.py
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.errors import InputError, UsageError
from sde_datasets.prediction.completion import Completion
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictions import PredictionRequest, predict
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.prediction.served_run import server_for_run
from sde_datasets.prediction.server import CompletionServer, Truncation
from sde_datasets.prediction.server_client import ServerSettings
from sde_datasets.prediction.server_prompt import PromptFormat
from sde_datasets.runs.chat import chat_frame
from sde_datasets.runs.loading import load_tokenizer
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import Split
from tests.prediction.server import FRAME, TEXTS, connect, serving

pytestmark = pytest.mark.usefixtures("short_pauses")


@pytest.mark.parametrize("chat", [False, True])
def test_every_text_is_answered_under_its_id(served, template, chat):
    url, state = served
    completions = dict(connect(url, chat).generate(TEXTS, template))
    assert {id: each.text for id, each in completions.items()} == {
        id: f"'DNA': '{len(template.prompt(text))}'" for id, text in TEXTS
    }
    assert {(each.stop, each.prompt_tokens, each.tokens) for each in completions.values()} == {("end", 11, 5)}
    assert 1 < state.most_at_a_time <= 8
    assert all(body["model"] == "served-model" and body["temperature"] == 0 for body in state.asked)
    prompts = [body["messages"][0]["content"] if chat else body["prompt"] for body in state.asked]
    assert sorted(prompts) == sorted(template.prompt(text) for _, text in TEXTS)


def test_each_sampled_request_has_its_own_seed(served, template):
    url, state = served
    list(connect(url, sample=True, seed=3, temperature=0.7).generate(TEXTS, template))
    assert {body["temperature"] for body in state.asked} == {0.7}
    assert len({body["seed"] for body in state.asked}) == len(TEXTS)


def test_api_key_is_sent_and_written_nowhere(served, run, tmp_path, quiet, monkeypatch):
    url, state = served
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-word")
    server = connect(url)
    predict(run, PredictionRequest(out=tmp_path / "a.jsonl", limit=3), GenerationOptions(), server.backend, quiet)
    assert state.headers[0]["Authorization"] == "Bearer sk-secret-word"
    assert not any("secret" in path.read_text("utf-8") for path in tmp_path.iterdir())
    state.faults = [401] * 10
    with pytest.raises(InputError) as error:
        predict(run, PredictionRequest(out=tmp_path / "b.jsonl", limit=3), GenerationOptions(), server.backend, quiet)
    assert "secret" not in str(error.value)


def test_unsupported_options_and_invalid_addresses_are_refused(served):
    with pytest.raises(UsageError, match="--constrained needs the model itself"):
        connect(served[0], constrained=True)
    for address in ("localhost:8000", "http://h:abc/v1", "http://h:70000/v1", f"http://{'a' * 64}.org/v1", "http://"):
        with pytest.raises(UsageError, match="give http"):
            connect(address)
    with pytest.raises(UsageError, match=r"remove user and password.* OPENAI_API_KEY") as error:
        connect("http://me:secret@h:abc/v1")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("key", ["sk-sécret", "sk-secret\nsecret"])
def test_invalid_api_key_is_refused_and_not_shown(served, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY contains a character") as error:
        connect(served[0])
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
def test_unreadable_token_counts_are_0(served, template, usage, counts):
    url, state = served
    state.usage = usage
    [(_, completion)] = connect(url).generate(TEXTS[:1], template)
    assert completion[:3] == (f"'DNA': '{len(template.prompt('x'))}'", *counts)


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
def test_empty_answer_has_a_stop_reason(template, chat, reason, stop):
    with serving(lambda prompt: None) as (url, state):
        state.choice = {"finish_reason": reason}
        [(_, completion)] = connect(url, chat).generate(TEXTS[:1], template)
    assert completion == Completion("", 11, 5, stop)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_reasoning_of_a_server_is_kept_apart_from_the_answer(template, key):
    with serving(lambda prompt: None) as (url, state):
        state.choice = {"message": {"role": "assistant", "content": "'DNA': 'a'", key: "It is DNA."}}
        [(_, completion)] = connect(url, True).generate(TEXTS[:1], template)
    assert completion.answer_fields() == {"prediction": "'DNA': 'a'", "reasoning": "It is DNA."}


@pytest.fixture(params=[False, True], ids=["plain", "chat"])
def narrow(request, run, models, template_of_run, tmp_path):
    """A run whose context has room for little text."""
    folder = RunFolder(Path(shutil.copytree(run, tmp_path / "narrow")))
    if request.param:
        shutil.copytree(models / "qwen", folder.model, dirs_exist_ok=True)
        options = (folder.path / "run.toml").read_text("utf-8")
        (folder.path / "run.toml").write_text(options.replace("chat = false", "chat = true"), "utf-8")
        assert folder.options().chat
        frame, _ = chat_frame(load_tokenizer(str(folder.model), None, None), "", "qwen")
        folder.write_info(replace(folder.read_info(), chat=frame))
    about, bare = folder.read_info(), Predictor(run=folder.path).generator(template_of_run).encode("")
    folder.write_info(replace(about, context=len(bare.ids) + about.longest_completion + 40))
    return folder.path


@pytest.fixture
def template_of_run(data):
    return Split.open(str(data), "ner-lines-text-noinst", "test").template


def test_texts_are_truncated_for_a_server_as_for_the_local_model(served, narrow, template_of_run):
    url, state = served
    template, writer = template_of_run, Predictor(narrow).generator(template_of_run)
    texts = {"short": "The IL-2.", "long": "IL-2 and p50. " * 100}
    completions = dict(
        server_for_run(narrow, GenerationOptions(), url, "", 2, "NO_KEY").generate(texts.items(), template)
    )
    local = {id: writer.encode(text) for id, text in texts.items()}
    assert {id: each.cut for id, each in completions.items()} == {
        id: each.truncated_chars for id, each in local.items()
    }
    assert completions["short"].cut == 0 < completions["long"].cut
    chat = RunFolder(narrow).options().chat
    prompts = {body["messages"][0]["content"] if chat else body["prompt"]: body["max_tokens"] for body in state.asked}
    assert prompts == {
        template.prompt(text[: len(text) - local[id].truncated_chars]): writer.request(id, local[id].ids).limit
        for id, text in texts.items()
    }
    assert len(set(prompts.values())) == 2


def test_prompt_that_does_not_fit_the_run_is_not_sent(served, narrow, template_of_run):
    url, state = served
    folder = RunFolder(narrow)
    folder.write_info(replace(folder.read_info(), context=20))
    server = server_for_run(narrow, GenerationOptions(), url, "", 2, "NO_KEY")
    [(_, completion)] = server.generate([("a", "IL-2")], template_of_run)
    assert completion == Completion("", 0, 0, "too long")
    assert not state.asked


def test_text_that_cannot_be_truncated_to_fit_is_not_sent(served, template):
    url, state = served
    fits = {0: Truncation(0, 5), 1: None, 2: None, 3: Truncation(2, 9)}
    settings = ServerSettings(url, concurrency=1)
    server = CompletionServer(settings, GenerationOptions(), 64, None, lambda template: lambda text: fits[len(text)])
    completions = dict(server.generate([(str(i), "abcd"[:i]) for i in range(4)], template))
    assert {id: (each.stop, each.cut) for id, each in completions.items()} == {
        "0": ("end", 0),
        "1": ("too long", 0),
        "2": ("too long", 0),
        "3": ("end", 2),
    }
    assert [(body["prompt"], body["max_tokens"]) for body in state.asked] == [
        (template.prompt(""), 5),
        (template.prompt("a"), 9),
    ]


def test_chat_requests_switch_thinking_off(served, template):
    url, state = served
    list(connect(url, chat=True).generate(TEXTS, template))
    assert all(body["chat_template_kwargs"] == {"enable_thinking": False} for body in state.asked)
    state.asked.clear()
    list(connect(url).generate(TEXTS, template))
    assert not any("chat_template_kwargs" in body for body in state.asked)


@pytest.mark.parametrize("status", [400, 422])
def test_server_that_refuses_extra_fields_gets_requests_without_them(served, template, status):
    url, state = served
    state.judge = lambda body: status if "chat_template_kwargs" in body else "pass"
    completions = dict(connect(url, chat=True, concurrency=1).generate(TEXTS[:5], template))
    assert {each.stop for each in completions.values()} == {"end"}
    assert ["chat_template_kwargs" in body for body in state.asked] == [True] + [False] * 5


def test_server_that_accepted_extra_fields_always_gets_them(served, template):
    url, state = served
    state.faults = ["pass", 400]
    completions = dict(connect(url, chat=True, concurrency=1).generate(TEXTS[:5], template))
    assert completions["t2"].stop == "refused"
    assert all("chat_template_kwargs" in body for body in state.asked)


@pytest.mark.parametrize("chat", [False, True])
def test_requests_have_the_end_tokens(served, template, chat):
    """vLLM and its kin stop at these; a server that refuses them is asked without."""
    url, state = served
    list(connect(url, chat=chat, ends=(2, 7)).generate(TEXTS, template))
    assert all(body["stop_token_ids"] == [2, 7] for body in state.asked)
    state.asked.clear()
    state.judge = lambda body: 400 if "stop_token_ids" in body else "pass"
    completions = dict(connect(url, chat=chat, ends=(2, 7), concurrency=1).generate(TEXTS[:3], template))
    assert {each.stop for each in completions.values()} == {"end"}
    assert ["stop_token_ids" in body for body in state.asked] == [True] + [False] * 3


def test_system_message_precedes_the_prompt(served, template):
    url, state = served
    frame = replace(FRAME, system="Answer briefly.")
    list(connect(url, form=PromptFormat(frame, messages=True)).generate(TEXTS[:1], template))
    [body] = state.asked
    assert body["messages"] == [
        {"role": "system", "content": "Answer briefly."},
        {"role": "user", "content": template.prompt("x")},
    ]


def test_chat_prompt_that_the_server_would_render_otherwise_is_sent_whole(served, template):
    url, state = served
    list(connect(url, form=PromptFormat(FRAME, messages=False)).generate(TEXTS[:1], template))
    [body] = state.asked
    assert body["prompt"] == f"<user>{template.prompt('x')}<answer>" and "messages" not in body
    # the begin token stands in the text where the template has one
    assert body["add_special_tokens"] is False and "chat_template_kwargs" not in body


def test_predict_command_uses_a_server(served, run, tmp_path):
    url, state = served
    out = Path(tmp_path / "a.jsonl")
    given = ["predict", str(run), "--endpoint", url, "--limit", "3", "--out", str(out), "--quiet"]
    done = CliRunner().invoke(main, given, catch_exceptions=False)
    assert done.exit_code == 0 and len(out.read_text("utf-8").splitlines()) == 3
    assert len(state.asked) == 3


def test_endpoint_without_openai_names_the_extra_to_install(run, monkeypatch):
    monkeypatch.setattr("sde_datasets.prediction.served_run.find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["predict", str(run), "--endpoint", "http://localhost:8000/v1"])
    assert done.exit_code == 2 and len(done.stderr.strip().splitlines()) == 1
    assert "--endpoint needs openai, which is not installed: pip install 'sde-datasets[server]'" in done.stderr
