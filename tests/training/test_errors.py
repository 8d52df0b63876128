"""Errors are one line with a hint, and have no traceback.

pytest tests/training/test_errors.py
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
from transformers import LlamaConfig, LlamaForCausalLM

from sde_datasets.cli.main import main
from sde_datasets.errors import InputError, UsageError
from sde_datasets.runs.loading import load_tokenizer
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training.loop import train
from tests.tiny_models import byte_level

CONFIG = "mabsa-lines-text-noinst"


@pytest.fixture
def make_options(data, models, tmp_path):
    def options(**how) -> TrainingOptions:
        given = {"config": CONFIG, "data": str(data), "model": str(models / "llama"), "train_size": 8, "steps": 2}
        return TrainingOptions(**(given | {"out": str(tmp_path / "run")} | how))

    return options


def refused(options: TrainingOptions, quiet, kind: type[Exception] = InputError) -> str:
    with pytest.raises(kind) as error:
        train(options, progress=quiet)
    return str(error.value)


def test_unknown_config_is_refused(make_options, quiet):
    assert "Did you mean mabsa-lines-text-noinst" in refused(
        make_options(config="mabsa-line-text-noinst"), quiet, UsageError
    )


def test_config_without_samples_is_refused(make_options, quiet):
    assert "give the config" in refused(make_options(config="mabsa-records"), quiet, UsageError)


def test_model_folder_without_a_tokenizer_is_refused(make_options, quiet, models, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(models / "llama", bare, ignore=shutil.ignore_patterns("tokenizer*", "special*"))
    message = refused(make_options(model=str(bare)), quiet)
    assert message.startswith(f"{bare}: no tokenizer can be loaded from it") and "missing or broken" in message


def test_missing_model_is_refused(make_options, quiet, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "Give a folder or a hub id" in refused(make_options(model="nobody/nothing"), quiet)


def test_tokenizer_without_an_end_token_is_refused(make_options, quiet, models, tmp_path):
    endless = tmp_path / "endless"
    shutil.copytree(models / "llama", endless)
    byte_level(eos_token=None).save_pretrained(endless)
    message = refused(make_options(model=str(endless)), quiet)
    assert "without an end token, so no answer would ever end" in message and "--end-token" in message
    assert "has no token 'STOP'" in refused(make_options(model=str(endless), end_token="STOP"), quiet)
    train(make_options(model=str(endless), end_token="</s>"), progress=quiet)


def test_tokenizer_without_a_padding_token_is_accepted(models):
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
def test_model_with_broken_files_is_refused(make_options, quiet, models, tmp_path, name, change, words):
    message = refused(make_options(model=broken(models, tmp_path, name, change)), quiet)
    assert re.search(words, message) and len(message.splitlines()) == 1


def test_tokenizer_larger_than_the_model_is_refused(make_options, quiet, models, tmp_path):
    folder = tmp_path / "larger"
    shutil.copytree(models / "llama", folder)
    tokenizer = byte_level()
    tokenizer.add_tokens([f"word{i}" for i in range(50)])
    tokenizer.save_pretrained(folder)
    assert re.search("has a tokenizer of 4.. tokens for a model of ", refused(make_options(model=str(folder)), quiet))


def test_chat_without_a_chat_template_is_refused(make_options, quiet):
    assert "has no chat template. Omit --chat" in refused(make_options(chat=True), quiet)
    assert "tiny has no chat template" in refused(make_options(model="tiny", chat=True), quiet, UsageError)
    assert "--system is a part of a chat" in refused(make_options(system="Be brief."), quiet, UsageError)


def test_reasoning_config_without_descriptions_is_refused(make_options, quiet, tmp_path):
    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.source_plan import source_plan

    annotations = [{"target": "food", "label": "positive"}]
    rows = [{"id": str(i), "text": "the tuna was fine", "split": "train", "annotations": annotations} for i in range(8)]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    plan = source_plan([f"jsonl={tmp_path / 'own.jsonl'}"], "mabsa", designs=("lines-text-cot",), evidence="annotated")
    build(plan, tmp_path / "own", workers=1, progress=quiet)
    message = refused(make_options(config="mabsa-lines-text-cot", data=str(tmp_path / "own")), quiet)
    assert "is a reasoning config, and none of its samples has a description" in message
    assert "train on mabsa-lines-text." in message


def test_loss_that_is_not_finite_stops_the_run(make_options, quiet):
    message = refused(make_options(full=True, learning_rate=1e30, schedule="constant", steps=20), quiet)
    assert message.startswith("step ") and "the loss is nan on samples restaurant-train-" in message
    assert "a lower --learning-rate" in message


def test_lack_of_memory_is_reported_with_a_hint(make_options, quiet, monkeypatch):
    def out(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr("sde_datasets.training.trainer.weighted_loss", out)
    message = refused(make_options(), quiet)
    assert (
        "--batch-size 8 in more parts (--accumulation, --batch-tokens), --max-length, --gradient-checkpointing"
        in message
    )


def test_indivisible_batch_is_refused(make_options, quiet):
    assert "cannot be divided among 1 processes x 3 parts" in refused(make_options(accumulation=3), quiet, UsageError)


def test_samples_that_do_not_fit_are_rejected_and_listed(make_options, quiet, tmp_path):
    from sde_datasets.runs.run_folder import RunFolder

    train(make_options(max_length=260, train_size=100, steps=1), progress=quiet)
    samples = RunFolder(tmp_path / "run").read_info().samples
    assert samples.shortened > 0 and samples.shortened + len(samples.rejected) <= 100
    assert all("without any text" in row["reason"] for row in samples.rejected)
    message = refused(make_options(max_length=16, out=str(tmp_path / "none")), quiet)
    assert "there is room for 16" in message and "longer context" in message


def test_missing_tracker_is_refused(make_options, quiet):
    assert "--report-to nowhere: it is not installed" in refused(make_options(report_to="nowhere"), quiet, UsageError)


def test_run_that_failed_before_its_first_step_can_be_repeated(make_options, quiet):
    refused(make_options(config="ner-es", data="bundled", report_to="nowhere"), quiet, UsageError)
    train(make_options(config="ner-es", data="bundled"), progress=quiet)


@pytest.mark.parametrize("names", ["nowhere", "q_proj,nowhere"])
def test_unknown_lora_layers_are_refused(make_options, quiet, names):
    assert "--lora-targets nowhere: " in refused(make_options(lora_targets=names), quiet, UsageError)


@pytest.mark.parametrize("name", ["embed_tokens", "q_proj,lm_head"])
def test_tied_lora_layers_are_refused(make_options, quiet, tmp_path, name):
    """Merged into one of the two, the adapter would change the other as well."""
    model = LlamaForCausalLM.from_pretrained(make_options().model)
    tied = LlamaForCausalLM(LlamaConfig(**(model.config.to_dict() | {"tie_word_embeddings": True})))
    tied.save_pretrained(tmp_path / "tied")
    load_tokenizer(make_options().model, None, None).save_pretrained(tmp_path / "tied")
    message = refused(make_options(model=str(tmp_path / "tied"), lora_targets=name), quiet, UsageError)
    assert "share their weights" in message and "omit the layer, or train with --full" in message
    train(make_options(lora_targets=name), progress=quiet)


def test_adapter_is_refused_as_a_model(make_options, quiet, tmp_path):
    run = train(make_options(), progress=quiet)
    message = refused(make_options(model=str(run.model), out=str(tmp_path / "more")), quiet)
    assert "contains an adapter and no model. Merge it into its base model first" in message


@pytest.mark.parametrize(
    "change, how, words",
    [
        (
            {},
            {"attention": "flash_attention_2"},
            "lacks --attention flash_attention_2: omit it|Install the package",
        ),
        ({}, {"attention": "magic"}, "lacks --attention magic: omit it, or use eager"),
        (
            {"quantization_config": {"quant_method": "gptq", "bits": 4}},
            {},
            "Install the package that the message names",
        ),
        ({"model_type": "next_year"}, {}, "A newer release of transformers may know it"),
    ],
)
def test_missing_requirement_of_a_model_is_named(make_options, quiet, models, tmp_path, change, how, words):
    folder = broken(models, tmp_path, "config.json", lambda config: config | change)
    message = refused(make_options(model=folder, **how), quiet)
    assert re.search(words, message) and len(message.splitlines()) == 1


def test_gradients_that_are_not_finite_stop_the_run(make_options, quiet, monkeypatch):
    from accelerate import Accelerator

    monkeypatch.setattr(Accelerator, "clip_grad_norm_", lambda *_, **__: torch.tensor(float("inf")))
    assert re.search(r"step 1: the norm of the gradients is inf on samples restaurant-", refused(make_options(), quiet))


def test_unusable_out_is_refused(make_options, quiet, tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    assert "cannot be a run folder" in refused(make_options(out=str(tmp_path / "file")), quiet)
    assert "cannot be a run folder" in refused(make_options(out=str(tmp_path / "file/run")), quiet)


def test_full_disk_is_reported(make_options, quiet, monkeypatch):
    from safetensors import SafetensorError

    from sde_datasets.training.checkpoints import Checkpoints

    for error in (OSError(28, "No space left on device", "x"), SafetensorError("I/O error: No space left on device")):

        def full(*_, error=error, **__):
            raise error

        monkeypatch.setattr(Checkpoints, "save", full)
        message = refused(make_options(out=str(Path(make_options().out) / type(error).__name__)), quiet)
        assert "cannot be read or written" in message and "continue with --resume" in message


def test_data_that_differ_from_their_manifest_are_refused(make_options, quiet, tmp_path, data):
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    (path,) = (copy / "data" / CONFIG).glob("train-*.parquet")
    pq.write_table(pq.read_table(path).slice(1), path)
    assert "is not what the manifest says" in refused(make_options(data=str(copy)), quiet)
    (test,) = (copy / "data" / CONFIG).glob("test-*.parquet")
    test.write_bytes(b"nothing")
    from sde_datasets.runs.samples import Split

    with pytest.raises(InputError, match="cannot be read as Parquet"):
        Split.open(str(copy), CONFIG, "test")


def test_validation_without_a_validation_split_is_refused(make_options, quiet, tmp_path):
    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.source_plan import source_plan

    annotations = [{"target": "food", "label": "positive"}]
    rows = [{"id": str(i), "text": "the tuna was fine", "split": "train", "annotations": annotations} for i in range(8)]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    plan = source_plan([f"jsonl={tmp_path / 'own.jsonl'}"], "mabsa", designs=("lines-text",))
    build(plan, tmp_path / "own", workers=1, progress=quiet)
    own = make_options(config="mabsa-lines-text", data=str(tmp_path / "own"), eval_every=1)
    assert "--eval-every needs a validation split" in refused(own, quiet, UsageError)


def command(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    "words, code, expected",
    [
        (["train", "ner-es"], 2, "usage: give --model"),
        (["train", "ner-ess", "--model", "tiny", "--out", "{}/a"], 2, "usage: unknown design 'ess'"),
        (["train", "ner-es", "--model", "tiny", "--batch-size", "0"], 2, "usage: batch_size is 0"),
        (["train", "--run", "{}/none.toml"], 1, "error: .*none.toml: does not exist"),
        (["predict", "{}/nothing"], 1, "error: .*nothing: is not a run folder"),
        (["predict", "{}", "--input", "x.jsonl"], 2, "usage: give --out"),
        (["predict", "{}", "--temperature", "0.5"], 2, "usage: --temperature and --top-p are for --sample"),
        (["evaluate", "{}"], 1, "error: .*is not a run folder"),
        (["push-model", "{}", "org/x", "--yes"], 1, "error: .*is not a run folder"),
    ],
)
def test_command_error_is_one_line(tmp_path, words, code, expected):
    done = command(*(str(word).format(tmp_path) for word in words))
    assert done.exit_code == code
    assert len(done.stderr.strip().splitlines()) == 1
    assert re.search(expected, done.stderr)
