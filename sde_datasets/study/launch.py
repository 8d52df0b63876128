"""Launchers: what runs the cells of a study. Each takes jobs in order and yields their outcomes as they end.

local   this process, or a pool of processes among which the cores are divided
ray     tasks of a Ray cluster that shares the study folder (cluster.py)
slurm   a job array of Slurm, through submitit (cluster.py)
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context

from sde_datasets.errors import InputError
from sde_datasets.study.execute import CellJob, failure_reason, run_cell
from sde_datasets.utils.library_warnings import hide_library_warnings
from sde_datasets.utils.memory import return_freed_memory
from sde_datasets.utils.processes import available_cores

KILLED = "its process was killed, perhaps because memory is short"
# keeps the models of a process of a pool until the process ends
_PROCESS = ExitStack()


@dataclass(frozen=True)
class Outcome:
    """The end of a job. reason: why it failed; empty for success."""

    job: CellJob
    seconds: float
    reason: str = ""


# closing it waits for the cells that are running
Outcomes = Generator[Outcome, None, None]
Launcher = Callable[[Sequence[CellJob]], Outcomes]


def attempt(job: CellJob) -> Outcome:
    """Run a cell and return its outcome; a failure is recorded in its folder. Raises InputError for a full disk."""
    begun, reason = time.monotonic(), ""
    try:
        run_cell(job)
    except Exception as error:
        if is_disk_full(error):
            hint = "Complete cells are kept: free some space and run the same command again."
            raise InputError(str(job.folder.path), "cannot be written: the disk is full", hint) from error
        reason = failure_reason(error)
        record_failure(job, reason)
    return_freed_memory()
    return Outcome(job, time.monotonic() - begun, reason)


def record_failure(job: CellJob, reason: str) -> None:
    """Record a failure in the folder of its cell. Raises InputError if that is not possible."""
    try:
        job.folder.write_failure(reason)
    except OSError as error:
        hint = "Complete cells are kept: run the same command again when the folder can be written."
        raise InputError(str(job.folder.path), f"cannot be written ({error.strerror})", hint) from error


def is_disk_full(error: BaseException | None) -> bool:
    """Return True if an error, or one that caused it, says that the disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


def local(jobs: Sequence[CellJob], workers: int = 1) -> Outcomes:
    """Run jobs in this process, or with several workers in a pool, and yield the outcomes as they end."""
    if workers == 1 or len(jobs) < 2:
        from sde_datasets.runs.shared_models import keep_models

        with keep_models():
            yield from map(attempt, jobs)
        return
    yield from _in_pool(jobs, min(workers, len(jobs)))


def _in_pool(jobs: Sequence[CellJob], workers: int) -> Outcomes:
    pending = deque(jobs)
    while pending:
        # a process that is killed takes the others of its pool with it, so each of their cells runs again by itself
        for job in (yield from _until_killed(pending, workers)):
            yield _alone(job, workers)


def _until_killed(pending: deque[CellJob], workers: int) -> Generator[Outcome, None, list[CellJob]]:
    """Run pending jobs in one pool until a process is killed. Returns the jobs that ran then."""
    running: dict[Future[Outcome], CellJob] = {}
    with _pool(workers) as pool:
        while pending or running:
            try:
                while pending and len(running) < workers:
                    running[pool.submit(attempt, pending[0])] = pending[0]
                    pending.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield future.result()
                    del running[future]
            except BrokenProcessPool:
                break
    # of the cells that end together with the process that is killed, some may be complete: they run again in no time
    return list(running.values())


def _alone(job: CellJob, workers: int) -> Outcome:
    """Run a job in a pool of one process, with the cores of one of several workers."""
    with _pool(1, share=workers) as pool:
        try:
            return pool.submit(attempt, job).result()
        except BrokenProcessPool:
            record_failure(job, KILLED)
            return Outcome(job, 0.0, KILLED)


def _pool(workers: int, share: int = 0) -> ProcessPoolExecutor:
    """Return a pool. share: the number of workers among which the cores are divided, if not those of the pool."""
    threads = max(1, available_cores() // (share or workers))
    # a forked copy of the threads of Arrow and PyTorch is not safe, so processes are spawned
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=start_process, initargs=(threads,))


def start_process(threads: int) -> None:
    """Prepare a new process: its share of the cores, and models that are kept until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # PyTorch reads these when it is imported
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)
    hide_library_warnings()
    keep_models_of_process()


def keep_models_of_process() -> None:
    """Keep base models and encoded samples until this process ends."""
    from sde_datasets.runs.shared_models import keep_models

    _PROCESS.enter_context(keep_models())
