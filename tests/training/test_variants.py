"""Kinds of adapters, weights in 4 bits, optimizers, and NEFTune.

pytest tests/training/test_variants.py
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from sde_datasets.errors import InputError, UsageError
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.prediction.run_model import vllm_model
from sde_datasets.runs.loading import load_model
from sde_datasets.runs.options import LORA_VARIANTS, OPTIMIZERS, TrainingOptions
from sde_datasets.training.adapters import add_adapter, keep_initial_adapter, save_model_files
from sde_datasets.training.loop import train
from sde_datasets.training.neftune import add_embedding_noise
from sde_datasets.training.optimizers import make_optimizer
from sde_datasets.training.publish import merge

needs_bitsandbytes = pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
IDS = torch.arange(5, 45).reshape(2, 20)


def take_steps(model, options: TrainingOptions) -> None:
    optimizer = make_optimizer(model, options)
    for _ in range(3):
        model(input_ids=IDS, labels=IDS).loss.backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("variant", LORA_VARIANTS)
def test_saved_adapter_fits_to_the_model_itself(models, tmp_path, variant):
    name = str(models / "llama")
    options = TrainingOptions("x", model=name, lora_rank=4, lora_dropout=0.0, learning_rate=0.01, lora_variant=variant)
    model = add_adapter(load_model(name, None, torch.float32), options, print)
    keep_initial_adapter(model, options, tmp_path / "initial")
    first = model(input_ids=IDS).logits
    take_steps(model, options)
    save_model_files(model, options, tmp_path / "saved", tmp_path / "initial")
    again = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(name), tmp_path / "saved").eval()
    trained = model.eval()(input_ids=IDS).logits
    assert (again(input_ids=IDS).logits - trained).abs().max() < 1e-4 < (first - trained).abs().max()
    assert (again.merge_and_unload()(input_ids=IDS).logits - trained).abs().max() < 1e-4
    config = again.peft_config["default"]
    assert (config.use_rslora, config.use_dora, config.r == 8) == tuple(variant == v for v in LORA_VARIANTS[1:])


@pytest.mark.slow
def test_pissa_run_is_validated_and_resumed_to_the_same_weights(data, models, tmp_path, quiet):
    given = {"config": "mabsa-lines-text-noinst", "data": str(data), "model": str(models / "llama"), "train_size": 8}
    given |= {"steps": 4, "save_every": 2, "lora_variant": "pissa", "lora_rank": 4, "learning_rate": 0.01}
    train(TrainingOptions(**given, eval_every=2, eval_samples=2, out=str(tmp_path / "validated")), progress=quiet)
    assert Predictor(tmp_path / "validated").annotate("The tuna.")[0]["stop"] in ("end", "length")
    run = train(TrainingOptions(**given, out=str(tmp_path / "run")), progress=quiet)
    assert not (run.path / ".initial").exists()
    whole = load_file(run.model / "adapter_model.safetensors")
    for name in ("model", "checkpoint-4"):
        shutil.rmtree(run.path / name)
    train(run.options(), resume=True, progress=quiet)
    resumed = load_file(run.model / "adapter_model.safetensors")
    assert whole.keys() == resumed.keys() and all(torch.equal(whole[key], resumed[key]) for key in whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_embeddings_of_new_tokens_are_trained_and_kept(data, models, tmp_path, quiet, name):
    """With an output layer of its own, and with one that is the embeddings."""
    given = {"config": "mabsa-lines-text-noinst", "data": str(data), "model": str(models / name), "train_size": 8}
    given |= {"steps": 3, "learning_rate": 0.01, "new_tokens": ": positive,: negative"}
    run = train(TrainingOptions(**given, out=str(tmp_path / "run")), progress=quiet)
    saved = load_file(run.model / "adapter_model.safetensors")
    rows = [tensor for key, tensor in saved.items() if "token" in key]
    assert {len(tensor) for tensor in rows} == {2} and len(rows) == (2 if name == "llama" else 1)
    predictor = Predictor(run.path)
    first = predictor.tokenizer.convert_tokens_to_ids(": positive")
    embeddings = predictor.model.get_input_embeddings().weight
    assert first >= 400 and len(embeddings) == len(predictor.tokenizer)
    assert any(torch.equal(tensor, embeddings[first : first + 2]) for tensor in rows)
    assert predictor.annotate("The tuna.")[0]["stop"] in ("end", "length")
    with pytest.raises(InputError, match=r"adapter that vLLM does not load\. Merge it first"):
        vllm_model(run, False, 100)
    merged = AutoModelForCausalLM.from_pretrained(merge(run.path))
    assert torch.equal(merged.get_input_embeddings().weight, embeddings)
    assert vllm_model(run, False, 100).model == str(run.path / "merged")


def linear_type(model) -> str:
    return type(model.model.layers[0].mlp.up_proj).__name__


@needs_bitsandbytes
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_adapter_is_trained_on_weights_in_4_bits(models):
    name = str(models / "llama")
    options = TrainingOptions("x", model=name, lora_rank=4, learning_rate=0.01, load_in="4bit")
    plain = AutoModelForCausalLM.from_pretrained(name)
    model = add_adapter(load_model(name, None, torch.float32, quantized_on="cpu"), options, print).train()
    assert type(model.get_base_model().model.layers[0].mlp.up_proj.base_layer).__name__ == "Linear4bit"
    first = model(input_ids=IDS, labels=IDS).loss.item()
    take_steps(model, options)
    assert model(input_ids=IDS, labels=IDS).loss.item() < first
    trained, total = model.get_nb_trainable_parameters()
    assert total - trained == sum(tensor.numel() for tensor in plain.parameters())


@needs_bitsandbytes
@pytest.mark.slow
def test_run_on_weights_in_4_bits_answers_and_is_merged(data, models, tmp_path, quiet):
    """The run is trained without, because bitsandbytes does not train on a CPU."""
    given = {"config": "mabsa-lines-text-noinst", "data": str(data), "model": str(models / "llama"), "steps": 1}
    run = train(TrainingOptions(**given, train_size=8, out=str(tmp_path / "run")), progress=quiet)
    options = run.path / "run.toml"
    options.write_text(options.read_text("utf-8") + 'load_in = "4bit"\n', "utf-8")
    predictor = Predictor(run.path)
    assert type(predictor.model.get_base_model().model.layers[0].mlp.up_proj.base_layer).__name__ == "Linear4bit"
    assert predictor.annotate("The tuna.")[0]["stop"] in ("end", "length")
    assert linear_type(AutoModelForCausalLM.from_pretrained(merge(run.path))) == "Linear"


def test_training_on_weights_in_4_bits_needs_a_gpu(data, models, tmp_path, quiet):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    options = TrainingOptions("ner-es", data=str(data), model=str(models / "llama"), out=str(tmp_path), load_in="4bit")
    with pytest.raises(UsageError, match="--load-in 4bit needs a GPU to train"):
        train(options, progress=quiet)


@pytest.mark.filterwarnings("ignore:Paged optimizers are not supported on CPU:UserWarning")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_lowers_the_loss(models, name):
    if find_spec("bitsandbytes") is None and any(word in name for word in ("bit", "lion", "ademamix")):
        pytest.skip("bitsandbytes is not installed")
    rate = 0.1 if name == "sgd" else 0.003
    options = TrainingOptions("x", model="llama", full=True, learning_rate=rate, optimizer=name, weight_decay=0.1)
    model = AutoModelForCausalLM.from_pretrained(models / "llama")
    first = model(input_ids=IDS, labels=IDS).loss.item()
    take_steps(model, options)
    assert model(input_ids=IDS, labels=IDS).loss.item() < first


def test_noise_is_for_training_and_of_the_given_size(models):
    model = AutoModelForCausalLM.from_pretrained(models / "llama")
    embeddings = model.get_input_embeddings()
    clean = embeddings(IDS)
    add_embedding_noise(model, 5.0)
    assert torch.equal(model.eval().get_input_embeddings()(IDS), clean)
    noise = model.train().get_input_embeddings()(IDS) - clean
    bound = 5.0 / (IDS.shape[1] * clean.shape[2]) ** 0.5
    assert 0.9 * bound < noise.abs().max() <= bound + 1e-6


@pytest.mark.parametrize(
    "given, words",
    [
        ({"full": True, "load_in": "4bit"}, "--load-in and --lora-variant are for an adapter"),
        ({"full": True, "lora_variant": "dora"}, "--load-in and --lora-variant are for an adapter"),
        ({"load_in": "4bit", "new_tokens": "a"}, "--new-tokens changes embeddings"),
        ({"load_in": "4bit", "lora_variant": "pissa"}, "pissa needs weights that are not quantized"),
    ],
)
def test_options_of_adapters_that_exclude_each_other_are_refused(given, words):
    with pytest.raises(UsageError, match=words):
        TrainingOptions("x", model="org/model", **given).resolved()
