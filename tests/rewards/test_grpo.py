"""GRPO with TRL on the rows of a config as they are: the reward of a tiny model rises on 16 samples.

pytest tests/rewards/test_grpo.py -m ''

This file is also the program that trains, in a process of its own: it must be offline before anything is imported. The
model is a Llama of 0.1 million parameters, fine-tuned until it is right now and then.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import mean

import pytest

pytestmark = [pytest.mark.train, pytest.mark.slow]

SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples" / "mabsa"
CONFIG = "mabsa-lines-text-ou-noinst"
TARGETS = ("food quality", "service general", "restaurant general")
# samples, and answers to each in a step
COUNT, ANSWERS = 16, 8


@pytest.fixture(scope="module")
def rewards(tmp_path_factory) -> list[float]:
    """The mean reward of the answers of each step, over all samples."""
    for name in ("torch", "transformers", "trl"):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.source_plan import source_plan
    from sde_datasets.utils.progress import Progress

    work = tmp_path_factory.mktemp("grpo")
    plan = source_plan([f"acos={SAMPLES}"], "", keys={"targets": TARGETS}, designs=(CONFIG.partition("-")[2],))
    build(plan, work / "out", workers=1, progress=Progress(quiet=True))
    env = os.environ | {"HF_HOME": str(work / "home"), "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, __file__, str(work / "out"), str(work / "rewards.json")]
    done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((work / "rewards.json").read_text("utf-8"))


def test_the_reward_rises_on_sixteen_samples(rewards):
    first, last = mean(rewards[:3]), mean(rewards[-3:])
    assert 0.2 < first < 1.6, "the model is to be right now and then before GRPO"
    assert last > first + 0.2, rewards


def train(folder: str) -> list[float]:
    """Fine-tune a model on COUNT short samples, then train it by GRPO on the same rows."""
    from datasets import load_dataset
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed
    from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

    from sde_datasets.rewards import format_validity, kappa
    from sde_datasets.runs.tiny_model import tiny_tokenizer

    rows = load_dataset(folder, CONFIG, split="train")
    rows = rows.filter(lambda row: row["annotations"] and len(row["source_text"]) < 90).select(range(COUNT))
    tokenizer = tiny_tokenizer([row["prompt"] + row["completion"] for row in rows])
    set_seed(1)
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    special = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id, "bos_token_id": None}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape, **special))
    common = {"use_cpu": True, "bf16": False, "seed": 1, "report_to": "none", "save_strategy": "no"}
    common |= {"disable_tqdm": True, "logging_steps": 1}
    tuning = SFTConfig(output_dir="sft", max_steps=60, per_device_train_batch_size=COUNT, learning_rate=3e-3, **common)
    SFTTrainer(model=model, args=tuning, train_dataset=rows, processing_class=tokenizer).train()
    learning = GRPOConfig(
        output_dir="grpo",
        max_steps=30,
        num_iterations=2,
        per_device_train_batch_size=COUNT * ANSWERS,
        num_generations=ANSWERS,
        max_completion_length=32,
        learning_rate=2e-3,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=8,
        beta=0.0,
        **common,
    )
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=[kappa, format_validity],
        args=learning,
        train_dataset=rows,
        processing_class=tokenizer,
    )
    trainer.train()
    return [row["reward"] for row in trainer.state.log_history if "reward" in row]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(train(sys.argv[1])), "utf-8")
