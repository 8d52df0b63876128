"""Presets of LoRA: chosen by the size of the model, printed, and overridden by what is given.

pytest tests/training/test_presets.py
"""

from __future__ import annotations

import pytest

from sde_datasets.errors import UsageError
from sde_datasets.runs.options import Hyperparameters, TrainingOptions
from sde_datasets.training import presets
from sde_datasets.training.presets import with_preset
from sde_datasets.utils.progress import Progress

PAPER = Hyperparameters(1e-4, 4, 3.0, "linear", 0.0, 0.0, lora_rank=8)
SMALL = Hyperparameters(1e-3, 8, 2.0, "cosine", 0.05, 0.0, lora_rank=16)


def chosen(**given) -> TrainingOptions:
    return with_preset(TrainingOptions("x", **given).resolved(), Progress(quiet=True))


def test_small_model_has_the_preset_for_small_models(models, capsys):
    options = TrainingOptions("x", model=str(models / "llama")).resolved()
    assert options.learning_rate is None, "the preset is not known yet"
    options = with_preset(options, Progress())
    assert (options.preset, options.hyperparameters) == ("small", SMALL)
    assert "preset small (0.00013 billion parameters): LoRA rank 16, learning rate 0.001" in capsys.readouterr().err


def test_large_model_has_the_preset_of_the_paper(models, monkeypatch):
    monkeypatch.setattr(presets, "parameter_count", lambda *given: 7_000_000_000)
    options = chosen(model=str(models / "llama"))
    assert (options.preset, options.hyperparameters) == ("paper", PAPER)


def test_given_preset_and_values_count_more_than_the_size(models):
    assert chosen(model=str(models / "llama"), preset="paper").hyperparameters == PAPER
    options = chosen(model=str(models / "llama"), lora_rank=3, epochs=0.5)
    assert (options.lora_rank, options.epochs, options.batch_size) == (3, 0.5, 8)


def test_other_methods_have_no_preset(models):
    assert chosen(model=str(models / "llama"), full=True).learning_rate == 2e-5
    with pytest.raises(UsageError, match="--preset is for an adapter"):
        chosen(model="tiny", preset="small")
