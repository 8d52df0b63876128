"""The loss against a plain computation of its definition, on the architectures that are tried.

pytest tests/train/test_loss.py
"""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM

from sde_datasets.train.loss import total_weight, weighted_loss

IDS = torch.tensor([[5, 6, 7, 8, 9, 10], [11, 12, 13, 14, 0, 0]])
LENGTHS = (6, 4)


@pytest.mark.parametrize("name", ["llama", "qwen", "gpt2"])
@pytest.mark.parametrize("prompt", [0.0, 0.1, 1.0])
def test_it_is_the_weighted_mean_over_tokens(models, name, prompt):
    model = AutoModelForCausalLM.from_pretrained(models / name).eval()
    weights = torch.tensor([[prompt, prompt, prompt, 1, 1, 1], [prompt, prompt, 1, 1, 0, 0]])
    loss = weighted_loss(model, IDS, weights, total_weight(weights))
    # one row at a time, without padding, every logit, the definition word by word
    above = below = 0.0
    for ids, row, length in zip(IDS, weights, LENGTHS, strict=True):
        shares = model(input_ids=ids[None, :length]).logits[0].log_softmax(-1)
        for place in range(1, length):
            above += row[place].item() * -shares[place - 1, ids[place]].item()
            below += row[place].item()
    assert loss.item() == pytest.approx(above / below, abs=1e-5)


def test_parts_of_a_step_add_up_to_the_step(models):
    model = AutoModelForCausalLM.from_pretrained(models / "llama").eval()
    weights = torch.tensor([[0, 0, 0, 1.0, 1, 1], [0, 0, 1, 1, 0, 0]])
    total = total_weight(weights)
    whole = weighted_loss(model, IDS, weights, total)
    parts = sum(weighted_loss(model, IDS[i : i + 1], weights[i : i + 1], total) for i in range(2))
    assert parts.item() == pytest.approx(whole.item(), abs=1e-6)


def test_the_first_token_is_predicted_from_nothing_and_does_not_count(models):
    model = AutoModelForCausalLM.from_pretrained(models / "llama").eval()
    weights = torch.ones(2, 6)
    other = weights.clone()
    other[:, 0] = 0
    assert total_weight(weights) == 10
    assert torch.equal(*(weighted_loss(model, IDS, each, total_weight(each)) for each in (weights, other)))
