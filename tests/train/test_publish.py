"""A trained model for others: merged, pushed, and used from where it was pushed to.

pytest tests/train/test_publish.py
"""

from __future__ import annotations

import shutil
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.options import Options, read_options
from sde_datasets.train.predictor import Predictor
from sde_datasets.train.publish import files_of, merge
from sde_datasets.train.run import train


@pytest.fixture(scope="module")
def adapted(tmp_path_factory, data, models, quiet):
    folder = tmp_path_factory.mktemp("runs") / "adapted"
    how = {"train_size": 12, "steps": 6, "learning_rate": 0.05, "out": str(folder)}
    train(Options(config="mabsa-lines-text-noinst", data=str(data), model=str(models / "qwen"), **how), progress=quiet)
    return folder


def test_merged_weights_are_base_and_adapter_together(adapted):
    from peft import PeftModel

    folder = merge(adapted)
    merged = AutoModelForCausalLM.from_pretrained(folder).eval()
    base = AutoModelForCausalLM.from_pretrained(Predictor(adapted).options.model)
    both = PeftModel.from_pretrained(base, adapted / "model").eval()
    ids = AutoTokenizer.from_pretrained(folder)("The tuna was great.", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        assert torch.allclose(merged(ids).logits, both(ids).logits, atol=1e-4)


def test_a_run_of_all_weights_has_nothing_to_merge(run):
    with pytest.raises(UsageError, match="has no adapter"):
        merge(run)
    with pytest.raises(UsageError, match="push them without --merged"):
        files_of(run, "org/tiny", merged=True)


@pytest.fixture(scope="module")
def joined(adapted, tmp_path_factory):
    """The run of an adapter on a local folder, merged."""
    folder = tmp_path_factory.mktemp("joined") / "run"
    shutil.copytree(adapted, folder)
    merge(folder)
    return folder


def contents(files: dict[str, Path | bytes]) -> dict[str, bytes]:
    return {name: each if isinstance(each, bytes) else each.read_bytes() for name, each in files.items()}


def test_merged_weights_are_asked_for_before_they_are_made(adapted, tmp_path):
    folder = shutil.copytree(adapted, tmp_path / "run", ignore=shutil.ignore_patterns("merged"))
    with pytest.raises(InputError, match=f"has no merged weights. Make them: sde-datasets merge {folder}$"):
        files_of(folder, "org/joined", merged=True)


def test_an_adapter_on_a_local_folder_is_for_nobody_else(adapted, models):
    cure = f"Merge it: sde-datasets merge {adapted}, then push-model --merged."
    with pytest.raises(InputError) as refused:
        files_of(adapted, "org/adapted", merged=False)
    assert str(models / "qwen") in str(refused.value) and refused.value.cure == cure


def test_nothing_that_is_pushed_names_a_place_of_this_machine(joined, data, models, run):
    places = [str(data.parent), str(models), str(joined.parent), str(run.parent), str(Path.home() / ".cache")]
    for files in (files_of(joined, "org/joined", merged=True), files_of(run, "org/tiny", merged=False)):
        for name, content in contents(files).items():
            assert not [place for place in places if place.encode() in content], name


def test_pushed_options_can_be_read_and_say_where_a_local_folder_was(joined, data, models, tmp_path):
    (tmp_path / "run.toml").write_bytes(files_of(joined, "org/joined", merged=True)["run.toml"])
    before, after = tomllib.loads((joined / "run.toml").read_text()), read_options(tmp_path / "run.toml")
    assert after == {
        name: value for name, value in (before | {"data": "./data", "model": "./qwen"}).items() if name != "out"
    }
    notes = [line for line in (tmp_path / "run.toml").read_text().splitlines() if line.startswith("#")]
    assert [note.split(",")[0] for note in notes] == ["# data was a local folder", "# model was a local folder"]


def test_what_is_made_for_a_push_leaves_the_run_folder_as_it_is(joined):
    def state():
        return {path: sha256(path.read_bytes()).digest() for path in joined.rglob("*") if path.is_file()}

    before = state()
    contents(files_of(joined, "org/joined", merged=True))
    assert state() == before


def test_a_folder_of_pushed_merged_weights_answers_as_the_adapter_does(joined, tmp_path):
    for name, content in contents(files_of(joined, "org/joined", merged=True)).items():
        (tmp_path / name).write_bytes(content)
    texts = ["The tuna was great.", "Never again."]
    assert Predictor(tmp_path).annotate(texts) == Predictor(joined).annotate(texts)


WEIGHTS = {"model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"}
BESIDE = {"README.md", "run.toml", "template.json", "about.json", "metrics.jsonl", "loss.png"}


def test_weights_tokenizer_and_settings_are_pushed_and_nothing_else(run, tmp_path):
    folder = shutil.copytree(run, tmp_path / "run")
    strays = ("optimizer.pt", "scheduler.pt", "rng_state_0.pth", "training_args.bin", "trainer_state.json", ".lock")
    for name in (*strays, "notes.txt", "answers.jsonl", "README.md", ".model.safetensors.part"):
        (folder / "model" / name).write_text("stray")
    for name in ("model/checkpoint-3/model.safetensors", "predictions/test.jsonl", "checkpoint-3/model.safetensors"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("stray")
    files = files_of(folder, "org/tiny", merged=False)
    assert set(files) == WEIGHTS | BESIDE
    assert b"stray" not in contents(files).values()


def test_weights_in_several_files_are_pushed_with_their_index(run, tmp_path):
    folder = shutil.copytree(run, tmp_path / "run")
    model = AutoModelForCausalLM.from_pretrained(folder / "model")
    (folder / "model" / "model.safetensors").unlink()
    model.save_pretrained(folder / "model", max_shard_size="1MB")
    parts = {path.name for path in (folder / "model").glob("model*")}
    assert len(parts) > 2 and parts <= set(files_of(folder, "org/tiny", merged=False))
