"""Run a function over jobs as tasks of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any, TypeVar

from sde_datasets.errors import InputError, UsageError

Job = TypeVar("Job")
Result = TypeVar("Result")

# attempts after the first one, for a task whose worker or machine is lost
RETRIES = 2
# tasks that are submitted and not done; an autoscaler sees them, and the driver's memory does not grow with the jobs
IN_FLIGHT = 1_000


def connect(address: str | None = None) -> bool:
    """Connect to a Ray cluster; True if this call did it, False if there was a connection.

    address: of the cluster (`auto`, `ray://host:10001`); None for the running one or a new local one.
    Raises UsageError without Ray and for a cluster that cannot be reached.
    """
    if find_spec("ray") is None:
        raise UsageError("ray is not installed: pip install 'sde-datasets[ray]'")
    import ray

    if ray.is_initialized():
        return False
    try:
        ray.init(address=address, log_to_driver=False)
    except (ConnectionError, ValueError) as error:
        raise UsageError(f"no Ray cluster at {address!r}: {' '.join(str(error).split())[:200]}") from error
    return True


def ray_outcomes(
    function: Callable[[Job], Result], jobs: Sequence[Job], **options: Any
) -> Iterator[tuple[Job, Result | Exception]]:
    """Yield each job with the result of `function(job)` or the error of Ray, as the tasks end.

    options: of a task (`num_cpus`, `num_gpus`, `retry_exceptions`). A task whose worker is killed is run again.
    """
    import ray
    from ray.exceptions import RayError

    run = ray.remote(max_retries=RETRIES, **options)(function) if options else ray.remote(max_retries=RETRIES)(function)
    waiting = iter(jobs)
    running: dict[Any, Job] = {}
    while True:
        running |= {run.remote(job): job for job in islice(waiting, IN_FLIGHT - len(running))}
        if not running:
            return
        (done,), _ = ray.wait(list(running), num_returns=1)
        job = running.pop(done)
        try:
            yield job, ray.get(done)
        except RayError as error:
            yield job, error


def map_ray(
    function: Callable[[Job], Result], jobs: Sequence[Job], location: str, retry: tuple[type[Exception], ...] = ()
) -> Iterator[Result]:
    """Yield `function(job)` for each job, as the tasks end. After an OSError or one of `retry`, a task runs again.

    Raises what `function` raises, and InputError, naming `location`, for a worker that is killed each time.
    """
    for _, result in ray_outcomes(function, jobs, retry_exceptions=[OSError, *retry]):
        if not isinstance(result, Exception):
            yield result
        elif isinstance(cause := getattr(result, "cause", None), InputError | UsageError | OSError):
            raise cause
        else:
            problem = f"a worker of the cluster was lost ({' '.join(str(result).split())[:200]})"
            raise InputError(location, problem, "Complete shards are kept: run the same command again.")
