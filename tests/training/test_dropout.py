"""Dropout on a CPU.

pytest tests/training/test_dropout.py
"""

from __future__ import annotations

import pytest
import torch

from sde_datasets.training.dropout import CpuDropout, use_cpu_dropout


@pytest.mark.parametrize("p", [0.1, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_values_are_dropped_with_the_probability_and_the_mean_remains(p, dtype):
    torch.manual_seed(1)
    values = torch.ones(333, 301, dtype=dtype, requires_grad=True)
    out = CpuDropout(p)(values)
    out.float().sum().backward()
    assert out.dtype == dtype
    assert (out == 0).float().mean().item() == pytest.approx(p, abs=0.01)
    assert out.float().mean().item() == pytest.approx(1, abs=0.01)
    assert torch.equal(values.grad, out)


def test_masks_depend_on_the_seed_alone_and_evaluation_drops_nothing():
    layer, values = CpuDropout(0.5), torch.ones(10, 10)
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(layer(values))
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])
    assert torch.equal(layer.eval()(values), values)


def test_dropout_layers_of_a_model_are_replaced():
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ModuleDict({"a": torch.nn.Dropout(0.1)}))
    use_cpu_dropout(model)
    assert type(model[1]["a"]) is CpuDropout and model[1]["a"].p == 0.1
