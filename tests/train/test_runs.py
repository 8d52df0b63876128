"""Whole runs: architectures, chats, validation, what a run folder holds, and that it is enough to repeat the run.

pytest tests/train/test_runs.py
"""

from __future__ import annotations

import json
from io import StringIO

import pytest
from safetensors.torch import load_file

from sde_datasets.train import metrics
from sde_datasets.train.evaluate import evaluate
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How
from sde_datasets.train.options import Options, read_options
from sde_datasets.train.predict import Asked
from sde_datasets.train.predictor import Predictor
from sde_datasets.train.run import train

CONFIG = "mabsa-lines-text-noinst"


@pytest.fixture
def asked(data, models, tmp_path):
    def options(model: str = "llama", **how) -> Options:
        given = {"config": CONFIG, "data": str(data), "model": str(models / model), "train_size": 12, "steps": 3}
        return Options(**(given | {"out": str(tmp_path / "run"), "log_every": 1} | how))

    return options


@pytest.mark.parametrize("model", ["llama", "qwen", "gpt2"])
@pytest.mark.parametrize("full", [False, True])
def test_architectures_are_trained_and_answer(asked, quiet, tmp_path, model, full):
    train(asked(model, full=full, gradient_checkpointing=full), progress=quiet)
    said = Predictor(tmp_path / "run").annotate(["The tuna was great."])
    assert said[0]["stop"] in ("end", "length")
    about = RunFolder(tmp_path / "run").read("about")
    assert (about["parameters"]["trained"] == about["parameters"]["all"]) == full


