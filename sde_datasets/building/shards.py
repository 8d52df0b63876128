"""Write the samples of one shard of records: one Parquet file for each design.

A job takes all designs of one format, so that the answers are converted from Arrow once and each distinct completion is
written once. Jobs are independent: they run in one process or in many. A file is written under a temporary name and
renamed when it is complete, and its footer holds a key of what it was made from, so that a later build skips it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets import __version__
from sde_datasets.dataset.manifest import FileEntry
from sde_datasets.dataset.parquet import FileStamp, open_writer, row_groups
from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import InputError
from sde_datasets.records.columns import SAMPLE_SCHEMA, schema_text
from sde_datasets.records.schema import Schema
from sde_datasets.samples.prompts import task_template
from sde_datasets.samples.render import completions, gold_answers, sample_batch
from sde_datasets.tasks.task import Task
from sde_datasets.utils.files import sha256_of


class Output(NamedTuple):
    """A file of samples: its path within the folder, its entry in the manifest, and whether it was written just now."""

    path: str
    entry: FileEntry
    written: bool


@dataclass(frozen=True)
class ShardJob:
    """All designs of one format for one shard of records.

    folder: the dataset folder; temporary: where incomplete files are written. shard: the name of the shard, such as
    `train-00000-of-00001`. known: the sha256 that an earlier build noted for a path; a file with another one is written
    again.
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
    known: Mapping[str, str] = field(default_factory=dict)

    def path(self, design: str) -> str:
        """The path of the shard of a design within the folder."""
        return f"data/{self.view}-{design}/{self.shard}.parquet"

    def key(self, design: Design) -> str:
        """A digest of everything that a file is made from: the same key, the same bytes."""
        template = task_template(self.task, self.schema, design)
        return sample_key(self.records_sha256, design, self.schema, template.prefix, template.suffix)


def sample_key(records_sha256: str, design: Design, schema: Schema, prefix: str, suffix: str) -> str:
    """The key of a file of samples. records_sha256: of its shard of records. prefix, suffix: of its prompts."""
    made_from = [__version__, pa.__version__, schema_text(SAMPLE_SCHEMA), records_sha256]
    made_from += [design.name, schema.to_json(), prefix, suffix]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


@dataclass
class _Counts:
    """The rows and characters of a file while it is written."""

    rows: int = 0
    prompt_characters: int = 0
    completion_characters: int = 0


def write_shards(job: ShardJob) -> list[Output]:
    """Write the files of a job that are missing or outdated; return all of them, in the order of the designs."""
    designs = [get_design(name) for name in job.designs]
    missing = [design for design in designs if not _is_current(job, design)]
    if missing:
        _write(job, missing)
    return [_output(job, design, design in missing) for design in designs]


def _is_current(job: ShardJob, design: Design) -> bool:
    """True if the file of a design exists, unchanged, and was made from the same."""
    path = job.path(design.name)
    stamp = FileStamp.read(job.folder / path)
    if stamp is None or stamp.key != job.key(design):
        return False
    return path not in job.known or sha256_of(job.folder / path) == job.known[path]


def _output(job: ShardJob, design: Design, written: bool) -> Output:
    path = job.folder / job.path(design.name)
    stamp = FileStamp.read(path)
    if stamp is None or stamp.rows is None:
        raise InputError(str(path), "was changed during the build", "Run the same command again.")
    entry = FileEntry(
        size=path.stat().st_size,
        sha256=sha256_of(path),
        config=f"{job.view}-{design.name}",
        split=job.split,
        rows=stamp.rows,
        prompt_characters=stamp.prompt_characters,
        completion_characters=stamp.completion_characters,
    )
    return Output(job.path(design.name), entry, written)


def _write(job: ShardJob, designs: list[Design]) -> None:
    """Write one file for each design, batch by batch, then rename all of them to their final paths."""
    parts = {design: job.temporary / f"{job.view}-{design.name}-{job.shard}.parquet" for design in designs}
    counts = {design: _Counts() for design in designs}
    with ExitStack() as stack:
        writers = {design: stack.enter_context(open_writer(path, SAMPLE_SCHEMA)) for design, path in parts.items()}
        for batch in row_groups(job.records):
            for design, rows, characters in _samples(job, designs, batch):
                writers[design].write_batch(rows)
                counts[design].rows += len(rows)
                counts[design].prompt_characters += characters[0]
                counts[design].completion_characters += characters[1]
        for design, writer in writers.items():
            writer.add_key_value_metadata(FileStamp(job.key(design), **vars(counts[design])).metadata())
    for design, part in parts.items():
        path = job.folder / job.path(design.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)


def _samples(
    job: ShardJob, designs: list[Design], batch: pa.RecordBatch
) -> Iterator[tuple[Design, pa.RecordBatch, tuple[int, int]]]:
    """The samples of a batch under each design, with the characters of its prompts and of its completions."""
    with_descriptions = any(design.reasoning != "none" for design in designs)
    gold = gold_answers(batch, job.schema, designs[0].format, with_descriptions)
    text_characters = count_characters(batch.column("text"))
    for answer, group in groupby(sorted(designs, key=lambda d: d.answer), key=lambda d: d.answer):
        written = completions(gold, answer, job.schema)
        completion_characters = count_characters(written)
        for design in group:
            template = task_template(job.task, job.schema, design)
            constant = len(template.prompt(""))
            rows = sample_batch(batch, design, template, written)
            yield design, rows, (constant * len(batch) + text_characters, completion_characters)


def count_characters(texts: pa.Array) -> int:
    """The characters of all texts together."""
    return pc.sum(pc.utf8_length(texts)).as_py() or 0
