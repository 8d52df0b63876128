"""A dataset folder from the records of another one: with other splits, and with designs that are added as needed.

`choose` uses it: its folder has no test split, a validation split in any case, and the designs that it has tried. Such
a folder has a manifest and can be trained on; it has no card, because it is not published.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from sde_datasets.building.pipeline import shard_jobs
from sde_datasets.building.shards import write_shards
from sde_datasets.dataset.manifest import BUILD_AGAIN, WORK, FileEntry, Manifest
from sde_datasets.dataset.parquet import FileStamp, open_writer, row_groups
from sde_datasets.dataset.view_state import RecordShard, ViewState
from sde_datasets.designs.design import EVERY
from sde_datasets.errors import InputError
from sde_datasets.records.columns import RECORD_SCHEMA
from sde_datasets.records.record import SPLITS
from sde_datasets.tasks.task import Task, get_task, task_names
from sde_datasets.utils.files import atomic_file, sha256_of


@dataclass(frozen=True)
class DerivedView:
    """A view of the new folder.

    read: the splits of the source whose records it has; files of others are not opened. split_of: the new split of a
    record, from its split and its document (its id where there is none). rule: a sentence on how records
    got their splits.
    """

    name: str
    read: tuple[str, ...]
    split_of: Callable[[str, str], str]
    rule: str


def task_of_view(folder: Path, manifest: Manifest, view: str) -> Task:
    """Return the task of a view of a built folder, with the definitions of its plan.

    Raises InputError for a task of the user's own, whose file the folder does not have.
    """
    state = manifest.views[view]
    if state.task not in task_names():
        problem = f"has the task {state.task!r} of your own, whose TOML file is not in the folder"
        raise InputError(str(folder), problem, "Give the project file (sde.toml) as data instead.")
    plans = {plan.get("name"): plan for plan in tomllib.loads(manifest.plan).get("view", [])}
    return get_task(state.task).define(plans.get(view, {}).get("definitions", {}), state.language)


def derive_records(source: Path, view: str, out: Path, views: Sequence[DerivedView]) -> Manifest:
    """Write the records of a view of a built folder as new views of a folder that has no designs yet.

    source: the folder; only the records of `view` are read. Raises InputError if a file is missing.
    """
    state = Manifest.load(source).views[view]
    wanted = {split for new in views for split in new.read}
    for split, shard in state.shards():
        if split in wanted and not (source / shard.path).is_file():
            raise InputError(str(source / shard.path), "is missing", BUILD_AGAIN)
    states = {new.name: _derived_state(source, state, out, new) for new in views}
    manifest = Manifest("", "", False, states, _record_entries(states), "", "")
    manifest.save(out)
    return manifest


def add_designs(folder: Path, task: Task, designs: Collection[str]) -> Manifest:
    """Write the designs that the views of a derived folder do not have yet; return the manifest with all of them."""
    manifest = Manifest.load(folder)
    wanted = {name: {*state.designs, *designs} for name, state in manifest.views.items()}
    if all(wanted[name] == set(state.designs) for name, state in manifest.views.items()):
        return manifest
    views = {
        name: replace(state, designs=tuple(design for design in EVERY if design in wanted[name]))
        for name, state in manifest.views.items()
    }
    (folder / WORK / "samples").mkdir(parents=True, exist_ok=True)
    outputs = _record_entries(views)
    for name, state in views.items():
        for job in shard_jobs(folder, name, task, state, None):
            outputs |= {output.path: output.entry for output in write_shards(job)}
    manifest = replace(manifest, views=views, outputs=outputs)
    manifest.save(folder)
    return manifest


def _derived_state(source: Path, state: ViewState, out: Path, new: DerivedView) -> ViewState:
    """Write the records of a new view, one file for each split; return its state."""
    folder = out / "data" / f"{new.name}-records"
    folder.mkdir(parents=True, exist_ok=True)
    shards: dict[str, tuple[RecordShard, ...]] = {}
    counts: Counter[str] = Counter()
    for split in SPLITS:
        path = folder / f"{split}-00000-of-00001.parquet"
        rows = 0
        with atomic_file(path) as part:
            with open_writer(part, RECORD_SCHEMA) as writer:
                for batch in _batches(source, state, new, split):
                    writer.write_batch(batch)
                    rows += len(batch)
                writer.add_key_value_metadata(FileStamp(state.spec).metadata())
            counts[split] = rows
        if rows:
            relative = path.relative_to(out).as_posix()
            shards[split] = (RecordShard(relative, rows, path.stat().st_size, sha256_of(path)),)
        else:
            path.unlink()
    report = replace(state.report, splits=+counts, split_rule=new.rule)
    return replace(state, records=shards, report=report, designs=())


def _batches(source: Path, state: ViewState, new: DerivedView, split: str) -> Iterator[pa.RecordBatch]:
    """Yield the records that the new view has in a split, in the order of the source."""
    for old, shard in state.shards():
        for batch in row_groups(source / shard.path) if old in new.read else ():
            ids, documents = batch.column("id").to_pylist(), batch.column("document").to_pylist()
            kept = [new.split_of(old, document or id) == split for id, document in zip(ids, documents, strict=True)]
            part = batch.filter(pa.array(kept, pa.bool_()))
            if not len(part):
                continue
            columns = [part.column(name) for name in RECORD_SCHEMA.names]
            columns[RECORD_SCHEMA.get_field_index("split")] = pa.repeat(pa.scalar(split), len(part))
            yield pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA)


def _record_entries(states: dict[str, ViewState]) -> dict[str, FileEntry]:
    return {
        shard.path: FileEntry(shard.size, shard.sha256, f"{name}-records", split, shard.rows)
        for name, state in states.items()
        for split, shard in state.shards()
    }
