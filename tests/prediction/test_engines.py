"""The engines of --engine: the same answers from each, and errors for what one of them lacks.

pytest tests/prediction/test_engines.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.errors import InputError, UsageError
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.prediction.vllm_engine import lora_rank
from sde_datasets.prediction.writers import make_writer
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training.loop import train

TEXTS = [("a", "The IL-2 gene binds p50."), ("b", "c-fos"), ("c", "")]


@pytest.fixture
def vllm(monkeypatch):
    """The stand-in for vLLM, importable as `vllm`."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "stand_ins")
    import vllm

    yield vllm
    for name in [name for name in sys.modules if name.partition(".")[0] == "vllm"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def adapter_run(tmp_path_factory, data, models):
    """A run with an adapter that changes the answers of its base model."""
    folder = tmp_path_factory.mktemp("runs") / "adapter"
    options = TrainingOptions(
        config="ner-lines-text-noinst", data=str(data), model=str(models / "llama"), out=str(folder),
        steps=2, train_size=4, learning_rate=0.05, dtype="float32", lora_rank=3,
    )  # fmt: skip
    from sde_datasets.utils.progress import Progress

    train(options, progress=Progress(quiet=True))
    return folder


def answers(run: Path, **options) -> dict[str, str]:
    given = GenerationOptions(max_new_tokens=12, **options)
    return {id: each.text for id, each in Predictor(run, given).generate(TEXTS)}


def test_all_engines_write_the_same_answers(adapter_run, vllm):
    expected = answers(adapter_run, engine="local")
    assert answers(adapter_run, engine="generate") == expected
    assert answers(adapter_run, engine="vllm") == expected
    assert answers(adapter_run, zero_shot=True) != expected, "the adapter changes nothing"


def test_vllm_is_started_with_the_settings_of_the_run(adapter_run, vllm):
    predictor = Predictor(adapter_run, GenerationOptions(engine="vllm", sample=True, seed=3, top_p=0.5))
    dict(predictor.generate(TEXTS))
    settings, parameters = vllm.loaded[-1].settings, vllm.loaded[-1].parameters
    assert settings["enable_prefix_caching"] and not settings["trust_remote_code"]
    assert settings["max_lora_rank"] == 8 and settings["max_model_len"] == predictor.info.context
    assert {tuple(each.stop_token_ids) for each in parameters} == {tuple(predictor.info.ends)}
    assert {(each.top_p, each.temperature) for each in parameters} == {(0.5, 1.0)}
    assert len({each.seed for each in parameters}) == len(TEXTS) and min(each.seed for each in parameters) >= 0


def test_complete_weights_need_no_adapter_in_vllm(run, vllm):
    assert answers(run, engine="vllm") == answers(run)
    assert not vllm.loaded[-1].settings["enable_lora"]


def test_rank_for_vllm_is_the_next_one_that_it_knows():
    assert [lora_rank(rank) for rank in (1, 3, 8, 9, 64, 300)] == [1, 8, 8, 16, 64, 320]


def test_model_that_vllm_cannot_load_is_one_line(run, vllm, monkeypatch):
    def failing(*given, **settings):
        raise ValueError("No available memory\nfor the cache blocks")

    monkeypatch.setattr(vllm, "LLM", failing)
    with pytest.raises(InputError, match="cannot be loaded by vLLM") as error:
        Predictor(run, GenerationOptions(engine="vllm"))
    assert len(str(error.value).splitlines()) == 1


def test_engine_that_does_not_support_a_model_is_refused():
    from transformers import MistralConfig, MistralForCausalLM

    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = MistralForCausalLM(MistralConfig(vocab_size=50, num_key_value_heads=1, sliding_window=4, **shape))
    with pytest.raises(UsageError, match="--engine local does not support mistral models"):
        make_writer(model, 0, "local")
    assert type(make_writer(model, 0)).__name__ == "PlainGenerator"


@pytest.mark.parametrize(
    "words, expected",
    [
        (["--engine", "server"], "--engine server needs its address: --endpoint URL"),
        (["--engine", "generate", "--endpoint", "http://localhost:1/v1"], "--engine generate answers in this process"),
        (["--engine", "vllm", "--constrained"], "--constrained needs --engine local or generate"),
        (["--engine", "vllm"], "vllm is not installed: pip install 'sde-datasets[vllm]'"),
        (["--thinking"], "--thinking needs a run with a chat template"),
        (["--thinking-tokens", "9"], "--thinking-tokens is for --thinking"),
    ],
)
def test_engine_options_that_exclude_each_other_are_refused(run, tmp_path, words, expected):
    given = ["predict", str(run), "--limit", "2", "--out", str(tmp_path / "a.jsonl"), "--quiet", *words]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 2 and expected in done.stderr


def test_provenance_names_an_engine_with_other_rounding(run, tmp_path):
    for engine, named in (("local", None), ("generate", "generate")):
        out = tmp_path / f"{engine}.jsonl"
        done = CliRunner().invoke(
            main, ["predict", str(run), "--limit", "2", "--out", str(out), "--engine", engine, "--quiet"]
        )
        assert done.exit_code == 0, done.output
        about = json.loads(out.with_suffix(".about.json").read_text("utf-8"))
        assert about.get("engine") == named
