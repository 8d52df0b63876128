"""Answers of a model whose weights are divided among two processes, as --eval-every with FSDP asks for them.

pytest tests/training/test_sharded_answers.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("sharded_answers.py")


def test_a_divided_model_gives_the_answers_and_the_weights_of_the_whole_model(models, tmp_path):
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command = [sys.executable, *launcher, str(PROGRAM), str(models / "llama"), str(tmp_path / "out")]
    env = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads((tmp_path / "out/result.json").read_text())
    assert result["is_divided"] and len(result["whole"]) == 5
    assert result["sharded"] == result["whole"]
    assert result["same_weights"]
