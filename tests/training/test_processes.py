"""Two processes on CPUs against one, with the same samples in each step.

pytest tests/training/test_processes.py
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from safetensors.torch import load_file

from sde_datasets.runs import metrics_file

pytestmark = pytest.mark.slow


def train(launcher: list[str], model, out, *more: str) -> tuple[list[float], list[dict]]:
    # on the bundled corpora, which are built for the run: by one process, for both
    words = ["train", "mabsa-es", "--model", model, "--train-size", "30"]
    words += ["--steps", "6", "--log-every", "1", "--lora-dropout", "0", "--out", out, "--quiet", *more]
    env = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, *launcher, "-m", "sde_datasets", *map(str, words)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = metrics_file.read_rows(out / "metrics.jsonl")
    return [row["loss"] for row in rows if "loss" in row], [row for row in rows if "validation" in row]


TWO = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"]
TWO += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
# the hard way: in parts, with the prompt weighed, and with scores in between
MORE = ["--batch-tokens", "600", "--prompt-weight", "0.2", "--eval-every", "3", "--eval-samples", "4"]


def test_two_processes_have_the_losses_and_weights_of_one_process(models, tmp_path):
    one, scores = train([], models / "llama", tmp_path / "one", *MORE)
    two, scores_of_two = train(TWO, models / "llama", tmp_path / "two", *MORE)
    assert scores_of_two == scores and len(scores) == 2
    assert len(one) == 6 and two == pytest.approx(one, abs=1e-5)
    weights = [load_file(tmp_path / name / "model/adapter_model.safetensors") for name in ("one", "two")]
    for key, each in weights[0].items():
        assert (each - weights[1][key]).abs().max() < 1e-4
