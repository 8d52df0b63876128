"""Launchers for machines that share the study folder: a Ray cluster, and a job array of Slurm through submitit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sde_datasets.errors import UsageError
from sde_datasets.study.execute import CellJob
from sde_datasets.study.launch import KILLED, Outcome, Outcomes, attempt, keep_models_of_process, record_failure
from sde_datasets.utils.ray_tasks import connect, ray_outcomes

_RAY = ("address", "num_cpus", "num_gpus")


def parse_options(words: Sequence[str]) -> dict[str, Any]:
    """Return launcher options from `KEY=VALUE`; whole numbers are numbers. Raises UsageError."""
    options: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"--launcher-option {word}: give KEY=VALUE, such as slurm_partition=gpu")
        options[key] = int(value) if value.isdigit() else value
    return options


def attempt_in_worker(job: CellJob) -> Outcome:
    """Run a cell in a process that runs others after it, and keeps their base model."""
    keep_models_of_process()
    return attempt(job)


def ray_launcher(jobs: Sequence[CellJob], options: Mapping[str, Any]) -> Outcomes:
    """Run each cell as a task of Ray; yield the outcomes as they end. A task whose worker is killed is run again.

    options: `address` of a cluster, by default the running one or a new local one; `num_cpus` and `num_gpus` of a task.
    Raises UsageError without Ray, and for an unknown option.
    """
    if unknown := [key for key in options if key not in _RAY]:
        raise UsageError(f"unknown option {unknown[0]!r} of ray; known: {', '.join(_RAY)}")
    connect(options.get("address"))
    resources = {key: options[key] for key in ("num_cpus", "num_gpus") if key in options}
    for job, outcome in ray_outcomes(attempt_in_worker, jobs, **resources):
        if isinstance(outcome, Outcome):
            yield outcome
        else:
            record_failure(job, KILLED)
            yield Outcome(job, 0.0, KILLED)


def slurm_launcher(jobs: Sequence[CellJob], options: Mapping[str, Any], logs: Path) -> Outcomes:
    """Submit a job array with a cell for each job; yield the outcomes as they end.

    options: parameters of submitit (`timeout_min`, `slurm_partition`, ...), and `cluster`: `slurm`, or `local` for
    processes of this machine. logs: the folder of the jobs' output, which all machines share.
    Raises UsageError without submitit or without Slurm.
    """
    if find_spec("submitit") is None:
        raise UsageError("submitit is not installed: pip install 'sde-datasets[slurm]'")
    import submitit
    from submitit.core.utils import UncompletedJobError
    from submitit.helpers import as_completed

    parameters = {"name": "sde-study", **options}
    cluster = parameters.pop("cluster", "slurm")
    try:
        executor = submitit.AutoExecutor(folder=logs, cluster=cluster)
        executor.update_parameters(**parameters)
    except (RuntimeError, NameError, TypeError, ValueError) as error:
        raise UsageError(f"--launcher slurm: {' '.join(str(error).split())}") from error
    submitted = {job.job_id: (job, cell) for job, cell in zip(executor.map_array(attempt, jobs), jobs, strict=True)}
    for done in as_completed([job for job, _ in submitted.values()]):
        cell = submitted[done.job_id][1]
        try:
            yield done.result()
        except UncompletedJobError as error:
            reason = f"{KILLED}: {' '.join(str(error).split())[:200]}"
            record_failure(cell, reason)
            yield Outcome(cell, 0.0, reason)


def array_script(count: int, out: Path, options: Mapping[str, Any]) -> str:
    """Return the header of the job array as Slurm gets it, and what each of its tasks runs."""
    names = {"timeout_min": "time", "cpus_per_task": "cpus-per-task", "gpus_per_node": "gpus-per-node"}
    limit = options.get("slurm_array_parallelism")
    lines = ["#!/bin/bash", "#SBATCH --job-name=sde-study"]
    lines.append(f"#SBATCH --array=0-{count - 1}" + (f"%{limit}" if limit else ""))
    lines.append(f"#SBATCH --output={out / 'logs' / '%A_%a_log.out'}")
    for key, value in sorted(options.items()):
        if key not in ("cluster", "slurm_array_parallelism"):
            name = names.get(key, key.removeprefix("slurm_").replace("_", "-"))
            lines.append(f"#SBATCH --{name}={value}")
    return "\n".join([*lines, "# submitit runs the cell with the number of the task, in the order above"])
