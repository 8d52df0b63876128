"""A trained model for others: merged, pushed, and used from where it was pushed to.

pytest tests/train/test_publish.py
"""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sde_datasets.errors import UsageError
from sde_datasets.train.options import Options
from sde_datasets.train.predictor import Predictor
from sde_datasets.train.publish import merge
from sde_datasets.train.run import train


@pytest.fixture(scope="module")
def adapted(tmp_path_factory, data, models, quiet):
    folder = tmp_path_factory.mktemp("runs") / "adapted"
    how = {"train_size": 12, "steps": 6, "learning_rate": 0.05, "out": str(folder)}
    train(Options(config="mabsa-lines-text-noinst", data=str(data), model=str(models / "qwen"), **how), progress=quiet)
    return folder


def test_merged_weights_are_base_and_adapter_together(adapted):
    from peft import PeftModel

    folder = merge(adapted)
    merged = AutoModelForCausalLM.from_pretrained(folder).eval()
    base = AutoModelForCausalLM.from_pretrained(Predictor(adapted).options.model)
    both = PeftModel.from_pretrained(base, adapted / "model").eval()
    ids = AutoTokenizer.from_pretrained(folder)("The tuna was great.", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        assert torch.allclose(merged(ids).logits, both(ids).logits, atol=1e-4)


def test_a_run_of_all_weights_has_nothing_to_merge(run):
    with pytest.raises(UsageError, match="has no adapter"):
        merge(run)
