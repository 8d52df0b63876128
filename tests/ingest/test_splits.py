"""Splits: what a record names stays, and only records that name none are assigned by hash.

pytest tests/ingest/test_splits.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.building.pipeline import build
from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.errors import UsageError
from sde_datasets.ingest.plan import read_plan
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.ingest.splits import SplitRule, parse_shares, split_hash
from sde_datasets.records.record import SPLITS
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
LABELS = [{"target": "food", "label": "positive"}]


def sde(*args: object):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def rows(count: int, split: str | None, start: int = 0, **more) -> list[dict]:
    made = (
        {"id": f"r{n}", "text": f"soup number {n} was good", "annotations": LABELS} for n in range(start, start + count)
    )
    return [row | ({"split": split} if split else {}) | more for row in made]


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def built(tmp_path: Path, rows: list[dict], **settings) -> tuple[dict, dict[str, str]]:
    """The report of a view, and the split of each record id."""
    path = write(tmp_path / "mine.jsonl", rows)
    build(source_plan([f"jsonl={path}"], "mabsa", designs=("es",), **settings), tmp_path / "out", 1, progress=QUIET)
    table = ds.dataset(tmp_path / "out/data/mabsa-records").to_table(["id", "split"]).to_pylist()
    report = Manifest.load(tmp_path / "out").views["mabsa"].report
    return report, {row["id"]: row["split"] for row in table}


def test_records_that_all_name_test_stay_test(tmp_path):
    report, splits = built(tmp_path, rows(40, "test"))
    assert report.splits == {"test": 40} and report.split_rule == "as published"
    assert set(splits.values()) == {"test"}


def test_records_that_name_no_split_are_hashed_by_document(tmp_path):
    given = [row | {"document": f"d{n // 3}"} for n, row in enumerate(rows(300, None))]
    report, splits = built(tmp_path, given)
    assert report.split_rule.startswith("80/10/10 by a hash of the document id")
    assert set(splits.values()) == {*SPLITS} and report.splits["train"] > 200
    assert len({(row["document"], splits[row["id"]]) for row in given}) == 100


def test_hashed_records_go_into_the_splits_that_nobody_names(tmp_path):
    report, splits = built(tmp_path, rows(20, "test") + rows(100, None, start=20))
    assert [n for n in range(120) if splits[f"r{n}"] == "test"] == list(range(20))
    assert {splits[f"r{n}"] for n in range(20, 120)} == {"train", "validation"}
    assert "100 records that name no split went into train and validation by a hash" in report.split_rule


def test_beside_a_training_split_records_without_a_split_are_trained_on(tmp_path):
    report, splits = built(tmp_path, rows(3, "train") + rows(3, "test", 3) + rows(30, None, 6))
    assert report.splits == {"test": 3, "train": 33} and splits["r3"] == "test"
    assert "without a split went into train" in report.split_rule


def test_shares_that_are_asked_for_go_before_named_splits(tmp_path):
    report, splits = built(tmp_path, rows(200, "test"), split="50/25/25")
    assert report.split_rule.startswith("50/25/25 by a hash") and "200 records name were not used" in report.split_rule
    assert all(30 < list(splits.values()).count(split) < 120 for split in SPLITS)


def test_shares_come_from_the_command_line_a_plan_and_a_view(tmp_path):
    path = write(tmp_path / "mine.jsonl", rows(5, "test"))
    args = ("--source", f"jsonl={path}", "--task", "mabsa", "--designs", "es", "--quiet", "--out", tmp_path / "a")
    assert sde("build", *args, "--split", "100/0/0").exit_code == 0
    assert Manifest.load(tmp_path / "a").views["mabsa"].report.splits == {"train": 5}
    view = "[[view]]\ncorpus = 'jsonl'\npath = 'mine.jsonl'\ntask = 'mabsa'\n"
    (tmp_path / "sde.toml").write_text(
        f"split = '100/0/0'\ndesigns = ['es']\n{view}name = 'a'\n{view}name = 'b'\nsplit = '0/0/100'\n"
    )
    build(read_plan(tmp_path / "sde.toml"), tmp_path / "b", 1, progress=QUIET)
    views = Manifest.load(tmp_path / "b").views
    assert [views[name].report.splits for name in "ab"] == [{"train": 5}, {"test": 5}]


@pytest.mark.parametrize("text", ["80/10", "80/10/20", "a/b/c", "80/10/10/0", "-10/100/10", "0.8/0.1/0.1", ""])
def test_shares_that_are_none(tmp_path, text):
    with pytest.raises(UsageError, match="80/10/10"):
        parse_shares(text)


COUNTS = st.fixed_dictionaries(dict.fromkeys([*SPLITS, "none"], st.integers(0, 5)))


@given(COUNTS, st.lists(st.tuples(st.sampled_from([None, *SPLITS]), st.integers(0, 2**64 - 1)), max_size=20))
def test_no_record_leaves_the_split_that_it_names(counts, records):
    without = sum(split is None for split, _ in records)
    rule = SplitRule.from_counts(Counter(counts) + Counter(none=without))
    named = pa.array([split for split, _ in records], pa.string())
    given = rule.assign(named, pa.array([number for _, number in records], pa.uint64())).to_pylist()
    for (split, _), assigned in zip(records, given, strict=True):
        assert assigned == split or (split is None and assigned in SPLITS)
        if split is None and assigned != "train":
            assert not counts[assigned]


@given(st.integers(0, 2**64 - 1))
def test_nine_tenths_of_the_hashes_are_not_test(number):
    """The last tenth is test, the one before it validation: changing this moves records of published data."""
    (split,) = SplitRule.from_counts(Counter(none=1)).assign(
        pa.array([None], pa.string()), pa.array([number], pa.uint64())
    )
    assert split.as_py() == {8: "validation", 9: "test"}.get(number % 10, "train")


def test_the_hash_of_a_document_never_changes():
    assert split_hash("d1") == 18218061836255162919


def test_texts_of_a_named_test_split_are_taken_out_of_hashed_training(tmp_path):
    same = [{"id": f"x{n}", "text": f"soup number {n} was good", "annotations": LABELS} for n in range(10)]
    report, _ = built(tmp_path, rows(10, "test") + same, dedupe=True)
    assert report.splits["test"] == 10 and report.dropped["text also in validation or test"] >= 5
    assert "train+test" not in report.shared_texts


@pytest.fixture(scope="module")
def only_test(tmp_path_factory) -> Path:
    """A folder of two views, whose records all name test."""
    folder = tmp_path_factory.mktemp("only")
    write(folder / "own.jsonl", rows(8, "test"))
    said = [{"target": "PER", "mention": "Ana"}]
    write(folder / "ner.jsonl", [{"text": f"Ana met Bo{n}.", "split": "test", "annotations": said} for n in range(8)])
    (folder / "sde.toml").write_text(
        "designs = ['lines-text', 'lines-text-cot']\n"
        "[[view]]\ncorpus = 'jsonl'\npath = 'own.jsonl'\ntask = 'mabsa'\n"
        "[[view]]\ncorpus = 'jsonl'\npath = 'ner.jsonl'\ntask = 'ner'\n"
    )
    done = sde("build", "--plan", folder / "sde.toml", "--out", folder / "out", "--quiet")
    assert done.exit_code == 0, done.output
    return folder / "out"


def test_a_folder_with_a_test_split_alone_is_right_and_shown(only_test):
    checked = sde("check", only_test, "--quiet")
    assert checked.exit_code == 0 and "all right" in checked.output, checked.output
    assert "mabsa-lines-text · test · r0" in sde("show", only_test, "mabsa-lines-text").output
    card = (only_test / "README.md").read_text("utf-8")
    assert "has no training split: it serves to score" in card and 'samples["train"]' not in card


def test_a_folder_with_a_test_split_alone_is_scored(only_test, tmp_path):
    lines = [json.dumps({"id": f"r{n}", "prediction": "food: positive"}) + "\n" for n in range(8)]
    (tmp_path / "answers.jsonl").write_text("".join(lines))
    done = sde("score", tmp_path / "answers.jsonl", "--data", only_test, "--config", "mabsa-lines-text")
    assert done.exit_code == 0 and "8 samples" in done.output, done.output
