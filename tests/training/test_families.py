"""Every architecture trains, is resumed to the same weights, and answers as its own `generate` does.

pytest tests/training/test_families.py
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import Split
from sde_datasets.training.loop import train
from sde_datasets.training.publish import merge
from sde_datasets.utils.progress import Progress
from tests.training.families import FAMILIES, save_family

pytestmark = [pytest.mark.slow, pytest.mark.libraries]

CONFIG = "mabsa-lines-text-ou-noinst"
STEPS = 4
# the decoder of this project answers for these; the others answer through generate
DECODED = {"llama", "qwen2", "qwen3", "qwen3_moe", "phi3", "olmo2", "granite", "smollm3", "glm4", "gpt2", "gpt_neox"}
DECODED |= {"deepseek_v3"}


class Told(Progress):
    """Keeps the lines."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory) -> tuple[str, Path]:
    return request.param, save_family(request.param, tmp_path_factory.mktemp("family") / request.param)


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return {name: each for path in sorted(folder.glob("*.safetensors")) for name, each in load_file(path).items()}


@pytest.mark.parametrize("full", [True, False], ids=["full", "lora"])
def test_model_family_trains_resumes_and_answers(family, data, tmp_path, full):
    name, model = family
    how = {"steps": STEPS, "save_every": 1, "keep": STEPS, "train_size": 16, "learning_rate": 0.01, "max_length": 160}
    options = TrainingOptions(
        config=CONFIG, data=str(data), model=str(model), full=full, out=str(tmp_path / "run"), **how
    )
    told = Told()
    run = train(options, progress=told)
    before = weights_of(run.model)
    # resumed from the middle of the run, with the optimizer's moments of that step
    shutil.rmtree(run.model)
    for step in (3, 4):
        shutil.rmtree(run.path / f"checkpoint-{step}")
    after = weights_of(train(options, resume=True, progress=told).model)
    assert before.keys() == after.keys()
    assert [key for key in before if not torch.equal(before[key], after[key])] == []
    if full:
        # the weights have moved, so that equal ones are not those of the beginning
        assert any(not torch.equal(each, after[key]) for key, each in weights_of(model).items())
    answers_are_those_of_generate(name, run, data, run.model if full else merge(run.path))
    check_lines(name, full, told.lines)


def answers_are_those_of_generate(name: str, run: RunFolder, data: Path, whole: Path) -> None:
    """Answers of a batch against those that another tool gets of the written model, one prompt at a time."""
    lines: list[str] = []
    predictor = Predictor(run.path, batch=4, report=lines.append)
    predictor.info = replace(predictor.info, answer_tokens=12)
    assert (not lines) == (name in DECODED)
    split = Split.open(str(data), CONFIG, "test")
    samples = split.draw(7, seed=1)
    found = dict(predictor.generate((each.id, each.text) for each in samples))
    other = AutoModelForCausalLM.from_pretrained(whole).eval()
    writer = predictor.generator(split.template)
    for each in samples:
        ids = torch.from_numpy(writer.encode(each.text).ids).long()[None]
        # no end is named here: the model's own settings know it
        out = other.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=12)
        text = predictor.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        assert found[each.id].text == text


def check_lines(name: str, full: bool, lines: list[str]) -> None:
    """Messages for an adapter that cannot have all requested options."""
    text = "\n".join(lines)
    assert ("only without dropout" in text) == (not full and name in ("qwen3_moe", "qwen3_next", "deepseek_v3"))
    states = name in ("mamba", "falcon_h1", "nemotron_h")
    assert ("cannot adapt the layers" in text) == (not full and states)


def test_adapter_of_a_multimodal_model_skips_the_vision_layers(data, tmp_path):
    model = save_family("gemma3", tmp_path / "gemma3")
    how = {"steps": 1, "train_size": 4, "max_length": 160, "out": str(tmp_path / "run")}
    run = train(TrainingOptions(config=CONFIG, data=str(data), model=str(model), **how), progress=Told())
    names = weights_of(run.model)
    assert any("language_model" in name for name in names)
    assert not any("vision" in name or "projector" in name for name in names)
