"""Answers end at the same tokens everywhere: in validation, in predictions, on servers and in other tools.

pytest tests/training/test_ends.py
"""

from __future__ import annotations

import json

import pytest
import torch
from transformers import AutoModelForCausalLM, GenerationConfig

from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.loading import load_model, set_end_tokens
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.samples import Split
from sde_datasets.training.loop import train
from sde_datasets.training.publish import merge

pytestmark = [pytest.mark.slow, pytest.mark.libraries]

CONFIG = "mabsa-lines-text-ou-noinst"


def options_of(data, models, tmp_path, **how) -> TrainingOptions:
    given = {"config": CONFIG, "data": str(data), "model": str(models / "qwen"), "chat": True, "train_size": 8}
    return TrainingOptions(**(given | {"out": str(tmp_path / "run"), "learning_rate": 4e-3} | how))


def test_trained_chat_model_stops_in_other_tools(data, models, tmp_path, quiet):
    """The chat's end is another token than the tokenizer's, and no model knew it before."""
    train(options_of(data, models, tmp_path, full=True, steps=60, batch_size=8), progress=quiet)
    predictor = Predictor(tmp_path / "run")
    ends = predictor.info.ends
    assert predictor.tokenizer.convert_ids_to_tokens(ends) == ["</s>", "<|im_end|>"]
    split = Split.open(str(data), CONFIG, "train")
    sample = split.draw(8, seed=1)[0]
    [(_, completion)] = predictor.generate([(sample.id, sample.text)])
    assert completion.stop == "end", "nothing was learned"
    ids = torch.from_numpy(predictor.generator(split.template).encode(sample.text).ids).long()[None]
    other = AutoModelForCausalLM.from_pretrained(tmp_path / "run/model")
    out = other.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=200)
    assert out[0, -1].item() == ends[1] and out.shape[1] - ids.shape[1] == completion.tokens


def test_merged_weights_have_the_end_tokens(data, models, tmp_path, quiet):
    run = train(options_of(data, models, tmp_path, steps=1), progress=quiet)
    merged = json.loads((merge(run.path) / "generation_config.json").read_text("utf-8"))
    assert merged["eos_token_id"] == run.read_info().ends


def test_validation_stops_where_predictions_stop(data, models, tmp_path, quiet, monkeypatch):
    from sde_datasets.training import validation

    seen = []
    inner = validation.BatchGenerator
    monkeypatch.setattr(validation, "BatchGenerator", lambda *given: seen.append(given[3]) or inner(*given))
    run = train(options_of(data, models, tmp_path, steps=1, eval_every=1, eval_samples=2), progress=quiet)
    assert seen == [set(run.read_info().ends)] == [Predictor(run.path).generator(template(data)).ends]


def template(data):
    return Split.open(str(data), CONFIG, "test").template


@pytest.mark.filterwarnings("ignore")
def test_generation_settings_that_cannot_be_saved_are_replaced(models, tmp_path):
    model = load_model(str(models / "qwen"), None, torch.float32)
    # a temperature without sampling is refused when it is written
    model.generation_config = GenerationConfig(temperature=0.5, do_sample=False, pad_token_id=0)
    set_end_tokens(model, [1, 3])
    model.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "generation_config.json").read_text("utf-8"))
    assert saved["eos_token_id"] == [1, 3] and "temperature" not in saved
