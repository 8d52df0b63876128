"""A run that is killed and resumed ends with the weights of one that never was, and its folder is never half-written.

pytest tests/train/test_resume.py
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from sde_datasets.errors import InputError
from sde_datasets.train import metrics
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.options import Options
from sde_datasets.train.run import train

STEPS = 24


def command(data: Path, model: str, out: Path, *more: str) -> list[str]:
    words = [sys.executable, "-m", "sde_datasets", "train", "ner-lines-text-noinst", "--data", data, "--model", model]
    words += [
        "--train-size",
        70,
        "--batch-size",
        4,
        "--steps",
        STEPS,
        "--save-every",
        5,
        "--log-every",
        1,
        "--out",
        out,
    ]
    return list(map(str, [*words, "--quiet", *more]))


def run(words: list[str]) -> subprocess.CompletedProcess:
    env = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(words, env=env, capture_output=True, text=True, timeout=300)


def killed_after(words: list[str], folder: Path, step: int) -> None:
    """Start a run and kill it when a row of that step stands in its metrics."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        rows = metrics.rows(folder / "metrics.jsonl")
        if rows and rows[-1]["step"] >= step:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("kind", [["--full"], []], ids=["full", "lora"])
def test_the_weights_are_those_of_an_uninterrupted_run(data, models, tmp_path, kind):
    model = str(models / "qwen")
    done = run(command(data, model, tmp_path / "whole", *kind))
    assert done.returncode == 0, done.stderr
    broken = tmp_path / "broken"
    # killed in the first epoch and in the second, each time in the middle of one
    killed_after(command(data, model, broken, *kind), broken, 8)
    assert not (broken / "model").exists()
    killed_after(command(data, model, broken, "--resume", *kind), broken, 19)
    done = run(command(data, model, broken, "--resume", *kind))
    assert done.returncode == 0, done.stderr
    name = "model.safetensors" if kind else "adapter_model.safetensors"
    one, two = load_file(tmp_path / "whole/model" / name), load_file(broken / "model" / name)
    assert one.keys() == two.keys() and all((one[key] == two[key]).all() for key in one)
    losses = [[row["loss"] for row in metrics.rows(f / "metrics.jsonl")] for f in (tmp_path / "whole", broken)]
    assert losses[0] == losses[1] and len(losses[0]) == STEPS
    assert [path.name for path in RunFolder(broken).checkpoints()] == ["checkpoint-20", "checkpoint-24"]
    left = {path.name for path in broken.iterdir()}
    assert not {name for name in left if name.endswith((".part", ".old")) or name in (".tokens", ".checkpoint")}


@pytest.fixture
def small(data, tmp_path) -> Options:
    return Options(config="ner-es", data=str(data), model="tiny", train_size=8, steps=1, out=str(tmp_path / "run"))


def test_a_folder_that_holds_a_run_is_not_trained_over(small, quiet):
    train(small, progress=quiet)
    with pytest.raises(InputError, match=r"holds a run already.*--resume"):
        train(small, progress=quiet)


def test_a_folder_that_holds_something_else_is_left_alone(small, quiet):
    Path(small.out).mkdir()
    (Path(small.out) / "thesis.tex").write_text("precious", "utf-8")
    with pytest.raises(InputError, match="is not a run folder"):
        train(small, progress=quiet)


def test_a_folder_in_use_is_refused(small, quiet):
    with RunFolder(Path(small.out)).owned(), pytest.raises(InputError, match="is in use by another process"):
        train(small, progress=quiet)


def test_a_run_is_resumed_with_its_own_options_alone(small, quiet):
    from dataclasses import replace

    train(small, progress=quiet)
    with pytest.raises(InputError, match=r"says otherwise: learning_rate = 0.001"):
        train(replace(small, learning_rate=0.5), resume=True, progress=quiet)


def test_data_that_changed_since_stop_a_resumption(small, quiet, tmp_path):
    import shutil
    from dataclasses import replace

    from sde_datasets.build import build
    from sde_datasets.plan import bundled_plan, read_plan

    plan = read_plan(bundled_plan())
    plan = replace(plan, view=plan.view[:1], designs=("es",))
    copy = tmp_path / "data"
    build(plan, copy, workers=1, progress=quiet)
    options = replace(small, data=str(copy))
    train(options, progress=quiet)
    shutil.rmtree(Path(small.out) / "model")
    build(replace(plan, max_empty=0.0), copy, workers=1, progress=quiet)
    with pytest.raises(InputError, match="has changed since the run began"):
        train(options, resume=True, progress=quiet)
