"""The options of a run: from a file, resolved, written and read again.

pytest tests/runs/test_options.py
"""

from __future__ import annotations

import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.runs.options import TrainingOptions, options_toml, read_options, validate_options


@pytest.mark.parametrize(
    "given, rate, batch",
    [
        ({"preset": "paper"}, 1e-4, 4),
        ({"full": True}, 2e-5, 4),
        ({"model": "tiny"}, 1e-3, 16),
        ({"learning_rate": 0.5, "preset": "paper"}, 0.5, 4),
    ],
)
def test_defaults_depend_on_the_method(given, rate, batch):
    options = TrainingOptions(**({"config": "ner-es", "model": "org/model"} | given)).resolved()
    assert (options.learning_rate, options.batch_size) == (rate, batch)
    assert (options.lora_rank, options.lora_alpha, options.lora_dropout) == (8, 32, 0.1)


def test_resolved_options_survive_writing_and_reading(tmp_path):
    options = TrainingOptions(config="ner-es", model="tiny", text_weight=0.1, end_token="</s>", steps=5).resolved()
    path = tmp_path / "run.toml"
    path.write_text(options_toml(options), "utf-8")
    assert TrainingOptions(**read_options(path)) == options == TrainingOptions(**read_options(path)).resolved()


def test_default_run_folder_has_config_model_size_and_seed():
    assert (
        TrainingOptions(config="ner-es", model="Qwen/Qwen3-0.6B", train_size=500).resolved().out
        == "runs/ner-es-Qwen3-0.6B-500-s1"
    )


def test_prompt_weight_is_the_default_of_its_parts():
    assert TrainingOptions().prompt_weights == (0, 0)
    assert TrainingOptions(prompt_weight=0.3).prompt_weights == (0.3, 0.3)
    assert TrainingOptions(prompt_weight=0.3, text_weight=0.0).prompt_weights == (0.3, 0)


@pytest.mark.parametrize(
    "given, words",
    [
        ({"learning_rat": 1.0}, "unknown key 'learning_rat'.*learning_rate"),
        ({"seed": "1"}, "seed is '1'. Give a whole number"),
        ({"prompt_weight": 1.5}, "Give a number from 0 to 1"),
        ({"batch_size": 0}, "Give a whole number of at least 1"),
        ({"epochs": 0.0}, "Give a number of at least 0.001"),
        ({"warmup": float("inf")}, "warmup is inf"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"seed": 2**32}, "from 0 to 4294967295"),
        ({"schedule": "wild"}, "Give linear or cosine"),
        ({"full": 1}, "Give true or false"),
    ],
)
def test_invalid_option_is_refused_with_a_hint(given, words):
    with pytest.raises(InputError, match=words):
        validate_options(given, "run.toml")


@pytest.mark.parametrize(
    "given, words",
    [
        ({"model": "tiny"}, "the config to train on"),
        ({"config": "ner-es"}, "give --model"),
        ({"config": "ner-es", "model": "tiny", "epochs": 1.0, "steps": 3}, "--epochs or --steps"),
        ({"config": "ner-es", "model": "tiny", "early_stopping": 3}, "give --eval-every too"),
    ],
)
def test_contradictory_options_are_refused(given, words):
    with pytest.raises(UsageError, match=words):
        TrainingOptions(**given).resolved()
