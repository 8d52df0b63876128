"""What a launcher may ask for: refused options give an error before anything is loaded.

pytest tests/training/test_launcher.py
"""

from __future__ import annotations

import pytest

from sde_datasets.errors import UsageError
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training.launcher import check_launcher

FSDP = {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}


@pytest.mark.parametrize(
    ("variables", "has_gpu", "options", "refusal"),
    [
        ({"ACCELERATE_USE_DEEPSPEED": "true"}, True, {}, "DeepSpeed is not supported"),
        (FSDP, False, {}, "launch without FSDP"),
        (FSDP, True, {"find_batch_size": True}, "--find-batch-size is not for FSDP"),
        (FSDP | {"FSDP_VERSION": "1"}, True, {"eval_every": 5}, "set fsdp_version: 2"),
        (FSDP, True, {"eval_every": 5}, None),
        ({}, False, {"eval_every": 5, "find_batch_size": True}, None),
    ],
)
def test_launcher(variables, has_gpu, options, refusal, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("torch.accelerator.is_available", lambda: has_gpu)
    training = TrainingOptions("mabsa-es", model="m", **options)
    if refusal is None:
        check_launcher(training)
        return
    with pytest.raises(UsageError, match=refusal):
        check_launcher(training)
