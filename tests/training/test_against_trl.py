"""The first losses of a run against TRL's SFTTrainer: same model, data, order and hyperparameters.

pytest tests/training/test_against_trl.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.libraries]

STEPS = 20


CASES = {"No-MI": (0.0, "full"), "MI": (1.0, "full"), "No-MI, LoRA": (0.0, "lora")}


@pytest.fixture(scope="module")
def seen(models, data, tmp_path_factory) -> dict[str, dict[str, list[float]]]:
    """The losses of both trainers, from a process of its own: the libraries change what they share."""
    if find_spec("trl") is None:
        pytest.skip("trl is not installed")
    work = tmp_path_factory.mktemp("trl")
    env = os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, str(models / "llama"), str(data), str(work)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((work / "seen.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_the_first_twenty_losses_agree(seen, case):
    ours, trl = seen[case]["ours"], seen[case]["trl"]
    assert len(ours) == len(trl) == STEPS
    assert ours == pytest.approx(trl, abs=1e-3)
    assert max(ours) - min(ours) > 0.5, "the losses hardly move, so that any would agree"


def compare(model: str, data: str, work: Path, weight: float, how: str) -> dict:
    """The losses of both trainers."""
    from sde_datasets.runs import metrics_file
    from sde_datasets.runs.options import TrainingOptions
    from sde_datasets.training.loop import train
    from sde_datasets.training.sampler import LengthGroupedSampler
    from sde_datasets.utils.progress import Progress

    orders: list[list[int]] = []
    inner = LengthGroupedSampler.rows

    def watched(self, epoch):
        orders.append(inner(self, epoch).ravel().tolist())
        return inner(self, epoch)

    LengthGroupedSampler.rows = watched
    options = TrainingOptions(
        config="mabsa-es",
        data=data,
        model=model,
        out=str(work / "run"),
        train_size=40,
        steps=STEPS,
        log_every=1,
        learning_rate=3e-3,
        prompt_weight=weight,
        full=how == "full",
        preset=None if how == "full" else "paper",
        lora_dropout=0.0,
    )
    folder = train(options, progress=Progress(quiet=True))
    LengthGroupedSampler.rows = inner
    ours = [row["loss"] for row in metrics_file.read_rows(folder.metrics)]
    return {"ours": ours, "trl": _trl(model, folder, options, orders, work, weight)}


def _trl(model: str, folder, options, orders: list[list[int]], work: Path, weight: float) -> list[float]:
    import torch
    from datasets import Dataset
    from transformers import set_seed
    from trl import SFTConfig, SFTTrainer

    from sde_datasets.runs.loading import load_model, load_tokenizer
    from sde_datasets.runs.samples import Split
    from sde_datasets.training.adapters import add_adapter

    split = Split.open(options.data, options.config, "train")
    samples = split.draw(options.train_size, options.seed)
    rows = [{"prompt": split.template.prompt(s.text), "completion": s.completion} for s in samples]
    ordered = Dataset.from_list([rows[i] for order in orders for i in order])

    settings = {"per_device_train_batch_size": 4, "learning_rate": 3e-3, "max_steps": STEPS, "logging_steps": 1}
    settings |= {"lr_scheduler_type": "linear", "seed": options.seed, "use_cpu": True, "bf16": False}
    settings |= {"completion_only_loss": weight == 0, "report_to": "none", "save_strategy": "no"}
    settings |= {
        "train_sampling_strategy": "sequential",
        "disable_tqdm": True,
        "weight_decay": 0.0,
        "gradient_checkpointing": False,
    }
    set_seed(options.seed)
    loaded = load_model(model, None, torch.float32)
    if not options.full:
        loaded = add_adapter(loaded, options, print)
    trainer = SFTTrainer(
        model=loaded,
        args=SFTConfig(output_dir=str(work / "trl"), **settings),
        train_dataset=ordered,
        processing_class=load_tokenizer(model, None, None),
    )
    trainer.train()
    return [row["loss"] for row in trainer.state.log_history if "loss" in row]


if __name__ == "__main__":
    model, data, name = sys.argv[1:]
    found = {case: compare(model, data, Path(name, case), *how) for case, how in CASES.items()}
    Path(name, "seen.json").write_text(json.dumps(found), "utf-8")
