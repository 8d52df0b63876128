"""What goes wrong is said in one line with its cure, and without a traceback.

pytest tests/train/test_errors.py
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from click.testing import CliRunner, Result

from sde_datasets.cli import main
from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.models import load_tokenizer
from sde_datasets.train.options import Options
from sde_datasets.train.run import train
from train.models import byte_level

CONFIG = "mabsa-lines-text-noinst"


@pytest.fixture
def asked(data, models, tmp_path):
    def options(**how) -> Options:
        given = {"config": CONFIG, "data": str(data), "model": str(models / "llama"), "train_size": 8, "steps": 2}
        return Options(**(given | {"out": str(tmp_path / "run")} | how))

    return options


def refused(options: Options, quiet, kind: type[Exception] = InputError) -> str:
    with pytest.raises(kind) as error:
        train(options, progress=quiet)
    return str(error.value)


def test_an_unknown_config(asked, quiet):
    assert "Did you mean mabsa-lines-text-noinst" in refused(asked(config="mabsa-line-text-noinst"), quiet, UsageError)


def test_a_config_without_samples_to_train_on(asked, quiet):
    assert "give the config" in refused(asked(config="mabsa-records"), quiet, UsageError)


def test_a_model_folder_without_a_tokenizer(asked, quiet, models, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(models / "llama", bare, ignore=shutil.ignore_patterns("tokenizer*", "special*"))
    said = refused(asked(model=str(bare)), quiet)
    assert said.startswith(f"{bare}: no tokenizer can be loaded from it") and "missing or broken" in said


def test_a_model_that_is_not_there(asked, quiet, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "Give a folder or a hub id" in refused(asked(model="nobody/nothing"), quiet)


def test_a_tokenizer_without_an_end(asked, quiet, models, tmp_path):
    endless = tmp_path / "endless"
    shutil.copytree(models / "llama", endless)
    byte_level(eos_token=None).save_pretrained(endless)
    said = refused(asked(model=str(endless)), quiet)
    assert "without an end token, so no answer would ever end" in said and "--end-token" in said
    assert "has no token 'STOP'" in refused(asked(model=str(endless), end_token="STOP"), quiet)
    train(asked(model=str(endless), end_token="</s>"), progress=quiet)


def test_a_tokenizer_without_padding_is_no_error(models):
    tokenizer = load_tokenizer(str(models / "gpt2"), None, None)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id


def broken(models, tmp_path, name: str, change) -> str:
    """A copy of a model of which one file, JSON or not, was changed."""
    folder = tmp_path / "broken"
    shutil.copytree(models / "llama", folder)
    path = folder / name
    if path.suffix == ".json":
        path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")
    else:
        path.write_bytes(change(path.read_bytes()))
    return str(folder)


@pytest.mark.parametrize(
    "name, change, words",
    [
        ("config.json", lambda config: [], "no tokenizer can be loaded|no model can be loaded"),
        ("config.json", lambda config: config | {"hidden_size": "wide"}, "can be loaded from it"),
        (
            "config.json",
            lambda config: config | {"num_hidden_layers": 4},
            "lacks 18 of its weights, such as model.layers",
        ),
        ("tokenizer_config.json", lambda config: [], "no tokenizer can be loaded from it"),
        ("model.safetensors", lambda weights: weights[: len(weights) // 2], "no model can be loaded from it"),
        ("model.safetensors", lambda weights: b"not weights", "no model can be loaded from it"),
    ],
)
def test_a_model_whose_files_are_broken(asked, quiet, models, tmp_path, name, change, words):
    said = refused(asked(model=broken(models, tmp_path, name, change)), quiet)
    assert re.search(words, said) and len(said.splitlines()) == 1


def test_a_tokenizer_that_is_larger_than_the_model(asked, quiet, models, tmp_path):
    folder = tmp_path / "larger"
    shutil.copytree(models / "llama", folder)
    tokenizer = byte_level()
    tokenizer.add_tokens([f"word{i}" for i in range(50)])
    tokenizer.save_pretrained(folder)
    assert re.search("has a tokenizer of 4.. tokens for a model of ", refused(asked(model=str(folder)), quiet))


@pytest.mark.parametrize("template", ["{% for", "{{ raise_exception('no users here') }}", "{{ messages.role.name }}"])
def test_a_chat_template_that_cannot_be_used(asked, quiet, models, tmp_path, template):
    folder = tmp_path / "chat"
    shutil.copytree(models / "qwen", folder)
    (folder / "chat_template.jinja").write_text(template, "utf-8")
    assert "has a chat template that " in refused(asked(model=str(folder), chat=True), quiet)


def test_chat_without_a_chat_template(asked, quiet):
    assert "has no chat template. Leave --chat out" in refused(asked(chat=True), quiet)
    assert "tiny has no chat template" in refused(asked(model="tiny", chat=True), quiet, UsageError)


def test_reasoning_where_no_sample_has_any(asked, quiet, tmp_path):
    from sde_datasets.build import build
    from sde_datasets.plan import source_plan

    said = [{"target": "food", "label": "positive"}]
    rows = [{"id": str(i), "text": "the tuna was fine", "split": "train", "annotations": said} for i in range(8)]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    plan = source_plan([f"jsonl={tmp_path / 'own.jsonl'}"], "mabsa", designs=("lines-text-cot",), evidence="annotated")
    build(plan, tmp_path / "own", workers=1, progress=quiet)
    said = refused(asked(config="mabsa-lines-text-cot", data=str(tmp_path / "own")), quiet)
    assert "asks for reasoning, and no sample of it has a description" in said and "train on mabsa-lines-text." in said


def test_a_loss_that_is_no_number(asked, quiet):
    said = refused(asked(full=True, learning_rate=1e30, schedule="constant", steps=20), quiet)
    assert said.startswith("step ") and "the loss is nan on samples restaurant-train-" in said
    assert "a lower --learning-rate" in said


def test_memory_that_does_not_suffice(asked, quiet, monkeypatch):
    def out(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr("sde_datasets.train.trainer.weighted_loss", out)
    said = refused(asked(), quiet)
    assert "--batch-size 4 in more parts (--accumulation), --max-length, --gradient-checkpointing" in said


def test_a_batch_that_cannot_be_divided(asked, quiet):
    assert "cannot be divided among 1 processes x 3 parts" in refused(asked(accumulation=3), quiet, UsageError)


def test_samples_that_do_not_fit_are_rejected_and_named(asked, quiet, tmp_path):
    from sde_datasets.train.folder import RunFolder

    train(asked(max_length=260, train_size=100, steps=1), progress=quiet)
    samples = RunFolder(tmp_path / "run").read("about")["samples"]
    assert samples["shortened"] > 0 and samples["shortened"] + len(samples["rejected"]) <= 100
    assert all("without any text" in each["reason"] for each in samples["rejected"])
    said = refused(asked(max_length=16, out=str(tmp_path / "none")), quiet)
    assert "there is room for 16" in said and "longer context" in said


def test_a_reporter_that_is_not_installed(asked, quiet):
    assert "--report-to nowhere: it is not installed" in refused(asked(report_to="nowhere"), quiet, UsageError)


def test_what_failed_before_its_first_step_may_be_tried_again(asked, quiet):
    refused(asked(config="ner-es", data="bundled", report_to="nowhere"), quiet, UsageError)
    train(asked(config="ner-es", data="bundled"), progress=quiet)


@pytest.mark.parametrize("names", ["nowhere", "q_proj,nowhere"])
def test_lora_layers_that_are_not_there(asked, quiet, names):
    assert "--lora-targets nowhere: " in refused(asked(lora_targets=names), quiet, UsageError)


def test_gradients_that_are_no_numbers(asked, quiet, monkeypatch):
    from transformers import Trainer

    monkeypatch.setattr(Trainer, "_get_grad_norm", lambda self, model, grad_norm=None: float("inf"))
    assert re.search(r"step 1: the norm of the gradients is inf on samples restaurant-", refused(asked(), quiet))


def test_an_out_that_cannot_be_a_folder(asked, quiet, tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    assert "cannot be a run folder" in refused(asked(out=str(tmp_path / "file")), quiet)
    assert "cannot be a run folder" in refused(asked(out=str(tmp_path / "file/run")), quiet)


def test_a_disk_that_is_full(asked, quiet, monkeypatch):
    from safetensors import SafetensorError

    from sde_datasets.train.trainer import SampleTrainer

    for error in (OSError(28, "No space left on device", "x"), SafetensorError("I/O error: No space left on device")):

        def full(*_, error=error, **__):
            raise error

        monkeypatch.setattr(SampleTrainer, "_save_checkpoint", full)
        said = refused(asked(out=str(Path(asked().out) / type(error).__name__)), quiet)
        assert "cannot be read or written" in said and "go on with --resume" in said


def test_data_that_are_not_what_their_manifest_says(asked, quiet, tmp_path, data):
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    (path,) = (copy / "data" / CONFIG).glob("train-*.parquet")
    pq.write_table(pq.read_table(path).slice(1), path)
    assert "is not what the manifest says" in refused(asked(data=str(copy)), quiet)
    (test,) = (copy / "data" / CONFIG).glob("test-*.parquet")
    test.write_bytes(b"nothing")
    from sde_datasets.train.samples import Split

    with pytest.raises(InputError, match="cannot be read as Parquet"):
        Split.of(str(copy), CONFIG, "test")


def test_scores_while_it_trains_need_the_whole_model(asked, quiet, monkeypatch):
    # as `accelerate launch` says it to the processes that it starts
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    assert "leave it out with FSDP" in refused(asked(eval_every=1), quiet, UsageError)


def test_scores_while_it_trains_need_samples_to_score(asked, quiet, tmp_path):
    from sde_datasets.build import build
    from sde_datasets.plan import source_plan

    said = [{"target": "food", "label": "positive"}]
    rows = [{"id": str(i), "text": "the tuna was fine", "split": "train", "annotations": said} for i in range(8)]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    plan = source_plan([f"jsonl={tmp_path / 'own.jsonl'}"], "mabsa", designs=("lines-text",))
    build(plan, tmp_path / "own", workers=1, progress=quiet)
    own = asked(config="mabsa-lines-text", data=str(tmp_path / "own"), eval_every=1)
    assert "--eval-every needs a validation split" in refused(own, quiet, UsageError)


def command(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["train", "ner-es"], 2, "usage: give --model"),
        (["train", "ner-ess", "--model", "tiny", "--out", "{}/a"], 2, "usage: unknown design 'ess'"),
        (["train", "ner-es", "--model", "tiny", "--batch-size", "0"], 2, "usage: batch_size is 0"),
        (["train", "--run", "{}/none.toml"], 1, "error: .*none.toml: does not exist"),
        (["predict", "{}/nothing"], 1, "error: .*nothing: is no run folder"),
        (["predict", "{}", "--input", "x.jsonl"], 2, "usage: give --out"),
        (["predict", "{}", "--temperature", "0.5"], 2, "usage: --temperature and --top-p are for --sample"),
        (["evaluate", "{}"], 1, "error: .*is no run folder"),
        (["push-model", "{}", "org/x", "--yes"], 1, "error: .*is no run folder"),
    ],
)
def test_a_command_ends_in_one_line(tmp_path, words, code, said):
    done = command(*(str(word).format(tmp_path) for word in words))
    assert done.exit_code == code
    assert len(done.stderr.strip().splitlines()) == 1
    assert re.search(said, done.stderr)
