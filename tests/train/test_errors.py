"""What goes wrong is said in one line with its cure, and without a traceback.

pytest tests/train/test_errors.py
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

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
    assert said.startswith(f"{bare}: no tokenizer can be loaded from it") and "It has no tokenizer files" in said


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
    assert "Lower --learning-rate" in said


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


def test_lora_layers_that_are_not_there(asked, quiet):
    assert "--lora-targets nowhere" in refused(asked(lora_targets="nowhere"), quiet, UsageError)


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


def test_the_options_of_an_answer_may_stand_in_a_file(run, tmp_path):
    (tmp_path / "run.toml").write_text('[answer]\nlimit = 2\nsplit = "validation"\n', "utf-8")
    done = command("predict", run, "--run-file", tmp_path / "run.toml", "--out", tmp_path / "a.jsonl", "--quiet")
    assert done.exit_code == 0, done.output
    assert len((tmp_path / "a.jsonl").read_text("utf-8").splitlines()) == 2
    (tmp_path / "run.toml").write_text("[answer]\nlimits = 2\n", "utf-8")
    done = command("predict", run, "--run-file", tmp_path / "run.toml")
    assert done.exit_code == 1 and "unknown option 'limits'. Did you mean limit" in done.stderr
