"""The loss against a plain computation of its definition, on the architectures that are tried.

pytest tests/training/test_loss.py
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from sde_datasets.runs.encoding import COMPLETION, INSTRUCTION, TEXT
from sde_datasets.runs.options import WEIGHT_NORMS
from sde_datasets.training.batches import Collator
from sde_datasets.training.loss import accepts_logit_mask, weighted_loss
from sde_datasets.training.token_cache import TokenRow

IDS = ([5, 6, 7, 8, 9, 10], [11, 12, 13, 14])
SEGMENTS = ([INSTRUCTION, INSTRUCTION, TEXT] + [COMPLETION] * 3, [INSTRUCTION, TEXT] + [COMPLETION] * 2)
ROWS = [
    TokenRow(i, np.array(ids, np.int32), np.array(parts, np.uint8))
    for i, (ids, parts) in enumerate(zip(IDS, SEGMENTS, strict=True))
]


@pytest.mark.parametrize("name", ["llama", "qwen", "gpt2"])
@pytest.mark.parametrize("prompt", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("masked", [True, False])
def test_loss_is_the_weighted_mean_over_tokens(models, name, prompt, masked):
    model = AutoModelForCausalLM.from_pretrained(models / name).eval()
    collate = Collator(0, (prompt, prompt))
    loss = weighted_loss(model, collate.separate(ROWS), collate.total_weight(ROWS), masked)
    # one row at a time, without padding, every logit, the definition word by word
    above = below = 0.0
    for ids, parts in zip(IDS, SEGMENTS, strict=True):
        shares = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        for place in range(1, len(ids)):
            weight = 1.0 if parts[place] == COMPLETION else prompt
            above += weight * -shares[place - 1, ids[place]].item()
            below += weight
    assert loss.item() == pytest.approx(above / below, abs=1e-5)


def test_loss_is_divided_by_the_number_of_weighted_tokens_where_that_is_chosen(models):
    model = AutoModelForCausalLM.from_pretrained(models / "llama").eval()
    losses = {}
    for norm in WEIGHT_NORMS:
        collate = Collator(0, (0.0, 0.25), completion_weight=0.5, norm=norm)
        losses[norm] = weighted_loss(model, collate.separate(ROWS), collate.total_weight(ROWS), True).item()
    parts = np.concatenate([part[1:] for part in SEGMENTS])
    weights = 0.25 * (parts == TEXT).sum() + 0.5 * (parts == COMPLETION).sum()
    assert losses["tokens"] * (parts >= TEXT).sum() == pytest.approx(losses["weights"] * weights)


def test_losses_of_parts_add_up_to_the_loss_of_the_step(models):
    model = AutoModelForCausalLM.from_pretrained(models / "llama").eval()
    collate = Collator(0, (0.0, 0.0))
    total = collate.total_weight(ROWS)
    whole = weighted_loss(model, collate.separate(ROWS), total, True)
    parts = sum(weighted_loss(model, collate.separate([row]), total, True) for row in ROWS)
    assert parts.item() == pytest.approx(whole.item(), abs=1e-6)


def test_support_for_logit_masks_is_detected(models):
    model = AutoModelForCausalLM.from_pretrained(models / "llama").eval()
    assert accepts_logit_mask(model, torch.device("cpu"))

    class Bare(torch.nn.Module):
        """A model without logits for some tokens alone."""

        def forward(self, input_ids, use_cache):
            return model(input_ids=input_ids, use_cache=use_cache)

    assert not accepts_logit_mask(Bare(), torch.device("cpu"))
