"""Losses and gradients of samples with a shared prefix against those of the samples one by one.

pytest tests/training/test_shared_prefix.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from sde_datasets.runs import metrics_file
from sde_datasets.runs.encoding import COMPLETION, INSTRUCTION, TEXT
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training import prefix_attention as attention
from sde_datasets.training.batches import Batch, Collator
from sde_datasets.training.loop import train
from sde_datasets.training.loss import weighted_loss
from sde_datasets.training.prefix_attention import prefix_attention, supports_shared_prefix, use_prefix_attention
from sde_datasets.training.token_cache import TokenRow
from tests.training.families import save_family

PREFIX = 20


def sample(seed: int, text: int, completion: int, shared: int = 0) -> TokenRow:
    """A sample with the common instruction; `shared` tokens of its text are those of every other sample."""
    draw = np.random.default_rng(seed)
    ids = [*range(5, 5 + PREFIX), *range(60, 60 + shared), *draw.integers(100, 300, text - shared + 2 + completion)]
    segments = [INSTRUCTION] * PREFIX + [TEXT] * text + [INSTRUCTION] * 2 + [COMPLETION] * completion
    return TokenRow(seed, np.array(ids, np.int32), np.array(segments, np.uint8))


BATCHES = {
    "lengths differ": [sample(1, 9, 4), sample(2, 5, 7), sample(3, 12, 3)],
    "the prefix goes on into the text": [sample(1, 9, 4, shared=3), sample(2, 5, 7, shared=3)],
    "an empty text": [sample(1, 0, 4), sample(2, 5, 7), sample(3, 0, 2)],
    "equal samples": [sample(1, 3, 4), sample(1, 3, 4)],
    "one sample": [sample(1, 9, 4)],
}


@pytest.fixture(scope="module", params=["llama", "qwen3", "gpt2", "qwen3_moe"])
def model(request, tmp_path_factory) -> Any:
    return loaded(request.param, tmp_path_factory.mktemp("family"))


def loaded(name: str, folder: Path) -> Any:
    """A random model that can share prefixes; without dropout, whose masks would differ."""
    model = AutoModelForCausalLM.from_pretrained(save_family(name, folder / name), dtype=torch.float32).eval()
    assert use_prefix_attention(model)
    return model


def loss_and_gradients(model: Any, batches: list[Batch], total: float) -> tuple[float, dict[str, torch.Tensor]]:
    model.zero_grad()
    losses = [weighted_loss(model, batch, total, masked=True) for batch in batches]
    sum(losses).backward()
    return sum(losses).item(), {name: each.grad.clone() for name, each in model.named_parameters()}


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("case", BATCHES)
def test_loss_and_gradients_are_those_of_separate_rows(model, case, weight):
    rows, collate = BATCHES[case], Collator(0, (weight, weight / 2))
    total = collate.total_weight(rows)
    batch = collate.shared(rows)
    assert (batch.mask is None) == (len(rows) == 1)
    loss, gradients = loss_and_gradients(model, [batch], total)
    expected, others = loss_and_gradients(model, [collate.separate([row]) for row in rows], total)
    assert loss == pytest.approx(expected, abs=1e-5)
    for name, each in gradients.items():
        assert (each - others[name]).abs().max() <= 1e-4 * max(others[name].abs().max(), 1e-2), name


@pytest.mark.parametrize("most", [0, 2**24], ids=["fused", "matrix products"])
def test_attention_in_half_precision_is_that_of_float32(monkeypatch, most):
    monkeypatch.setattr(attention, "_MOST_SCORES", most)
    prefix, rest, samples = 5, 7, 3
    draw = torch.Generator().manual_seed(1)
    states = [torch.randn(1, heads, prefix + samples * rest, 8, generator=draw) for heads in (6, 2, 2)]
    mask = torch.ones(1, 1, rest, prefix + rest, dtype=torch.bool).tril(prefix)
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        inputs = [each.detach().to(dtype).clone().requires_grad_() for each in states]
        output, _ = prefix_attention(torch.nn.Module(), *inputs, mask)
        output.square().sum().backward()
        found[dtype] = [output, *(each.grad for each in inputs)]
    for exact, half in zip(found[torch.float32], found[torch.bfloat16], strict=True):
        assert (exact - half.float()).abs().max() < 0.02 * exact.abs().max()


def test_trial_accepts_a_model_that_attends_to_all_tokens(model):
    assert supports_shared_prefix(model, BATCHES["lengths differ"], True, torch.float32)


@pytest.mark.parametrize("name", ["mistral", "gemma2", "gpt_oss", "qwen3_next", "lfm2", "mamba"])
def test_trial_refuses_windows_and_states(name, tmp_path):
    model = AutoModelForCausalLM.from_pretrained(save_family(name, tmp_path / name), dtype=torch.float32)
    assert not (
        use_prefix_attention(model) and supports_shared_prefix(model, BATCHES["lengths differ"], True, torch.float32)
    )


@pytest.mark.parametrize(
    "how",
    [
        {"prompt_weight": 0.3, "accumulation": 2},
        {"full": True, "gradient_checkpointing": True},
        {"chat": True, "model": "qwen"},
    ],
    ids=["LoRA in parts", "full with gradient checkpointing", "chat"],
)
def test_run_has_the_losses_of_separate_rows(data, models, tmp_path, quiet, how):
    given = {"model": "llama", "lora_dropout": 0.0, "batch_size": 4} | how
    given |= {"config": "mabsa-es", "data": str(data), "train_size": 12, "steps": 3, "log_every": 1}
    given |= {"model": str(models / given["model"]), "learning_rate": 1e-3}
    found = {}
    for separate in (False, True):
        out = tmp_path / f"run-{separate}"
        train(TrainingOptions(**given, separate_rows=separate, out=str(out)), progress=quiet)
        found[separate] = metrics_file.read_rows(out / "metrics.jsonl")
    for shared, apart in zip(found[False], found[True], strict=True):
        assert shared["loss"] == pytest.approx(apart["loss"], abs=1e-5)
        assert shared["grad_norm"] == pytest.approx(apart["grad_norm"], rel=1e-3)
