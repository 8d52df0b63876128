"""Tasks of a cluster: the samples of one shard of records under all designs, and the receipt of what was written.

The names and bytes of all files follow from the records, so a task may fail, run twice or run on two machines at once.
The receipt is written last; a build that starts again submits only the tasks without one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from sde_datasets.building.shards import Output, ShardJob, write_shards
from sde_datasets.building.store import Store, get_text, put_text
from sde_datasets.dataset.manifest import WORK, FileEntry
from sde_datasets.dataset.parquet import FileStamp
from sde_datasets.designs.design import get_design
from sde_datasets.errors import InputError
from sde_datasets.utils.files import sha256_of

RECEIPTS = f"{WORK}/receipts"


@dataclass(frozen=True)
class ShardTask:
    """All designs of one shard of records: a job for each format. records: its path within the store."""

    store: Store
    records: str
    jobs: tuple[ShardJob, ...]

    @property
    def receipt(self) -> str:
        """The path of the receipt within the store."""
        return f"{RECEIPTS}/{self.jobs[0].view}-{self.jobs[0].shard}.json"

    @property
    def key(self) -> str:
        """A digest of what all files are made from."""
        keys = {job.path(name): job.key(get_design(name)) for job in self.jobs for name in job.designs}
        return hashlib.sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """What a task wrote or kept. key: the key of the task."""

    key: str
    outputs: tuple[Output, ...]

    @classmethod
    def from_json(cls, text: str) -> Receipt:
        """The receipt that `to_json` wrote."""
        values = json.loads(text)
        outputs = (Output(path, FileEntry.from_dict(entry), True) for path, entry in values["outputs"].items())
        return cls(values["key"], tuple(outputs))

    def to_json(self) -> str:
        """The receipt as JSON: rows, bytes and sha256 of each file."""
        return json.dumps({"key": self.key, "outputs": {o.path: o.entry.to_dict() for o in self.outputs}}) + "\n"

    def holds(self, task: ShardTask, sizes: Mapping[str, int]) -> bool:
        """True if it is of this task, and all its files are in the store."""
        return self.key == task.key and all(sizes.get(o.path) == o.entry.size for o in self.outputs)


def shard_tasks(store: Store, folder: Path, jobs: Iterable[ShardJob]) -> list[ShardTask]:
    """A task for each shard of records. folder: the one that the jobs name."""
    return [
        ShardTask(store, records.relative_to(folder).as_posix(), tuple(group))
        for records, group in groupby(jobs, key=lambda job: job.records)
    ]


def receipts(tasks: Iterable[ShardTask], store: Store) -> dict[str, Receipt]:
    """The receipts of tasks that an earlier, unfinished build completed, by their path."""
    present, sizes = store.sizes(RECEIPTS), store.sizes("data")
    known = {task.receipt: task for task in tasks if task.receipt in present}
    found = {path: Receipt.from_json(get_text(store, path)) for path in known}
    return {path: receipt for path, receipt in found.items() if receipt.holds(known[path], sizes)}


def run_task(task: ShardTask) -> Receipt:
    """Write the files of a task that are missing or outdated, then its receipt.

    Raises InputError if the records are not those of the build.
    """
    with task.store.work_folder() as folder:
        records = task.store.fetch(task.records, folder)
        if sha256_of(records) != task.jobs[0].records_sha256:
            raise InputError(f"{task.store.address}/{task.records}", "was changed during the build", "Build again.")
        outputs = tuple(output for job in task.jobs for output in _run_job(task.store, job, folder, records))
    receipt = Receipt(task.key, outputs)
    put_text(task.store, task.receipt, receipt.to_json())
    return receipt


def _run_job(store: Store, job: ShardJob, folder: Path, records: Path) -> list[Output]:
    """Keep the files of one format that are current; write the others in `folder` and put them into the store."""
    kept = {name: entry for name in job.designs if (entry := _kept(store, job, name))}
    missing = tuple(name for name in job.designs if name not in kept)
    written = {}
    if missing:
        parts = folder / "parts"
        parts.mkdir(exist_ok=True)
        local = replace(job, folder=folder, temporary=parts, records=records, designs=missing, known={})
        for name, output in zip(missing, write_shards(local), strict=True):
            store.put(folder / output.path, output.path)
            written[name] = output.entry
    return [Output(job.path(name), (kept | written)[name], name in written) for name in job.designs]


def _kept(store: Store, job: ShardJob, design: str) -> FileEntry | None:
    """The entry of a file that an earlier build wrote from the same; None if it must be written."""
    path = job.path(design)
    if path not in job.known or not store.is_unchanged(path, job.known[path]):
        return None
    with store.open(path) as stream:
        stamp = FileStamp.read(stream)
        size = stream.seek(0, 2)
    if stamp is None or stamp.rows is None or stamp.key != job.key(get_design(design)):
        return None
    counts: dict[str, Any] = {name: value for name, value in vars(stamp).items() if name != "key"}
    return FileEntry(size, job.known[path], f"{job.view}-{design}", job.split, **counts)
