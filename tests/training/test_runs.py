"""Whole runs: architectures, chats, validation, what a run folder holds, and that it is enough to repeat the run.

pytest tests/training/test_runs.py
"""

from __future__ import annotations

import json
from io import StringIO

import pytest
from safetensors.torch import load_file

from sde_datasets.prediction.completion import Backend
from sde_datasets.prediction.evaluate import evaluate
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictions import PredictionRequest
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs import metrics_file
from sde_datasets.runs.options import TrainingOptions, read_options
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.training.loop import train

pytestmark = [pytest.mark.slow, pytest.mark.libraries]

CONFIG = "mabsa-lines-text-noinst"


@pytest.fixture
def make_options(data, models, tmp_path):
    def options(model: str = "llama", **how) -> TrainingOptions:
        given = {"config": CONFIG, "data": str(data), "model": str(models / model), "train_size": 12, "steps": 3}
        return TrainingOptions(**(given | {"out": str(tmp_path / "run"), "log_every": 1} | how))

    return options


@pytest.mark.parametrize("model", ["llama", "qwen", "gpt2"])
@pytest.mark.parametrize("full", [False, True])
def test_architectures_train_and_answer(make_options, quiet, tmp_path, model, full):
    train(make_options(model, full=full, gradient_checkpointing=full), progress=quiet)
    annotated = Predictor(tmp_path / "run").annotate(["The tuna was great."])
    assert annotated[0]["stop"] in ("end", "length")
    about = RunFolder(tmp_path / "run").read_info()
    assert (about.parameters.trained == about.parameters.all) == full


