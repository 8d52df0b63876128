"""The options of a run: from a file, resolved, written and read again.

pytest tests/train/test_options.py
"""

from __future__ import annotations

import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.options import Options, checked, options_text, read_options


@pytest.mark.parametrize(
    "given, rate, batch",
    [({}, 1e-4, 4), ({"full": True}, 2e-5, 4), ({"model": "tiny"}, 1e-3, 16), ({"learning_rate": 0.5}, 0.5, 4)],
)
def test_what_is_not_given_goes_by_the_method(given, rate, batch):
    options = Options(**({"config": "ner-es", "model": "org/model"} | given)).resolved()
    assert (options.learning_rate, options.batch_size) == (rate, batch)
    assert (options.lora_rank, options.lora_alpha, options.lora_dropout) == (8, 32, 0.1)


def test_resolved_options_are_written_and_read_as_they_are(tmp_path):
    options = Options(config="ner-es", model="tiny", text_weight=0.1, end_token="</s>", steps=5).resolved()
    path = tmp_path / "run.toml"
    path.write_text(options_text(options), "utf-8")
    assert Options(**read_options(path)) == options == Options(**read_options(path)).resolved()


def test_the_folder_is_named_by_what_is_trained():
    assert (
        Options(config="ner-es", model="Qwen/Qwen3-0.6B", train_size=500).resolved().out
        == "runs/ner-es-Qwen3-0.6B-500-s1"
    )


def test_weights_of_the_prompt():
    assert Options().weights == (0, 0)
    assert Options(prompt_weight=0.3).weights == (0.3, 0.3)
    assert Options(prompt_weight=0.3, text_weight=0.0).weights == (0.3, 0)


@pytest.mark.parametrize(
    "given, words",
    [
        ({"learning_rat": 1.0}, "unknown option 'learning_rat'.*learning_rate"),
        ({"seed": "1"}, "seed is '1'. Give a whole number"),
        ({"prompt_weight": 1.5}, "The least is 0 and the most is 1"),
        ({"batch_size": 0}, "The least is 1"),
        ({"epochs": 0.0}, "The least is 0.001"),
        ({"warmup": float("inf")}, "warmup is inf"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"seed": 2**32}, "the most is 4294967295"),
        ({"schedule": "wild"}, "Known: linear"),
        ({"full": 1}, "Give true or false"),
    ],
)
def test_a_wrong_option_is_refused_with_its_cure(given, words):
    with pytest.raises(InputError, match=words):
        checked(given, "run.toml")


@pytest.mark.parametrize(
    "given, words",
    [
        ({"model": "tiny"}, "the config to train on"),
        ({"config": "ner-es"}, "give --model"),
        ({"config": "ner-es", "model": "tiny", "epochs": 1.0, "steps": 3}, "--epochs or --steps"),
        ({"config": "ner-es", "model": "tiny", "early_stopping": 3}, "give --eval-every too"),
    ],
)
def test_what_does_not_fit_together_is_refused(given, words):
    with pytest.raises(UsageError, match=words):
        Options(**given).resolved()
