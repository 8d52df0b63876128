"""What the tests share: where the real corpora are, and how a builder is read."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from sde_datasets.builder import Job, find_builder, targets_of
from sde_datasets.records import Record, Reject
from sde_datasets.sources import Source
from sde_datasets.tasks import find_task

# two test processes share two cores: each, and each process that it starts, computes with one thread
os.environ.setdefault("OMP_NUM_THREADS", "1")
# a job in the background of a shell ignores Ctrl-C, and so would the processes that the tests interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora beside the checkout; the test is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real corpora (shared/data beside the checkout) are not here")
    return SHARED / "data"


@pytest.fixture(autouse=True)
def wide(monkeypatch) -> None:
    """Tables as wide as they are on a pipe, whatever the terminal of whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


def read(corpus: str, path: Path, subset: str = "", task: str | None = None, **options):
    """All that a builder gives: records, rejects and the job with its notes."""
    builder = find_builder(corpus)
    language = options.pop("language", builder.language)
    job = Job(Source(path), subset=subset, language=language, options=options)
    job.task = find_task(task or builder.task)
    job.schema = job.task.schema(options.get("targets") or targets_of(builder, job), language)
    given = list(builder.read(job))
    records = [item for item in given if isinstance(item, Record)]
    return records, [item for item in given if isinstance(item, Reject)], job
