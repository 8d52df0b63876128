"""Map a function over jobs in a pool of processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def map_processes(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int = 0, setup: Callable[[], None] | None = None
) -> Iterator[Result]:
    """Yield `function(job)` for each job, in the order of the jobs.

    workers: the number of processes; 0 uses every available core. With 1, or a single job, everything runs in this
    process. setup: a function without arguments that each new process calls first; it is not called in this process.
    function and setup must be importable from their module. Raises what `function` raises, and BrokenProcessPool if a
    process is killed; the remaining jobs are cancelled.
    """
    workers = workers or available_cores()
    if workers == 1 or len(jobs) < 2:
        yield from map(function, jobs)
        return
    # a forked copy of Arrow's threads is not safe, so processes are spawned
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(setup,))
    try:
        yield from pool.map(function, jobs)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def available_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(setup: Callable[[], None] | None) -> None:
    """Prepare a new process: Ctrl-C ends it at once and without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if setup is not None:
        setup()
