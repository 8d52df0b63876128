"""The build as a whole: what it writes, what a second one writes again, and what becomes of a killed one.

pytest tests/building/test_build.py
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sde_datasets.building import shards as grid
from sde_datasets.building.check import check
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.report import Report
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest import split_assigner as settle
from sde_datasets.ingest import validate as collect
from sde_datasets.ingest import view as views
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples"


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def row(number: int, text: str = "", split: str = "train", **more) -> dict:
    text = text or f"the soup number {number} was good"
    given = {"id": f"r{number}", "text": text, "split": split, "annotations": [{"target": "food", "label": "positive"}]}
    return given | more


@pytest.fixture
def mine(tmp_path) -> Path:
    rows = [row(n, split="train" if n < 16 else "dev" if n < 18 else "test") for n in range(20)]
    return write_jsonl(tmp_path / "mine.jsonl", rows)


def plan_of(path: Path, **settings):
    return source_plan([f"jsonl={path}"], "mabsa", **({"designs": ("lines-text", "json-num-cot")} | settings))


def run(plan, out: Path, **options):
    return build(plan, out, workers=1, progress=QUIET, **options)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def report(out: Path, view: str = "mabsa") -> Report:
    return Manifest.load(out).views[view].report


def test_a_second_build_elsewhere_writes_the_same_bytes(mine, tmp_path):
    run(plan_of(mine), tmp_path / "a")
    run(plan_of(mine), tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


@pytest.mark.slow
def test_hash_seed_and_workers_change_no_byte(tmp_path):
    args = [
        "--source",
        f"acos={SAMPLES / 'mabsa' / 'rest_quad_test.tsv'}",
        "--source",
        f"maven={SAMPLES / 'ed' / 'test.jsonl'}",
        "--designs",
        "all",
        "--quiet",
    ]
    for out, seed, workers in (("a", "1", "1"), ("b", "2", "2")):
        command = [
            sys.executable,
            "-m",
            "sde_datasets",
            "build",
            *args,
            "--workers",
            workers,
            "--out",
            str(tmp_path / out),
        ]
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_the_same_build_again_writes_nothing(mine, tmp_path):
    first = run(plan_of(mine), tmp_path / "out")
    before = tree(tmp_path / "out")
    again = run(plan_of(mine), tmp_path / "out")
    assert (first.written, first.kept) == (6, 0)
    assert (again.written, again.kept) == (0, 6)
    assert tree(tmp_path / "out") == before


def test_one_more_design_is_written_alone_and_one_less_is_removed(mine, tmp_path):
    out = tmp_path / "out"
    run(plan_of(mine), out)
    more = run(plan_of(mine, designs=("lines-text", "json-num-cot", "list-text")), out)
    assert (more.written, more.kept) == (3, 6)
    run(plan_of(mine, designs=("list-text",)), out)
    assert sorted(p.name for p in (out / "data").iterdir()) == ["mabsa-list-text", "mabsa-records"]


def test_a_changed_corpus_is_written_anew_and_the_other_is_not(mine, tmp_path):
    out, other = tmp_path / "out", write_jsonl(tmp_path / "other.jsonl", [row(n) for n in range(5)])
    plan = plan_of(mine, designs=("lines-text",))
    plan = replace(plan, view=(*plan.view, replace(plan.view[0], name="second", path=str(other))))
    run(plan, out)
    write_jsonl(other, [row(n) for n in range(6)])
    assert run(plan, out).kept == 3
    assert report(out, "second").records["kept"] == 6


def test_a_damaged_file_is_written_again(mine, tmp_path):
    out = tmp_path / "out"
    run(plan_of(mine), out)
    before = tree(out)
    path = out / "data/mabsa-lines-text/test-00000-of-00001.parquet"
    damaged = bytearray(path.read_bytes())
    damaged[10] ^= 1
    path.write_bytes(damaged)
    assert run(plan_of(mine), out).written == 1
    assert tree(out) == before


def test_a_record_file_that_is_gone_is_made_again(mine, tmp_path):
    out = tmp_path / "out"
    run(plan_of(mine), out)
    before = tree(out)
    (out / "data/mabsa-records/train-00000-of-00001.parquet").unlink()
    run(plan_of(mine), out)
    assert tree(out) == before


def test_rejects_are_kept_with_file_line_and_reason_and_the_build_goes_on(tmp_path):
    rows = [row(0), row(1, id="r0"), row(2, annotations=[{"target": "food", "label": "splendid"}]), row(3)]
    path = write_jsonl(tmp_path / "mine.jsonl", rows)
    run(plan_of(path), tmp_path / "out")
    rejects = [json.loads(line) for line in (tmp_path / "out/rejects.jsonl").read_text("utf-8").splitlines()]
    assert [(r["file"], r["line"], r["id"]) for r in rejects] == [("mine.jsonl", 2, "r0"), ("mine.jsonl", 3, "r2")]
    assert "which occurs first at mine.jsonl:1" in rejects[0]["reason"] and "splendid" in rejects[1]["reason"]
    records = report(tmp_path / "out").records
    assert records == {"read": 4, "kept": 2, "rejected": 2}


def test_rejects_of_a_view_that_is_not_read_again_stay(tmp_path):
    path = write_jsonl(tmp_path / "mine.jsonl", [row(0), row(1, text=" ", annotations=None)])
    run(plan_of(path), tmp_path / "out")
    before = (tmp_path / "out/rejects.jsonl").read_bytes()
    run(plan_of(path, designs=("list-text",)), tmp_path / "out")
    assert before and (tmp_path / "out/rejects.jsonl").read_bytes() == before


def test_strict_stops_at_a_reject_and_names_it(tmp_path):
    path = write_jsonl(tmp_path / "mine.jsonl", [row(0), row(0)])
    with pytest.raises(InputError, match=r"mine\.jsonl:2.*duplicate id"):
        run(plan_of(path), tmp_path / "out", strict=True)
    with pytest.raises(InputError, match="not built to its end"):
        Manifest.load(tmp_path / "out")


def test_lone_surrogates_are_rejected(tmp_path):
    path = write_jsonl(tmp_path / "mine.jsonl", [row(0), row(1, text="bad \ud800 text")])
    run(plan_of(path), tmp_path / "out")
    assert "lone surrogate" in (tmp_path / "out/rejects.jsonl").read_text("utf-8")


def test_an_empty_split_is_not_written(tmp_path):
    run(plan_of(write_jsonl(tmp_path / "mine.jsonl", [row(0), row(1)])), tmp_path / "out")
    names = [p.name for p in (tmp_path / "out/data/mabsa-lines-text").iterdir()]
    assert names == ["train-00000-of-00001.parquet"]


def test_texts_in_two_splits_are_reported_and_dedupe_takes_them_out_of_training(tmp_path):
    rows = [row(0, "same"), row(1, "own"), row(2, "same", "test"), row(3, "same", "dev"), row(4, "same")]
    path = write_jsonl(tmp_path / "mine.jsonl", rows)
    run(plan_of(path), tmp_path / "out")
    shared = {"train+test": 1, "train+validation": 1, "validation+test": 1}
    assert report(tmp_path / "out").shared_texts == shared
    run(plan_of(path, dedupe=True), tmp_path / "out")
    found = report(tmp_path / "out")
    assert found.splits == {"test": 1, "train": 1, "validation": 1}
    assert found.records == {"dropped": 2, "kept": 3, "read": 5}
    assert found.annotations["with_record"] == 2


@pytest.mark.parametrize(("module", "name"), [(grid, "SAMPLE_SCHEMA"), (views, "RECORD_SCHEMA")])
def test_files_with_another_schema_are_written_again(mine, tmp_path, monkeypatch, module, name):
    with monkeypatch.context() as patch:
        patch.setattr(module, name, getattr(module, name).with_metadata({"huggingface": "{}"}))
        run(plan_of(mine, designs=("lines-text",)), tmp_path / "out")
    assert run(plan_of(mine, designs=("lines-text",)), tmp_path / "out").written == 3


@pytest.mark.parametrize(("limit", "value"), [("SHARD_BYTES", 2000), ("SHARD_RECORDS", 70)])
def test_shards_are_cut_by_size_and_alike_in_every_design(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(settle, limit, value)
    monkeypatch.setattr(settle, "BATCH_CHARACTERS", 500)
    monkeypatch.setattr(collect, "BATCH_CHARACTERS", 500)
    path = write_jsonl(tmp_path / "mine.jsonl", [row(n) for n in range(200)])
    run(plan_of(path), tmp_path / "out")
    names = {folder.name: sorted(p.name for p in folder.iterdir()) for folder in (tmp_path / "out/data").iterdir()}
    count = len(names["mabsa-records"])
    assert count == 3 and names["mabsa-records"][1] == "train-00001-of-00003.parquet"
    assert names["mabsa-lines-text"] == names["mabsa-json-num-cot"] == names["mabsa-records"]
    assert "all right" in [*check(tmp_path / "out", 1, QUIET)][-1]


def test_dropping_every_record_is_an_error(tmp_path):
    path = write_jsonl(tmp_path / "mine.jsonl", [row(0, annotations=[])])
    plan = replace(plan_of(path, max_empty=0.0), view=(replace(plan_of(path).view[0], targets=("food",)),))
    with pytest.raises(InputError, match=r"every record was dropped.*1 without annotations"):
        run(plan, tmp_path / "out")


@pytest.mark.parametrize(("share", "stay"), [(1.0, 8), (0.5, 4), (0.2, 1), (0.0, 0)])
def test_max_empty_bounds_the_records_that_mention_nothing(tmp_path, share, stay):
    rows = [row(n, annotations=[] if n % 3 else [{"target": "food", "label": "positive"}]) for n in range(12)]
    run(plan_of(write_jsonl(tmp_path / "mine.jsonl", rows), max_empty=share), tmp_path / "out")
    found = report(tmp_path / "out")
    assert found.empty == {"train": stay} and found.splits == {"train": 4 + stay}
    assert found.records["dropped"] == 8 - stay


def test_a_folder_that_is_not_ours_is_left_alone(mine, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("ten years")
    with pytest.raises(InputError, match="not a folder that sde-datasets built"):
        run(plan_of(mine), tmp_path / "out")
    assert tree(tmp_path / "out") == {"thesis.txt": b"ten years"}


def test_unknown_designs_are_named_before_anything_is_written(mine, tmp_path):
    with pytest.raises(UsageError, match="lines-text"):
        run(plan_of(mine, designs=("line-text",)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_than_600_configs_are_built_with_a_warning(tmp_path, capsys):
    plan = source_plan(["synthetic=rows=12,seed=1"], "ner", designs=("all",))
    views = tuple(replace(plan.view[0], name=f"ner{n}") for n in range(5))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="is not a folder"):
        # the warning comes before the folder is touched, so the build itself need not run
        build(replace(plan, view=views), tmp_path / "file", workers=1)
    assert "740 configs" in capsys.readouterr().err


def cli(*args: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "sde_datasets", *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


SYNTHETIC = ("build", "--source", "synthetic=rows=1500,seed=5", "--task", "ner", "--designs", "all", "--quiet")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    """The folder of a build that was not stopped."""
    out = tmp_path_factory.mktemp("uninterrupted") / "out"
    build(source_plan(["synthetic=rows=1500,seed=5"], "ner", designs=("all",)), out, 1, progress=QUIET)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_stopped_shows_nothing_half_and_goes_on(tmp_path, uninterrupted, how):
    out = tmp_path / "out"
    process = cli(*SYNTHETIC, "--workers", "1", "--out", str(out))
    while process.poll() is None and len(list(out.glob("data/ner-lines-*"))) < 3:
        time.sleep(0.02)
    process.send_signal(how)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), errors
    assert "Traceback" not in errors
    with pytest.raises(InputError, match="not built to its end"):
        Manifest.load(out)
    again = build(source_plan(["synthetic=rows=1500,seed=5"], "ner", designs=("all",)), out, 1, progress=QUIET)
    assert again.kept > 0 and again.written + again.kept == 144 * 3
    assert tree(out) == tree(uninterrupted)


@pytest.mark.slow
def test_a_full_disk_is_one_clear_line_and_the_build_goes_on_afterwards(tmp_path):
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    command = ("build", "--source", f"acos={SAMPLES / 'mabsa'}", "--designs", "json*", "--quiet", "--workers", "1")
    process = cli(*command, "--out", str(tmp_path / "out"), preexec_fn=small_files)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and "cannot be written" in errors and "Traceback" not in errors
    again = cli(*command, "--out", str(tmp_path / "out"))
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert Manifest.load(tmp_path / "out")
