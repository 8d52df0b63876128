"""A function over jobs in processes: results in order, errors of jobs, and work in this process for one worker.

pytest tests/utils/test_processes.py
"""

from __future__ import annotations

import os

import pytest

from sde_datasets.errors import InputError
from sde_datasets.utils.processes import available_cores, map_processes


def square(number: int) -> tuple[int, int, str]:
    return number * number, os.getpid(), os.environ.get("SDE_TEST_SETUP", "")


def setup() -> None:
    os.environ["SDE_TEST_SETUP"] = "done"


def refuse(number: int) -> int:
    if number == 2:
        raise InputError(f"job {number}", "is wrong", "Correct it.")
    return number


def test_one_worker_or_one_job_runs_in_this_process():
    for jobs, workers in (([1, 2, 3], 1), ([3], 4)):
        results = list(map_processes(square, jobs, workers, setup))
        assert [result for result, _, _ in results] == [job * job for job in jobs]
        assert {(pid, environment) for _, pid, environment in results} == {(os.getpid(), "")}


def test_processes_are_set_up_and_results_are_in_order():
    results = list(map_processes(square, list(range(6)), 2, setup))
    assert [result for result, _, _ in results] == [0, 1, 4, 9, 16, 25]
    assert os.getpid() not in {pid for _, pid, _ in results}
    assert {environment for _, _, environment in results} == {"done"}


def test_the_error_of_a_job_reaches_the_caller():
    with pytest.raises(InputError, match=r"job 2: is wrong\. Correct it"):
        list(map_processes(refuse, [1, 2, 3], 2))


def test_there_is_at_least_one_core():
    assert available_cores() >= 1
