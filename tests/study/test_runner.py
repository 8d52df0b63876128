"""Studies are run: nothing twice, failures are recorded, and every cell gives the bits of a process of its own.

pytest tests/study/test_runner.py
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sde_datasets.errors import InputError
from sde_datasets.runs.loading import load_tokenizer, make_encoder
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.samples import Split
from sde_datasets.runs.shared_models import keep_models
from sde_datasets.study.api import list_cells, run_study
from sde_datasets.study.execute import CellJob, training_options
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.launch import Outcome, is_disk_full
from sde_datasets.study.plan import plan_toml
from sde_datasets.study.results import read_results
from sde_datasets.training.loop import train
from tests import forked
from tests.study.plans import small_plan


@pytest.fixture
def study(finished, tmp_path) -> Path:
    """A copy of the complete study."""
    return Path(shutil.copytree(finished, tmp_path / "study"))


def refuse(jobs):
    """A launcher that must not get any job."""
    assert not jobs, [job.cell.name for job in jobs]
    yield from ()


def collect(into: list):
    """A launcher that runs nothing and notes the jobs."""

    def launch(jobs):
        for job in jobs:
            into.append(job)
            yield Outcome(job, 0.0, "not run")

    return launch


def test_a_complete_study_has_a_row_for_each_cell_and_evaluation(finished):
    results, samples = read_results(StudyFolder(finished))
    assert len(results) == 8 and results["failure"].null_count() == 8
    assert results["samples"].to_list() == [3] * 8 and len(samples) == 24
    assert {"kappa", "f1"} == set(results["score_name"])


def test_nothing_runs_twice(study, data, models, quiet):
    before = read_results(StudyFolder(study))
    run_study(small_plan(data, models), study, quiet, launcher=refuse)
    assert all(new.equals(old) for new, old in zip(read_results(StudyFolder(study)), before, strict=True))


def test_a_further_seed_runs_only_its_cells(study, data, models, quiet):
    jobs: list = []
    run_study(small_plan(data, models, seeds=(1, 2, 3)), study, quiet, launcher=collect(jobs))
    assert [job.cell.seed for job in jobs] == [3, 3, 3, 3]


def test_a_further_evaluation_trains_nothing_again(study, data, models, quiet):
    plan = small_plan(
        data, models, views=(("ner",),), designs=(), seeds=(1,), trained=("sampled",), decoding_seeds=(7,)
    )
    (before,) = (study / "cells").glob("ner-lines-text-noinst-4-s1-*/training.json")
    stamp = before.stat().st_mtime_ns
    results = run_study(plan, study, quiet)
    assert results["label"].to_list() == ["sampled7"] and before.stat().st_mtime_ns == stamp


def test_a_cell_that_fails_is_recorded_and_the_rest_goes_on(tmp_path, data, models, quiet):
    broken = tmp_path / "broken"
    shutil.copytree(models / "llama", broken)
    (broken / "model.safetensors").write_bytes(b"no weights")
    names = (str(broken), str(models / "llama"))
    plan = replace(small_plan(data, models, views=(("ner",),), designs=(), seeds=(1,)), models=names)
    results = run_study(plan, tmp_path / "study", quiet)
    failed, complete = results.filter(pl.col("failure").is_not_null()), results.filter(pl.col("failure").is_null())
    assert "no model can be loaded" in failed["failure"][0] and complete["model"].to_list() == ["llama"]
    assert str(tmp_path) not in failed["failure"][0]


def test_a_cell_that_failed_is_tried_again_after_the_others(study, data, models, quiet):
    plan = small_plan(data, models, seeds=(1, 2, 3))
    run_study(plan, study, quiet, launcher=collect([]))
    folder = StudyFolder(study)
    first = list_cells(plan, folder, quiet).missing[0]
    folder.cell(first).write_failure("memory")
    assert list_cells(plan, folder, quiet).missing[-1] == first


def test_a_study_folder_is_used_by_one_process(study, data, models, quiet):
    with StudyFolder(study).locked(), pytest.raises(InputError, match="is in use by another process"):
        run_study(small_plan(data, models), study, quiet)


def test_a_folder_with_other_files_is_refused(tmp_path, data, models, quiet):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="is not a study folder"):
        run_study(small_plan(data, models), tmp_path, quiet)


def test_results_of_another_version_are_refused(study, data, models, quiet):
    about = next((study / "cells").glob("*/cell.json"))
    about.write_text(json.dumps(json.loads(about.read_text()) | {"format": 0}))
    with pytest.raises(InputError, match="has the format 0, not 1"):
        run_study(small_plan(data, models), study, quiet)


def test_a_full_disk_is_recognized_behind_other_errors():
    error = InputError("a", "cannot be written")
    error.__cause__ = OSError(28, "No space left on device")
    assert is_disk_full(error) and not is_disk_full(InputError("a", "is bad"))


def weights(run: Path) -> bytes:
    return (run / "model" / "adapter_model.safetensors").read_bytes()


def test_a_cell_after_others_has_the_weights_of_a_new_process(finished, tmp_path, data, models, quiet):
    plan = small_plan(data, models)
    folder = StudyFolder(finished)
    # the last cell that ran in the process of the study
    cell = list_cells(plan, folder, quiet).cells[-1]
    job = CellJob(cell, folder.cell(cell), list_cells(plan, folder, quiet).data)
    options = training_options(job)
    words = ["train", options.config, "--data", options.data, "--model", options.model, "--seed", options.seed]
    words += ["--train-size", 4, "--steps", 1, "--max-length", 512, "--order", "text", "--out", tmp_path / "alone"]
    process = forked.command([*words, "--quiet"], tmp_path / "output")
    process.start()
    process.join()
    assert weights(tmp_path / "alone") == weights(folder.cell(cell).run)


def test_full_training_leaves_the_kept_weights_unchanged(tmp_path, data, models, quiet):
    def run(name: str, **changes) -> Path:
        options = TrainingOptions(
            "ner-lines-text-noinst", data=str(data), model=str(models / "llama"), steps=1, **changes
        )
        return train(replace(options, train_size=4, out=str(tmp_path / name)), progress=quiet).path

    with keep_models():
        first = run("first")
        run("full", full=True, learning_rate=0.1)
        assert weights(run("again")) == weights(first)


def test_samples_are_encoded_once_for_runs_that_share_them(data, models):
    options = TrainingOptions("ner-lines-text-noinst", data=str(data), model=str(models / "llama"))
    split = Split.open(str(data), options.config, "train")
    tokenizer = load_tokenizer(options.model, None, None)
    with keep_models():
        first, again = (make_encoder(tokenizer, split.template, options, 512, None) for _ in range(2))
        assert first.encode_sample("a text", "x") is again.encode_sample("a text", "x")


def test_the_order_of_samples_is_the_same_under_all_designs(tmp_path, data, models, quiet):
    from sde_datasets.runs.run_folder import RunFolder
    from sde_datasets.training.sampler import LengthGroupedSampler
    from sde_datasets.training.setup import prepare

    orders = []
    for design in ("lines-text-noinst", "json-text-cot-noinst"):
        folder = RunFolder(tmp_path / design)
        options = TrainingOptions(
            f"mabsa-{design}",
            data=str(data),
            model=str(models / "llama"),
            train_size=20,
            order="text",
            out=str(folder.path),
        ).resolved()
        folder.path.mkdir()
        dataset = prepare(folder, options, False, quiet).dataset
        rows = LengthGroupedSampler(dataset.text_lengths, 4, 1).rows(0)
        orders.append(np.array(dataset.names)[rows].tolist())
    assert orders[0] == orders[1]


@pytest.mark.slow
def test_a_study_that_is_killed_in_a_cell_continues_and_counts_nothing_twice(tmp_path, data, models, quiet):
    plan = small_plan(data, models, views=(("ner",),), seeds=(1,), training={"steps": 30, "max_length": 512})
    path, out = tmp_path / "plan.toml", tmp_path / "study"
    path.write_text(plan_toml(plan), "utf-8")
    process = forked.command(["study", path, "--out", out, "--quiet"], tmp_path / "output")
    process.start()
    until = time.monotonic() + 120
    # the second cell has begun to train, so the first one is complete
    while len(list(out.glob("cells/*/run/metrics.jsonl"))) < 2 and process.is_alive() and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    jobs: list = []
    run_study(plan, out, quiet, launcher=collect(jobs))
    assert [job.cell.design for job in jobs] == ["json-text-noinst"]
    results = run_study(plan, out, quiet)
    assert (
        results["arm"].to_list() == ["lines-text-noinst", "json-text-noinst"] and results["failure"].null_count() == 2
    )