def test_run_folder_is_complete(make_options, quiet, tmp_path):
    train(make_options(eval_every=2, eval_samples=3), progress=quiet)
    folder = tmp_path / "run"
    names = {path.name for path in folder.iterdir()}
    assert {"run.toml", "template.json", "about.json", "metrics.jsonl", "loss.png", "README.md", "model"} <= names
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    model = {path.name for path in (folder / "model").iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json"} <= model
    assert not {name for name in model if name.endswith((".bin", ".pt", ".pkl"))}
    about = json.loads((folder / "about.json").read_text("utf-8"))
    assert about["data"]["sha256"] and about["versions"]["torch"] and about["samples"]["train"] == 12
    rows = [row for row in metrics_file.read_rows(folder / "metrics.jsonl") if "loss" in row]
    keys = {"step", "loss", "learning_rate", "tokens_per_second", "padding", "memory"}
    assert all(keys <= row.keys() for row in rows) and [row["step"] for row in rows] == [1, 2, 3]
    scores = [row["step"] for row in metrics_file.read_rows(folder / "metrics.jsonl") if "validation" in row]
    assert scores == [2, 3]


def test_resolved_options_repeat_the_run(make_options, quiet, tmp_path):
    train(make_options(), progress=quiet)
    again = TrainingOptions(**(read_options(tmp_path / "run/run.toml") | {"out": str(tmp_path / "again")}))
    train(again, progress=quiet)
    one, two = (load_file(tmp_path / name / "model/adapter_model.safetensors") for name in ("run", "again"))
    assert all((one[key] == two[key]).all() for key in one)


def test_bundled_corpora_need_no_data(quiet, tmp_path):
    folder = tmp_path / "run"
    train(TrainingOptions(config="ner-es", model="tiny", train_size=500, steps=1, out=str(folder)), progress=quiet)
    assert json.loads((folder / "about.json").read_text("utf-8"))["samples"]["train"] == 480
    scores, path = evaluate(
        folder, PredictionRequest(limit=3), GenerationOptions(), Backend(Predictor(folder).generate), quiet
    )
    assert scores.samples == 3 and path.parent == folder / "predictions"
    assert "ner-es-test-3" in (folder / "README.md").read_text("utf-8")


def test_early_stopping_keeps_the_weights_with_the_best_score(make_options, quiet, tmp_path):
    options = make_options(
        "llama", full=True, learning_rate=0.5, steps=40, eval_every=2, eval_samples=4, early_stopping=2
    )
    train(options, progress=quiet)
    rows = [row for row in metrics_file.read_rows(tmp_path / "run/metrics.jsonl") if "validation" in row]
    assert len(rows) < 20, "it did not stop"
    best = max(rows, key=lambda row: row["validation"])["step"]
    assert rows[-1]["step"] == best + 4
    assert not (tmp_path / "run/best").exists() and (tmp_path / "run/model").is_dir()


def test_prediction_uses_the_prompts_of_training(make_options, quiet, tmp_path, monkeypatch):
    """With the model's chat template, and without."""
    from sde_datasets.runs import encoding as tokens

    seen: list[str] = []
    plain = tokens.SampleEncoder._tokenize

    def watched(self, text):
        seen.append(text)
        return plain(self, text)

    monkeypatch.setattr(tokens.SampleEncoder, "_tokenize", watched)
    for chat in (False, True):
        seen.clear()
        folder = tmp_path / f"chat-{chat}"
        train(make_options("qwen", chat=chat, out=str(folder)), progress=quiet)
        trained = list(seen)
        seen.clear()
        dict(Predictor(folder).generate([("a", "The tuna.")]))
        (prompt,) = [text for text in seen if "The tuna." in text]
        before, after = prompt.split("The tuna.")
        assert all(text.startswith(before) and after in text for text in trained)
        assert ("<|im_start|>user\n" in before and after.endswith("<|im_start|>assistant\n")) == chat


def test_shots_and_zero_shot_use_the_base_model(make_options, quiet, tmp_path, data):
    train(make_options(full=True, learning_rate=0.05), progress=quiet)
    texts = [("a", "The tuna."), ("b", "The rude staff.")]
    trained = dict(Predictor(tmp_path / "run").generate(texts))
    bare = dict(Predictor(tmp_path / "run", GenerationOptions(zero_shot=True)).generate(texts))
    shots = dict(Predictor(tmp_path / "run", GenerationOptions(shots=2)).generate(texts))
    assert shots["a"].prompt_tokens > bare["a"].prompt_tokens == trained["a"].prompt_tokens
    assert trained["a"].text != bare["a"].text


def test_too_many_shots_are_refused(make_options, quiet, tmp_path, data):
    from sde_datasets.errors import UsageError

    train(make_options(), progress=quiet)
    texts = [("a", "The tuna.")]
    with pytest.raises(UsageError, match="--shots 999: mabsa-lines-text-noinst has 480 training samples"):
        dict(Predictor(tmp_path / "run", GenerationOptions(shots=999)).generate(texts))
    with pytest.raises(UsageError, match=r"--shots 50: prompt and room .* tokens, and the model has 1,024"):
        dict(Predictor(tmp_path / "run", GenerationOptions(shots=50)).generate(texts))


def test_run_from_scratch_has_no_base_model(run):
    from sde_datasets.errors import InputError

    with pytest.raises(InputError, match="has no base model"):
        Predictor(run, GenerationOptions(zero_shot=True))


def test_scores_of_constrained_answers_say_so(run, quiet):
    how = GenerationOptions(constrained=True, max_new_tokens=400)
    scores, _ = evaluate(run, PredictionRequest(limit=5), how, Backend(Predictor(run, how).generate), quiet)
    assert scores.inputs.predictions.provenance["constrained"] is True
    from rich.console import Console

    from sde_datasets.scoring.report_terminal import scores_table

    console = Console(width=200, record=True, file=StringIO())
    console.print(scores_table(scores))
    assert "greedy, constrained decoding" in console.export_text()


def test_second_evaluation_reuses_the_answers(run, quiet):
    answers = Predictor(run).generate
    first, path = evaluate(run, PredictionRequest(limit=4), GenerationOptions(), Backend(answers), quiet)
    before = path.stat().st_mtime_ns

    def never(texts, template):
        raise AssertionError("asked again")

    again, _ = evaluate(run, PredictionRequest(limit=4), GenerationOptions(), Backend(never), quiet)
    assert again.headline == first.headline and path.stat().st_mtime_ns == before
