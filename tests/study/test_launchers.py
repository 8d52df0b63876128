"""Launchers: a pool of processes, Ray, and a job array; a worker that is killed loses nothing.

pytest tests/study/test_launchers.py
"""

from __future__ import annotations

import os
import signal
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from sde_datasets.errors import UsageError
from sde_datasets.study.api import list_cells
from sde_datasets.study.cluster import array_script, parse_options, ray_launcher, slurm_launcher
from sde_datasets.study.execute import CellJob
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.launch import KILLED, Outcome, local, start_process
from tests.study.plans import small_plan


class KillingFolder:
    """The folder of a cell that kills its process when the cell begins: each time, or the first time only."""

    def __init__(self, folder, once: Path | None = None) -> None:
        self._folder, self._once = folder, once

    def locked(self):
        if self._once is None or not self._once.exists():
            if self._once is not None:
                self._once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self._folder.locked()

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._folder, name)


@pytest.fixture
def jobs(tmp_path, data, models, quiet) -> list[CellJob]:
    plan = small_plan(data, models, views=(("ner",),), seeds=(1,))
    study = list_cells(plan, StudyFolder(tmp_path / "study"), quiet)
    return [CellJob(cell, study.folder.cell(cell), study.data) for cell in study.missing]


def ends(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.job.cell.design: outcome.reason for outcome in outcomes}


COMPLETE = {"lines-text-noinst": "", "json-text-noinst": ""}


@pytest.mark.slow
def test_a_cell_that_kills_its_process_is_recorded_and_the_rest_is_complete(jobs):
    first, second = jobs
    outcomes = list(local([replace(first, folder=KillingFolder(first.folder)), second], 2))
    assert ends(outcomes) == {first.cell.design: KILLED, second.cell.design: ""}
    assert first.folder.failure() == KILLED and second.folder.is_complete(second.cell)


def modules_that_warn(*modules: str) -> list[str]:
    with warnings.catch_warnings(record=True) as shown:
        for name in modules:
            warnings.warn_explicit(name, FutureWarning, f"{name}.py", 1, module=name)
    return [str(one.message) for one in shown]


def test_a_process_of_the_pool_hides_warnings_of_libraries(monkeypatch):
    # pytest passes -W on to the processes that it starts, and they would then show all
    monkeypatch.setattr("sys.warnoptions", [])
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=start_process, initargs=(1,)) as pool:
        assert pool.submit(modules_that_warn, "transformers.modeling_utils", "own_code").result() == ["own_code"]


@pytest.mark.slow
def test_a_job_array_runs_the_cells(jobs, tmp_path):
    pytest.importorskip("submitit")
    outcomes = list(slurm_launcher(jobs, {"cluster": "local", "timeout_min": 5}, tmp_path / "logs"))
    assert ends(outcomes) == COMPLETE and all(job.folder.is_complete(job.cell) for job in jobs)


@pytest.mark.slow
def test_a_task_of_ray_whose_worker_is_killed_runs_again(jobs, tmp_path):
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        first, second = jobs
        killing = replace(first, folder=KillingFolder(first.folder, tmp_path / "killed"))
        outcomes = list(ray_launcher([killing, second], {}))
    finally:
        ray.shutdown()
    assert ends(outcomes) == COMPLETE and (tmp_path / "killed").exists()


def test_the_array_has_a_task_for_each_cell():
    script = array_script(
        12, Path("study"), {"slurm_partition": "gpu", "slurm_array_parallelism": 4, "timeout_min": 60}
    )
    assert "#SBATCH --array=0-11%4" in script and "#SBATCH --partition=gpu" in script and "--time=60" in script


def test_launcher_options_are_keys_with_values():
    assert parse_options(["slurm_partition=gpu", "timeout_min=60"]) == {"slurm_partition": "gpu", "timeout_min": 60}
    with pytest.raises(UsageError, match="give KEY=VALUE"):
        parse_options(["gpu"])


def test_an_unknown_option_of_ray_is_refused():
    pytest.importorskip("ray")
    with pytest.raises(UsageError, match="unknown option 'gpus' of ray"):
        next(partial(ray_launcher, [], {"gpus": 1})())
