"""A killed and resumed run has the weights of an uninterrupted one, and its folder is never incomplete.

pytest tests/training/test_resume.py
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

from sde_datasets.errors import InputError
from sde_datasets.runs import metrics_file
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.scoring.figures import Figure
from sde_datasets.scoring.json_object import Ratio
from sde_datasets.training.loop import train
from tests import forked

STEPS = 24


def command(data: Path, model: str, out: Path, *more: str) -> BaseProcess:
    """Return the process of a run; it is not yet started."""
    words = ["train", "ner-lines-text-noinst", "--data", data, "--model", model, "--train-size", 70, "--batch-size", 4]
    words += ["--steps", STEPS, "--save-every", 5, "--log-every", 1, "--out", out, "--quiet", *more]
    return forked.command(words, out.with_suffix(".output"))


def run_to_its_end(process: BaseProcess, out: Path) -> None:
    process.start()
    process.join(300)
    assert process.exitcode == 0, out.with_suffix(".output").read_text()


def kill_after(process: BaseProcess, folder: Path, step: int) -> None:
    """Start a run and kill it when a row of that step is in its metrics."""
    process.start()
    until = time.monotonic() + 120
    while time.monotonic() < until and process.is_alive():
        rows = metrics_file.read_rows(folder / "metrics.jsonl")
        if rows and rows[-1]["step"] >= step:
            break
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.join()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [["--full"], []], ids=["full", "lora"])
def test_weights_of_a_killed_run_equal_those_of_an_uninterrupted_one(data, models, tmp_path, kind):
    model = str(models / "qwen")
    run_to_its_end(command(data, model, tmp_path / "whole", *kind), tmp_path / "whole")
    broken = tmp_path / "broken"
    # killed in the first epoch and in the second, each time in the middle of one
    kill_after(command(data, model, broken, *kind), broken, 8)
    assert not (broken / "model").exists()
    kill_after(command(data, model, broken, "--resume", *kind), broken, 19)
    assert not (broken / "model").exists()
    run_to_its_end(command(data, model, broken, "--resume", *kind), broken)
    name = "model.safetensors" if kind else "adapter_model.safetensors"
    one, two = load_file(tmp_path / "whole/model" / name), load_file(broken / "model" / name)
    assert one.keys() == two.keys() and all((one[key] == two[key]).all() for key in one)
    losses = [
        [row["loss"] for row in metrics_file.read_rows(f / "metrics.jsonl")] for f in (tmp_path / "whole", broken)
    ]
    assert losses[0] == losses[1] and len(losses[0]) == STEPS
    assert [path.name for path in RunFolder(broken).checkpoints()] == ["checkpoint-20", "checkpoint-24"]
    left = {path.name for path in broken.iterdir()}
    assert not {name for name in left if name.endswith((".part", ".old")) or name in (".tokens", ".checkpoint")}


@pytest.fixture
def small(data, tmp_path) -> TrainingOptions:
    return TrainingOptions(
        config="ner-es", data=str(data), model="tiny", train_size=8, steps=1, out=str(tmp_path / "run")
    )


def test_folder_with_a_run_is_not_overwritten(small, quiet):
    train(small, progress=quiet)
    with pytest.raises(InputError, match=r"already contains a run.*--resume"):
        train(small, progress=quiet)


def test_folder_with_other_files_is_refused(small, quiet):
    Path(small.out).mkdir()
    (Path(small.out) / "thesis.tex").write_text("precious", "utf-8")
    with pytest.raises(InputError, match="is not a run folder"):
        train(small, progress=quiet)


def test_folder_in_use_is_refused(small, quiet):
    with RunFolder(Path(small.out)).locked(), pytest.raises(InputError, match="is in use by another process"):
        train(small, progress=quiet)


@pytest.mark.slow
def test_run_is_resumed_only_with_its_own_options(small, quiet):
    from dataclasses import replace

    train(small, progress=quiet)
    with pytest.raises(InputError, match=r"has other options: learning_rate = 0.001"):
        train(replace(small, learning_rate=0.5), resume=True, progress=quiet)


def ended_early(options: TrainingOptions, quiet, monkeypatch, name: str) -> None:
    """A run that dies in the function of that name, after its last step."""
    from sde_datasets.training import loop as module

    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, name, die)
        train(options, progress=quiet)


def weights(folder: str | Path) -> dict:
    return load_file(Path(folder) / "model/model.safetensors")


@pytest.fixture
def scored(small) -> TrainingOptions:
    """Validation at every second step, with steps that are no whole number of epochs."""
    from dataclasses import replace

    how = {"config": "ner-lines-text-noinst", "train_size": 70, "save_every": 4, "eval_every": 2, "eval_samples": 4}
    return replace(small, steps=7, schedule="constant", **how)


@pytest.mark.slow
@pytest.mark.parametrize("name, eval_every", [("replace_dir", None), ("plot_loss_curve", 2)])
def test_run_killed_after_its_last_step_loses_nothing(scored, quiet, monkeypatch, tmp_path, name, eval_every):
    from dataclasses import replace

    options = replace(scored, eval_every=eval_every)
    train(options, progress=quiet)
    broken = replace(options, out=str(tmp_path / "broken"))
    ended_early(broken, quiet, monkeypatch, name)
    assert not (tmp_path / "broken/model").exists()
    train(broken, resume=True, progress=quiet)
    one, two = weights(options.out), weights(broken.out)
    assert all((one[key] == two[key]).all() for key in one)
    assert RunFolder(Path(broken.out)).read_info().steps == 7
    assert not RunFolder(Path(broken.out)).best()


@pytest.fixture
def scores(monkeypatch) -> list[float]:
    """The scores that validation is to find, one after the other; where there are no more, the process is stopped."""
    from sde_datasets.training import validation

    coming: list[float] = []

    def given(answers, setup):
        if not coming:
            raise KeyboardInterrupt
        format_errors = SimpleNamespace(error_rate=Ratio(0.0))
        return SimpleNamespace(headline={"f1": Figure(coming.pop(0))}, format_errors=format_errors)

    monkeypatch.setattr(validation, "score_answers", given)
    return coming


@pytest.mark.slow
def test_best_weights_ignore_scores_after_the_resumed_checkpoint(scored, quiet, tmp_path, scores):
    """Scored at 2, 4, 6 and 7, with a checkpoint at 4: best weights after it do not count when the run continues."""
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


@pytest.mark.slow
def test_resumed_run_stops_early_at_the_same_step(scored, quiet, monkeypatch, tmp_path, scores):
    from dataclasses import replace

    options = replace(scored, steps=40, early_stopping=2, save_every=2)
    scores += [0.1, 0.5, 0.4, 0.3]
    train(options, progress=quiet)
    broken = replace(options, out=str(tmp_path / "broken"))
    scores += [0.1, 0.5, 0.4, 0.3]
    ended_early(broken, quiet, monkeypatch, "plot_loss_curve")
    train(broken, resume=True, progress=quiet)
    one, two = weights(options.out), weights(broken.out)
    assert all((one[key] == two[key]).all() for key in one)
    steps = [row["step"] for row in metrics_file.read_rows(tmp_path / "broken/metrics.jsonl") if "validation" in row]
    assert steps == [2, 4, 6, 8]


@pytest.mark.slow
def test_interrupted_rename_is_repaired(scored, quiet, tmp_path):
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


@pytest.mark.slow
def test_missing_best_weights_are_reported_before_training(scored, quiet):
    train(scored, progress=quiet)
    shutil.rmtree(Path(scored.out) / "model")
    with pytest.raises(InputError, match=r"best-\d: is missing"):
        train(scored, resume=True, progress=quiet)


@pytest.mark.slow
def test_folder_of_a_run_killed_at_its_start_is_reused(small, quiet):
    Path(small.out).mkdir()
    (Path(small.out) / "run.toml.part").write_text("half", "utf-8")
    train(small, progress=quiet)
    assert weights(small.out) and not (Path(small.out) / "run.toml.part").exists()


def test_nothing_is_removed_from_a_foreign_folder(small, quiet):
    folder = Path(small.out)
    for name in ("model.part", ".tokens", "thesis.old"):
        (folder / name).mkdir(parents=True)
        (folder / name / "precious").write_text("x", "utf-8")
    with pytest.raises(InputError, match="is not a run folder"):
        train(small, progress=quiet)
    assert all((folder / name / "precious").is_file() for name in ("model.part", ".tokens", "thesis.old"))


@pytest.fixture(scope="module")
def half(data, tmp_path_factory, quiet) -> TrainingOptions:
    """The options of a run of two steps and two checkpoints, whose folder lacks its model once it is copied."""
    out = str(tmp_path_factory.mktemp("half") / "run")
    how = {"model": "tiny", "train_size": 8, "steps": 2, "save_every": 1, "batch_size": 4, "out": out}
    options = TrainingOptions(config="ner-lines-text-noinst", data=str(data), **how)
    train(options, progress=quiet)
    return options


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("custom_checkpoint_0.pkl", b"{", "cannot be resumed from"),
        ("optimizer.bin", b"no zip", "cannot be resumed from"),
        ("optimizer.bin", None, r"it lacks optimizer\*"),
        ("random_states_0.pkl", None, r"it lacks random_states\*"),
        ("random_states_0.pkl", b"no zip", "its random states cannot be read"),
        ("weights.safetensors", b"short", "cannot be resumed from"),
    ],
)
def test_unreadable_checkpoint_is_named(half, small, quiet, name, content, words):
    from dataclasses import replace

    shutil.copytree(half.out, small.out, ignore=shutil.ignore_patterns("model"))
    options = replace(half, out=small.out)
    path = Path(small.out) / "checkpoint-2" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"checkpoint-2: .*{words}.*Remove it: --resume uses the previous checkpoint"):
        train(options, resume=True, progress=quiet)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change, words",
    [
        (lambda held: held.pop("model.norm.weight"), "lacks the weight model.norm.weight"),
        (lambda held: held.update(extra=held["model.norm.weight"].clone()), "has the unknown weight extra"),
        (lambda held: held.update({"model.norm.weight": torch.ones(3)}), "has model.norm.weight of another shape"),
    ],
)
def test_incomplete_weights_are_not_restored(half, small, quiet, change, words):
    from dataclasses import replace

    shutil.copytree(half.out, small.out, ignore=shutil.ignore_patterns("model"))
    path = Path(small.out) / "checkpoint-2/weights.safetensors"
    held = load_file(path)
    change(held)
    save_file(held, path)
    with pytest.raises(InputError, match=f"checkpoint-2: .*{words}"):
        train(replace(half, out=small.out), resume=True, progress=quiet)


@pytest.mark.slow
def test_run_without_its_last_checkpoint_resumes_from_the_previous_one(half, small, quiet):
    from dataclasses import replace

    shutil.copytree(half.out, small.out, ignore=shutil.ignore_patterns("model"))
    shutil.rmtree(Path(small.out) / "checkpoint-2")
    train(replace(half, out=small.out), resume=True, progress=quiet)
    one, two = weights(half.out), weights(small.out)
    assert all((one[key] == two[key]).all() for key in one)


@pytest.mark.slow
def test_changed_data_prevent_resumption(small, quiet, tmp_path):
    from dataclasses import replace

    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.plan import bundled_plan, read_plan

    plan = read_plan(bundled_plan())
    plan = replace(plan, view=plan.view[:1], designs=("es",))
    copy = tmp_path / "data"
    build(plan, copy, workers=1, progress=quiet)
    options = replace(small, data=str(copy))
    train(options, progress=quiet)
    shutil.rmtree(Path(small.out) / "model")
    build(replace(plan, max_empty=0.0), copy, workers=1, progress=quiet)
    with pytest.raises(InputError, match="has changed since the run started"):
        train(options, resume=True, progress=quiet)
