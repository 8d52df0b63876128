"""A trained model for others: merged, pushed, and used from where it was pushed to.

pytest tests/training/test_publish.py
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
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.options import TrainingOptions, read_options
from sde_datasets.training.loop import train
from sde_datasets.training.publish import collect_files, merge

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def adapted(tmp_path_factory, data, models, quiet):
    folder = tmp_path_factory.mktemp("runs") / "adapted"
    how = {"train_size": 12, "steps": 6, "learning_rate": 0.05, "out": str(folder)}
    train(
        TrainingOptions(config="mabsa-lines-text-noinst", data=str(data), model=str(models / "qwen"), **how),
        progress=quiet,
    )
    return folder


def test_merged_weights_equal_base_model_with_adapter(adapted):
    from peft import PeftModel

    folder = merge(adapted)
    merged = AutoModelForCausalLM.from_pretrained(folder).eval()
    base = AutoModelForCausalLM.from_pretrained(Predictor(adapted).training.model)
    both = PeftModel.from_pretrained(base, adapted / "model").eval()
    ids = AutoTokenizer.from_pretrained(folder)("The tuna was great.", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        assert torch.allclose(merged(ids).logits, both(ids).logits, atol=1e-4)


def test_run_without_an_adapter_cannot_be_merged(run):
    with pytest.raises(UsageError, match="has no adapter"):
        merge(run)
    with pytest.raises(UsageError, match="push them without --merged"):
        collect_files(run, "org/tiny", merged=True)


@pytest.fixture(scope="module")
def joined(adapted, tmp_path_factory):
    """The run of an adapter on a local folder, merged."""
    folder = tmp_path_factory.mktemp("joined") / "run"
    shutil.copytree(adapted, folder)
    merge(folder)
    return folder


def contents(files: dict[str, Path | bytes]) -> dict[str, bytes]:
    return {name: each if isinstance(each, bytes) else each.read_bytes() for name, each in files.items()}


def test_missing_merged_weights_are_reported(adapted, tmp_path):
    folder = shutil.copytree(adapted, tmp_path / "run", ignore=shutil.ignore_patterns("merged"))
    with pytest.raises(InputError, match=f"has no merged weights. Create them: sde-datasets merge {folder}$"):
        collect_files(folder, "org/joined", merged=True)


def test_adapter_on_a_local_base_model_is_not_pushed(adapted, models):
    hint = f"Merge it: sde-datasets merge {adapted}, then push-model --merged."
    with pytest.raises(InputError) as refused:
        collect_files(adapted, "org/adapted", merged=False)
    assert str(models / "qwen") in str(refused.value) and refused.value.hint == hint


def test_pushed_files_name_no_folder_of_this_machine(joined, data, models, run):
    places = [str(data.parent), str(models), str(joined.parent), str(run.parent), str(Path.home() / ".cache")]
    for files in (collect_files(joined, "org/joined", merged=True), collect_files(run, "org/tiny", merged=False)):
        for name, content in contents(files).items():
            assert not [place for place in places if place.encode() in content], name


def test_pushed_options_are_readable_and_mark_local_folders(joined, data, models, tmp_path):
    (tmp_path / "run.toml").write_bytes(collect_files(joined, "org/joined", merged=True)["run.toml"])
    before, after = tomllib.loads((joined / "run.toml").read_text()), read_options(tmp_path / "run.toml")
    assert after == {
        name: value for name, value in (before | {"data": "./data", "model": "./qwen"}).items() if name != "out"
    }
    notes = [line for line in (tmp_path / "run.toml").read_text().splitlines() if line.startswith("#")]
    assert [note.split(" with")[0] for note in notes] == ["# data was a local folder", "# model was a local folder"]


def test_collecting_files_does_not_change_the_run_folder(joined):
    def state():
        return {path: sha256(path.read_bytes()).digest() for path in joined.rglob("*") if path.is_file()}

    before = state()
    contents(collect_files(joined, "org/joined", merged=True))
    assert state() == before


def test_pushed_merged_weights_answer_like_the_adapter(joined, tmp_path):
    for name, content in contents(collect_files(joined, "org/joined", merged=True)).items():
        (tmp_path / name).write_bytes(content)
    texts = ["The tuna was great.", "Never again."]
    assert Predictor(tmp_path).annotate(texts) == Predictor(joined).annotate(texts)


WEIGHTS = {"model.safetensors", "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"}
BESIDE = {"README.md", "run.toml", "template.json", "about.json", "metrics.jsonl", "loss.png"}


def test_only_weights_tokenizer_and_settings_are_pushed(run, tmp_path):
    folder = shutil.copytree(run, tmp_path / "run")
    strays = ("optimizer.pt", "scheduler.pt", "rng_state_0.pth", "training_args.bin", "trainer_state.json", ".lock")
    for name in (*strays, "notes.txt", "answers.jsonl", "README.md", ".model.safetensors.part"):
        (folder / "model" / name).write_text("stray")
    for name in ("model/checkpoint-3/model.safetensors", "predictions/test.jsonl", "checkpoint-3/model.safetensors"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("stray")
    files = collect_files(folder, "org/tiny", merged=False)
    assert set(files) == WEIGHTS | BESIDE
    assert b"stray" not in contents(files).values()


def test_sharded_weights_are_pushed_with_their_index(run, tmp_path):
    folder = shutil.copytree(run, tmp_path / "run")
    model = AutoModelForCausalLM.from_pretrained(folder / "model")
    (folder / "model" / "model.safetensors").unlink()
    model.save_pretrained(folder / "model", max_shard_size="1MB")
    parts = {path.name for path in (folder / "model").glob("model*")}
    assert len(parts) > 2 and parts <= set(collect_files(folder, "org/tiny", merged=False))