def test_a_run_folder_holds_what_a_person_and_a_service_need(asked, quiet, tmp_path):
    train(asked(eval_every=2, eval_samples=3), progress=quiet)
    folder = tmp_path / "run"
    names = {path.name for path in folder.iterdir()}
    assert {"run.toml", "template.json", "about.json", "metrics.jsonl", "loss.png", "README.md", "model"} <= names
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    model = {path.name for path in (folder / "model").iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json"} <= model
    assert not {name for name in model if name.endswith((".bin", ".pt", ".pkl"))}
    about = json.loads((folder / "about.json").read_text("utf-8"))
    assert about["data"]["sha256"] and about["versions"]["torch"] and about["samples"]["train"] == 12
    rows = [row for row in metrics.rows(folder / "metrics.jsonl") if "loss" in row]
    keys = {"step", "loss", "learning_rate", "tokens_per_second", "padding", "memory"}
    assert all(keys <= row.keys() for row in rows) and [row["step"] for row in rows] == [1, 2, 3]
    scores = [row["step"] for row in metrics.rows(folder / "metrics.jsonl") if "validation" in row]
    assert scores == [2, 3]


def test_the_resolved_options_repeat_the_run(asked, quiet, tmp_path):
    train(asked(), progress=quiet)
    again = Options(**(read_options(tmp_path / "run/run.toml") | {"out": str(tmp_path / "again")}))
    train(again, progress=quiet)
    one, two = (load_file(tmp_path / name / "model/adapter_model.safetensors") for name in ("run", "again"))
    assert all((one[key] == two[key]).all() for key in one)


def test_bundled_corpora_need_no_data(quiet, tmp_path):
    folder = tmp_path / "run"
    train(Options(config="ner-es", model="tiny", train_size=500, steps=1, out=str(folder)), progress=quiet)
    assert json.loads((folder / "about.json").read_text("utf-8"))["samples"]["train"] == 480
    scores, path = evaluate(folder, Asked(limit=3), How(), Predictor(folder).answers, {}, quiet)
    assert scores["samples"] == 3 and path.parent == folder / "predictions"
    assert "ner-es-test-3" in (folder / "README.md").read_text("utf-8")


def test_early_stopping_keeps_the_weights_of_the_best_score(asked, quiet, tmp_path):
    options = asked("llama", full=True, learning_rate=0.5, steps=40, eval_every=2, eval_samples=4, early_stopping=2)
    train(options, progress=quiet)
    rows = [row for row in metrics.rows(tmp_path / "run/metrics.jsonl") if "validation" in row]
    assert len(rows) < 20, "it did not stop"
    best = max(rows, key=lambda row: row["validation"])["step"]
    assert rows[-1]["step"] == best + 4
    assert not (tmp_path / "run/best").exists() and (tmp_path / "run/model").is_dir()


def test_the_prompt_that_was_trained_is_the_prompt_that_is_used(asked, quiet, tmp_path, monkeypatch):
    """With the model's chat template, and without."""
    from sde_datasets.train import tokens

    seen: list[str] = []
    plain = tokens.Encoder._tokens

    def watched(self, text):
        seen.append(text)
        return plain(self, text)

    monkeypatch.setattr(tokens.Encoder, "_tokens", watched)
    for chat in (False, True):
        seen.clear()
        folder = tmp_path / f"chat-{chat}"
        train(asked("qwen", chat=chat, out=str(folder)), progress=quiet)
        trained = list(seen)
        seen.clear()
        dict(Predictor(folder).answers([("a", "The tuna.")]))
        (prompt,) = [text for text in seen if "The tuna." in text]
        before, after = prompt.split("The tuna.")
        assert all(text.startswith(before) and after in text for text in trained)
        assert ("<|im_start|>user\n" in before and after.endswith("<|im_start|>assistant\n")) == chat


def test_a_chat_ends_with_the_mark_of_its_template(models):
    from sde_datasets.tasks import find_task
    from sde_datasets.train.models import chat_template, load_tokenizer
    from sde_datasets.train.samples import Template

    tokenizer = load_tokenizer(str(models / "qwen"), None, None)
    template = Template("lines-text", find_task("ner").schema(("DNA",)), "Find.\n---\n", "\nOutput:\n")
    wrapped, end = chat_template(tokenizer, template, "qwen")
    assert wrapped.prompt("x") == "<|im_start|>user\nFind.\n---\nx\nOutput:\n<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.convert_ids_to_tokens(end) == "<|im_end|>"


def test_shots_and_zero_shot_use_the_base_model(asked, quiet, tmp_path, data):
    train(asked(full=True, learning_rate=0.05), progress=quiet)
    texts = [("a", "The tuna."), ("b", "The rude staff.")]
    trained = dict(Predictor(tmp_path / "run").answers(texts))
    bare = dict(Predictor(tmp_path / "run", How(zero_shot=True)).answers(texts))
    shots = dict(Predictor(tmp_path / "run", How(shots=2)).answers(texts))
    assert shots["a"].prompt_tokens > bare["a"].prompt_tokens == trained["a"].prompt_tokens
    assert trained["a"].text != bare["a"].text


def test_shots_that_are_too_many_are_refused(asked, quiet, tmp_path, data):
    from sde_datasets.errors import UsageError

    train(asked(), progress=quiet)
    texts = [("a", "The tuna.")]
    with pytest.raises(UsageError, match="--shots 999: mabsa-lines-text-noinst has 480 training samples"):
        dict(Predictor(tmp_path / "run", How(shots=999)).answers(texts))
    with pytest.raises(UsageError, match=r"--shots 50: they take .* tokens, and the model has 1,024 in all"):
        dict(Predictor(tmp_path / "run", How(shots=50)).answers(texts))


def test_a_run_from_scratch_has_no_base_model(run):
    from sde_datasets.errors import InputError

    with pytest.raises(InputError, match="has no base model"):
        Predictor(run, How(zero_shot=True))


def test_constrained_answers_are_said_to_be_so(run, quiet):
    how = How(constrained=True, max_new_tokens=400)
    scores, _ = evaluate(run, Asked(limit=5), how, Predictor(run, how).answers, {}, quiet)
    assert scores["inputs"]["predictions"]["made"]["constrained"] is True
    from rich.console import Console

    from sde_datasets.score.terminal import scores_table

    console = Console(width=200, record=True, file=StringIO())
    console.print(scores_table(scores))
    assert "greedy, constrained decoding" in console.export_text()


def test_evaluating_again_makes_no_answer_again(run, quiet):
    answers = Predictor(run).answers
    first, path = evaluate(run, Asked(limit=4), How(), answers, {}, quiet)
    before = path.stat().st_mtime_ns

    def never(texts, template):
        raise AssertionError("asked again")

    again, _ = evaluate(run, Asked(limit=4), How(), never, {}, quiet)
    assert again["headline"] == first["headline"] and path.stat().st_mtime_ns == before
