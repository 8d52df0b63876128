"""Tasks of a cluster without a cluster: receipts, retries, and the pass over ids and texts of all shards.

pytest tests/building/test_shard_tasks.py
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sde_datasets.building import uniqueness
from sde_datasets.building.pipeline import build, shard_jobs
from sde_datasets.building.shard_tasks import ShardTask, receipts, run_task, shard_tasks
from sde_datasets.building.store import FolderStore
from sde_datasets.building.uniqueness import check_unique
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.errors import InputError
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.ingest.view import View
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
PLAN = source_plan(["synthetic=30"], "ner", designs=("lines-text", "lines-text-cot", "json-num"))


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built") / "out"
    build(PLAN, out, 1, progress=QUIET)
    return out


@pytest.fixture
def tasks(built, tmp_path) -> list[ShardTask]:
    """The tasks of a folder that has the records only."""
    folder = tmp_path / "out"
    shutil.copytree(built / "data/ner-records", folder / "data/ner-records")
    state = Manifest.load(built).views["ner"]
    view = View.from_plan(PLAN, PLAN.view[0], folder)
    jobs = list(shard_jobs(folder, view.plan.name, view.task, state, None))
    return shard_tasks(FolderStore(folder), folder, jobs)


def samples(folder: Path) -> dict[str, bytes]:
    found = (path for path in (folder / "data").rglob("*.parquet") if "records" not in path.parent.name)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_tasks_that_run_twice_write_the_files_of_a_local_build(tasks, built):
    for task in [*tasks, *tasks]:
        run_task(task)
    assert samples(Path(tasks[0].store.address)) == samples(built)


def test_a_receipt_has_the_entries_of_the_manifest(tasks, built):
    entries = {output.path: output.entry for task in tasks for output in run_task(task).outputs}
    outputs = Manifest.load(built).outputs
    assert entries == {path: outputs[path] for path in entries} and len(entries) == 9


def test_only_tasks_without_a_receipt_and_all_files_are_left(tasks):
    store, (first, second, *_) = tasks[0].store, tasks
    written = {task.receipt: run_task(task) for task in (first, second)}
    assert receipts(tasks, store) == written
    Path(store.address, written[first.receipt].outputs[0].path).unlink()
    assert list(receipts(tasks, store)) == [second.receipt]


def test_a_receipt_of_other_designs_is_none(tasks):
    run_task(tasks[0])
    fewer = replace(tasks[0], jobs=tasks[0].jobs[:1])
    assert receipts([fewer], fewer.store) == {}


def test_a_task_that_is_killed_leaves_no_file_and_no_receipt(tasks, monkeypatch):
    def stop(self, file, path):
        raise KeyboardInterrupt

    monkeypatch.setattr(FolderStore, "put", stop)
    with pytest.raises(KeyboardInterrupt):
        run_task(tasks[0])
    folder = Path(tasks[0].store.address)
    assert samples(folder) == {} and receipts(tasks, tasks[0].store) == {}


def test_records_that_are_not_those_of_the_build_are_refused(tasks):
    Path(tasks[0].store.address, tasks[0].records).write_bytes(b"other")
    with pytest.raises(InputError, match="was changed during the build"):
        run_task(tasks[0])


def in_turn(function, jobs):
    return map(function, jobs)


def shards(tmp_path: Path, **splits: list[tuple[str, str]]):
    """A store with a shard of (id, text) rows for each split, and the state of its view."""
    from tests.dataset.test_manifest import make_manifest

    (shard,) = make_manifest().views["ner"].records["test"]
    records = {}
    for split, rows in splits.items():
        path = f"data/ner-records/{split}-00000-of-00001.parquet"
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        ids, texts = zip(*rows, strict=True)
        pq.write_table(pa.table({"id": ids, "text": texts}), tmp_path / path)
        records[split] = (replace(shard, path=path, rows=len(rows)),)
    state = replace(make_manifest().views["ner"], records=records)
    state.report.splits = Counter({split: len(rows) for split, rows in splits.items()})
    return FolderStore(tmp_path), state


@pytest.mark.parametrize("size", [2_000_000, 1])
def test_ids_that_differ_and_texts_that_the_report_knows_pass(tmp_path, monkeypatch, size):
    monkeypatch.setattr(uniqueness, "PARTITION_RECORDS", size)
    rows = {"train": [("a", "x"), ("b", "y"), ("c", "y")], "validation": [("d", "y")], "test": [("e", "y"), ("f", "z")]}
    store, state = shards(tmp_path, **rows)
    state.report.shared_texts = {"train+validation": 1, "train+test": 1, "validation+test": 1}
    check_unique(store, "ner", state, in_turn)
    state.report.shared_texts = {"train+validation": 1, "train+test": 1}
    with pytest.raises(InputError, match="validation and test share 1 texts, and its report says 0"):
        check_unique(store, "ner", state, in_turn)


@pytest.mark.parametrize("size", [2_000_000, 1])
def test_an_id_in_two_shards_is_refused(tmp_path, monkeypatch, size):
    monkeypatch.setattr(uniqueness, "PARTITION_RECORDS", size)
    store, state = shards(tmp_path, train=[("a", "x"), ("b", "y")], test=[("b", "z")])
    with pytest.raises(InputError, match="1 ids occur more than once"):
        check_unique(store, "ner", state, in_turn)
