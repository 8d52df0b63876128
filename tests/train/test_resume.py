"""A run that is killed and resumed ends with the weights of one that never was, and its folder is never half-written.

pytest tests/train/test_resume.py
"""

from __future__ import annotations

import os
import shutil
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


def ended_early(options: Options, quiet, monkeypatch, name: str) -> None:
    """A run that dies in the function of that name, after its last step."""
    from sde_datasets.train import run as module

    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, name, die)
        train(options, progress=quiet)


def weights(folder: str | Path) -> dict:
    return load_file(Path(folder) / "model/model.safetensors")


@pytest.fixture
def scored(small) -> Options:
    """Validation at every second step, with steps that are no whole number of epochs."""
    from dataclasses import replace

    how = {"config": "ner-lines-text-noinst", "train_size": 70, "save_every": 4, "eval_every": 2, "eval_samples": 4}
    return replace(small, steps=7, schedule="constant", **how)


@pytest.mark.parametrize("name, eval_every", [("put", None), ("curve", 2)])
def test_a_run_that_dies_after_its_last_step_loses_nothing(scored, quiet, monkeypatch, tmp_path, name, eval_every):
    from dataclasses import replace

    options = replace(scored, eval_every=eval_every)
    train(options, progress=quiet)
    broken = replace(options, out=str(tmp_path / "broken"))
    ended_early(broken, quiet, monkeypatch, name)
    assert not (tmp_path / "broken/model").exists()
    train(broken, resume=True, progress=quiet)
    one, two = weights(options.out), weights(broken.out)
    assert all((one[key] == two[key]).all() for key in one)
    assert RunFolder(Path(broken.out)).read("about")["steps"] == 7
    assert not RunFolder(Path(broken.out)).best()


@pytest.fixture
def scores(monkeypatch) -> list[float]:
    """The scores that validation is to find, one after the other; where there are no more, the process is stopped."""
    from sde_datasets.train import validation

    coming: list[float] = []

    def given(model, ready, samples):
        if not coming:
            raise KeyboardInterrupt
        return {"headline": {"f1": {"value": coming.pop(0)}}, "format_errors": {"error_rate": 0.0}}

    monkeypatch.setattr(validation, "score_of", given)
    return coming


def test_the_best_weights_are_those_of_the_way_that_was_gone_on(scored, quiet, tmp_path, scores):
    """Scored at 2, 4, 6 and 7, with a checkpoint at 4: what was best after that does not count when it goes on."""
    from dataclasses import replace

    scores += [0.1, 0.2, 0.0, 0.0]
    train(scored, progress=quiet)
    broken = replace(scored, out=str(tmp_path / "broken"))
    scores += [0.1, 0.2, 0.3]
    with pytest.raises(KeyboardInterrupt):
        train(broken, progress=quiet)
    assert [path.name for path in RunFolder(Path(broken.out)).best()] == ["best-4", "best-6"]
    scores += [0.0, 0.0]
    train(broken, resume=True, progress=quiet)
    one, two = weights(scored.out), weights(broken.out)
    assert all((one[key] == two[key]).all() for key in one)


def test_a_run_that_stopped_early_stops_there_again(scored, quiet, monkeypatch, tmp_path, scores):
    from dataclasses import replace

    options = replace(scored, steps=40, early_stopping=2, save_every=2)
    scores += [0.1, 0.5, 0.4, 0.3]
    train(options, progress=quiet)
    broken = replace(options, out=str(tmp_path / "broken"))
    scores += [0.1, 0.5, 0.4, 0.3]
    ended_early(broken, quiet, monkeypatch, "curve")
    train(broken, resume=True, progress=quiet)
    one, two = weights(options.out), weights(broken.out)
    assert all((one[key] == two[key]).all() for key in one)
    steps = [row["step"] for row in metrics.rows(tmp_path / "broken/metrics.jsonl") if "validation" in row]
    assert steps == [2, 4, 6, 8]


def test_a_killed_rename_is_put_right(scored, quiet, tmp_path):
    from dataclasses import replace

    options = replace(scored, eval_every=None)
    train(options, progress=quiet)
    folder = Path(scored.out)
    one = weights(folder)
    # killed when the old one was away and the new one not yet there
    (folder / "checkpoint-4").rename(folder / "checkpoint-4.old")
    (folder / "checkpoint-7").rename(folder / "checkpoint-7.part")
    (folder / "model").rename(folder / "model.part")
    train(options, resume=True, progress=quiet)
    two = weights(folder)
    assert all((one[key] == two[key]).all() for key in one)
    assert {path.name for path in folder.glob("checkpoint-*")} == {"checkpoint-4", "checkpoint-7"}


def test_best_weights_that_are_gone_are_missed_before_the_training(scored, quiet):
    train(scored, progress=quiet)
    shutil.rmtree(Path(scored.out) / "model")
    with pytest.raises(InputError, match=r"best-\d: is gone"):
        train(scored, resume=True, progress=quiet)


def test_a_folder_is_ours_when_a_run_was_killed_as_it_began(small, quiet):
    Path(small.out).mkdir()
    (Path(small.out) / "run.toml.part").write_text("half", "utf-8")
    train(small, progress=quiet)


def test_nothing_is_removed_from_a_folder_that_is_not_ours(small, quiet):
    folder = Path(small.out)
    for name in ("model.part", ".tokens", "thesis.old"):
        (folder / name).mkdir(parents=True)
        (folder / name / "precious").write_text("x", "utf-8")
    with pytest.raises(InputError, match="is not a run folder"):
        train(small, progress=quiet)
    assert all((folder / name / "precious").is_file() for name in ("model.part", ".tokens", "thesis.old"))


@pytest.fixture(scope="module")
def half(data, tmp_path_factory, quiet) -> Options:
    """The options of a run of two steps and two checkpoints, whose folder lacks its model once it is copied."""
    out = str(tmp_path_factory.mktemp("half") / "run")
    how = {"model": "tiny", "train_size": 8, "steps": 2, "save_every": 1, "batch_size": 4, "out": out}
    options = Options(config="ner-lines-text-noinst", data=str(data), **how)
    train(options, progress=quiet)
    return options


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("trainer_state.json", b"{", "cannot be gone on from"),
        ("optimizer.pt", b"no zip", "cannot be gone on from"),
        ("optimizer.pt", None, r"it lacks optimizer\*"),
        ("rng_state.pth", None, r"it lacks rng_state\*"),
        ("model.safetensors", b"short", "cannot be gone on from"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_named(half, small, quiet, name, content, words):
    from dataclasses import replace

    shutil.copytree(half.out, small.out, ignore=shutil.ignore_patterns("model"))
    options = replace(half, out=small.out)
    path = Path(small.out) / "checkpoint-2" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"checkpoint-2: .*{words}.*Remove it: --resume takes the one before it"):
        train(options, resume=True, progress=quiet)


def test_without_its_last_checkpoint_a_run_goes_on_from_the_one_before(half, small, quiet):
    from dataclasses import replace

    shutil.copytree(half.out, small.out, ignore=shutil.ignore_patterns("model"))
    shutil.rmtree(Path(small.out) / "checkpoint-2")
    train(replace(half, out=small.out), resume=True, progress=quiet)
    one, two = weights(half.out), weights(small.out)
    assert all((one[key] == two[key]).all() for key in one)


def test_data_that_changed_since_stop_a_resumption(small, quiet, tmp_path):
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
