"""Replace the annotations of a built folder, in the records of its views and in the samples of all their designs.

All files are written beside the folder's own ones and renamed at the end. A process that is killed before leaves the
folder as it was; one that is killed while it renames leaves a folder that the next build writes again.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from sde_datasets.building.pipeline import FEW_SAMPLES, disk_errors
from sde_datasets.building.shard_files import ShardFiles, prompt_affixes, shard_files
from sde_datasets.building.shards import count_characters, sample_key
from sde_datasets.card.writer import write_card_files
from sde_datasets.dataset.manifest import BUILD_AGAIN, WORK, FileEntry, Manifest, claim_folder
from sde_datasets.dataset.parquet import FileStamp, open_writer, row_groups
from sde_datasets.dataset.view_state import RecordShard, ViewState
from sde_datasets.designs.design import get_design
from sde_datasets.errors import InputError
from sde_datasets.records.columns import RECORD_SCHEMA, SAMPLE_SCHEMA
from sde_datasets.samples.render import completions, gold_answers
from sde_datasets.utils.files import sha256_of
from sde_datasets.utils.processes import map_processes
from sde_datasets.utils.progress import Progress

# changes the annotations of a row of records in place
Change = Callable[[dict[str, Any]], None]
# within the work folder: the files that replace those of the same path in the folder
_NEW = "rewritten"


def rewrite_annotations(
    folder: Path, manifest: Manifest, changes: Mapping[str, Change], workers: int, progress: Progress
) -> Manifest:
    """Apply a change to the annotations of each view that `changes` names; return the new, saved manifest.

    Raises InputError if files of the folder are missing or have other rows than their records.
    """
    new = folder / WORK / _NEW
    with disk_errors(folder):
        shutil.rmtree(new, ignore_errors=True)
        views = dict(manifest.views)
        for view, change in changes.items():
            views[view] = _with_new_records(folder, new, views[view], change)
        jobs = [RewriteJob(files, new) for files in shard_files(folder, manifest) if files.view in changes]
        samples = sum(views[view].record_count * len(views[view].designs) for view in changes)
        entries = dict(manifest.outputs)
        with progress.work("writing", len(jobs), "files of records"):
            for written in map_processes(rewrite_samples, jobs, workers if samples > FEW_SAMPLES else 1):
                entries |= {path: _entry(new, path, manifest.outputs[path]) for path in written}
                progress.advance(1)
        for view in changes:
            for _, shard in views[view].shards():
                entries[shard.path] = replace(entries[shard.path], size=shard.size, sha256=shard.sha256)
        return _replace_files(folder, new, replace(manifest, views=views, outputs=entries))


def _with_new_records(folder: Path, new: Path, state: ViewState, change: Change) -> ViewState:
    """Write the changed records of a view; return its state with them and with its counts of descriptions."""
    records: dict[str, tuple[RecordShard, ...]] = {}
    evidence: Counter[str] = Counter()
    for split, shards in state.records.items():
        written = []
        for shard in shards:
            path = new / shard.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with open_writer(path, RECORD_SCHEMA) as writer:
                for batch in row_groups(folder / shard.path):
                    rows = batch.to_pylist()
                    for row in rows:
                        change(row)
                        evidence.update(annotation["origin"] for annotation in row["annotations"])
                    writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=RECORD_SCHEMA))
                writer.add_key_value_metadata(FileStamp(state.spec).metadata())
            written.append(RecordShard(shard.path, shard.rows, path.stat().st_size, sha256_of(path)))
        records[split] = tuple(written)
    report = replace(state.report, evidence=evidence)
    return replace(state, records=records, report=report)


@dataclass(frozen=True)
class RewriteJob:
    """The samples of one shard of records, under all designs of one format. new: the folder of the new files."""

    files: ShardFiles
    new: Path


def rewrite_samples(job: RewriteJob) -> list[str]:
    """Write the samples of a job with the annotations of the new records and their completions; return the paths."""
    records = job.new / job.files.records
    sha256 = sha256_of(records)
    for name in job.files.designs:
        _rewrite_design(job, name, records, sha256)
    return list(job.files.designs.values())


def _rewrite_design(job: RewriteJob, name: str, records: Path, records_sha256: str) -> None:
    design, schema, old = get_design(name), job.files.schema, job.files.path(name)
    stamp, affixes = FileStamp.read(old), None
    path = job.new / job.files.designs[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    characters = 0
    with open_writer(path, SAMPLE_SCHEMA) as writer:
        for new, batch in _pairs(records, old):
            written = completions(gold_answers(new, schema, design.format), design, schema)
            affixes = affixes or prompt_affixes(
                batch.column("prompt")[0].as_py(), batch.column("source_text")[0].as_py(), design, schema
            )
            columns = {"completion": written, "annotations": new.column("annotations")}
            arrays = [columns.get(column, batch.column(column)) for column in SAMPLE_SCHEMA.names]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SAMPLE_SCHEMA))
            characters += count_characters(written)
        if stamp is None or affixes is None or affixes[0] is None:
            raise InputError(str(old), "is not a file that sde-datasets built", BUILD_AGAIN)
        key = sample_key(records_sha256, design, schema, affixes[0], affixes[1])
        writer.add_key_value_metadata(replace(stamp, key=key, completion_characters=characters).metadata())


def _pairs(records: Path, samples: Path) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Each row group of records with the row group of samples written from it. Raises InputError for other rows."""
    try:
        for new, batch in zip(row_groups(records), row_groups(samples), strict=True):
            if not new.column("id").equals(batch.column("id")):
                raise ValueError
            yield new, batch
    except ValueError as error:
        raise InputError(str(samples), "has other rows than the records", BUILD_AGAIN) from error


def _entry(new: Path, path: str, old: FileEntry) -> FileEntry:
    """The entry of a rewritten file of samples."""
    stamp = FileStamp.read(new / path)
    characters = stamp.completion_characters if stamp else None
    size, sha256 = (new / path).stat().st_size, sha256_of(new / path)
    return replace(old, size=size, sha256=sha256, completion_characters=characters)


def _replace_files(folder: Path, new: Path, manifest: Manifest) -> Manifest:
    """Move the new files into the folder, and write its card and its manifest."""
    claim_folder(folder)
    for path in sorted(new.rglob("*.parquet")):
        path.replace(folder / path.relative_to(new))
    manifest = write_card_files(folder, manifest)
    manifest.save(folder)
    shutil.rmtree(folder / WORK)
    return manifest
