"""Writing the grid: one shard of a view's records becomes one shard of each of its designs.

A job takes all designs of one format, so that the answers are taken from Arrow once and each distinct completion is
written once. Jobs know nothing of each other: they run in one process or in many. A file is written beside and renamed
when it is whole, and its footer says what it was made from, so a second build sees what it need not do again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets import __version__
from sde_datasets.arrow import SAMPLE_SCHEMA
from sde_datasets.designs import Design, find_design
from sde_datasets.parquet import row_groups, stamp, stamped, writer_for
from sde_datasets.prompts import around
from sde_datasets.samples import answers, completions, sample_batch
from sde_datasets.schemas import Schema
from sde_datasets.sources import sha256_of
from sde_datasets.tasks import Task


class Output(NamedTuple):
    """One written file: its path within the folder, what it holds and what it weighs.

    characters: of all prompts and completions together, for the catalogue. fresh: written now, not found whole.
    """

    path: str
    config: str
    split: str
    rows: int
    bytes: int
    sha256: str
    prompt_characters: int
    completion_characters: int
    fresh: bool


@dataclass(frozen=True)
class ShardJob:
    """All designs of one format for one shard of records. `shard` names it: `train-00000-of-00001`.

    known: the sha256 that an earlier build noted for a path; a file that differs from it is written again.
    """

    folder: Path
    temporary: Path
    view: str
    schema: Schema
    task: Task
    split: str
    shard: str
    records: Path
    records_sha256: str
    designs: tuple[str, ...]
    known: Mapping[str, str]

    def path(self, design: str) -> str:
        """Where the shard of a design stands within the folder."""
        return f"data/{self.view}-{design}/{self.shard}.parquet"

    def key(self, design: Design) -> str:
        """What a file is made from: the same key, the same bytes."""
        made_from = [__version__, pa.__version__, self.records_sha256, design.name, self.schema.to_json()]
        made_from += around(self.task.wordings[self.schema.language], self.schema, design)
        return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


def run(job: ShardJob) -> list[Output]:
    """Write the files of a job that are not there yet; all of them, in the order of the job's designs."""
    designs = [find_design(name) for name in job.designs]
    missing = [design for design in designs if not _is_whole(job, design)]
    if missing:
        _write(job, missing)
    fresh = {design.name for design in missing}
    return [_output(job, design, design.name in fresh) for design in designs]


def _is_whole(job: ShardJob, design: Design) -> bool:
    path = job.path(design.name)
    found = stamp(job.folder / path)
    if found is None or found["key"] != job.key(design):
        return False
    return path not in job.known or sha256_of(job.folder / path) == job.known[path]


def _output(job: ShardJob, design: Design, fresh: bool) -> Output:
    path = job.folder / job.path(design.name)
    found = stamp(path)
    return Output(
        path=job.path(design.name),
        config=f"{job.view}-{design.name}",
        split=job.split,
        rows=found["rows"],
        bytes=path.stat().st_size,
        sha256=sha256_of(path),
        prompt_characters=found["prompt_characters"],
        completion_characters=found["completion_characters"],
        fresh=fresh,
    )


def _write(job: ShardJob, designs: list[Design]) -> None:
    """Write one file for each design, batch by batch, then rename all into place."""
    beside = {design: job.temporary / f"{job.view}-{design.name}-{job.shard}.parquet" for design in designs}
    counts = {design: {"rows": 0, "prompt_characters": 0, "completion_characters": 0} for design in designs}
    with ExitStack() as stack:
        writers = {design: stack.enter_context(writer_for(path, SAMPLE_SCHEMA)) for design, path in beside.items()}
        for batch in row_groups(job.records):
            for design, rows, characters in _samples(job, designs, batch):
                writers[design].write_batch(rows)
                counts[design]["rows"] += len(rows)
                counts[design]["prompt_characters"] += characters[0]
                counts[design]["completion_characters"] += characters[1]
        for design, writer in writers.items():
            writer.add_key_value_metadata(stamped({"key": job.key(design), **counts[design]}))
    for design, path in beside.items():
        target = job.folder / job.path(design.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _samples(
    job: ShardJob, designs: list[Design], batch: pa.RecordBatch
) -> Iterator[tuple[Design, pa.RecordBatch, tuple[int, int]]]:
    """The samples of a batch under each design, with the characters of its prompts and completions."""
    described = any(design.reasoning != "none" for design in designs)
    said = answers(batch.column("annotations"), job.schema, designs[0].format, described)
    text_characters = _characters(batch.column("text"))
    for answer, group in groupby(sorted(designs, key=lambda d: d.answer), key=lambda d: d.answer):
        written = completions(said, answer, job.schema)
        completion_characters = _characters(written)
        for design in group:
            constant = len("".join(around(job.task.wordings[job.schema.language], job.schema, design)))
            rows = sample_batch(batch, design, job.schema, job.task, written)
            yield design, rows, (constant * len(batch) + text_characters, completion_characters)


def _characters(texts: pa.Array) -> int:
    return pc.sum(pc.utf8_length(texts)).as_py() or 0
