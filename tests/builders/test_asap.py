"""The builder of ASAP: the published counts, each rule on small tables, and bad input."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from sde_builders.asap import ASPECTS, BUILDER, FULL, SAMPLE
from sde_builders.files import BLANK
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import record_problem
from sde_datasets.tasks.task import get_task
from tests.conftest import read

NONE = ["-2"] * 18
SPLITS = ("train", "validation", "test")


def table(*given: list[str], header=FULL) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([header, *given])
    return stream.getvalue().encode("utf-8-sig")


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read("asap", path)
    return str(caught.value)


@pytest.fixture(scope="module")
def real(corpora):
    return read("asap", corpora / "asap")


def test_published_counts(real):
    records, rejects, _ = real
    assert rejects == []
    assert Counter(r.split for r in records) == {"train": 100, "validation": 100, "test": 100}
    found = {split: Counter(a.label for r in records if r.split == split for a in r.annotations) for split in SPLITS}
    assert found["train"] == {"正面": 345, "中性": 163, "负面": 89}
    assert found["validation"] == {"正面": 395, "中性": 159, "负面": 87}
    assert found["test"] == {"正面": 369, "中性": 124, "负面": 78}
    assert {split: 1800 - sum(found[split].values()) for split in found} == {
        "train": 1203,
        "validation": 1159,
        "test": 1229,
    }


def test_real_records_are_valid_and_their_ids_unique(real):
    records, _, context = real
    assert [record_problem(r, context.schema) for r in records if record_problem(r, context.schema)] == []
    assert len({r.id for r in records}) == 300
    first = records[0]
    assert first.file == "asap/official_sample/dev_sample.csv"
    assert first.id == "dev_sample-28729"
    assert first.line == 2


@pytest.mark.parametrize("subset", ["d1", "d2"])
def test_subsets_are_five_known_aspects_that_are_annotated(corpora, subset):
    records, _, context = read("asap", corpora / "asap", subset)
    targets = BUILDER.targets[subset]
    assert context.schema.targets == targets
    assert len(set(targets)) == 5
    assert set(targets) <= set(ASPECTS) == set(BUILDER.targets[""])
    assert {a.target for r in records for a in r.annotations} >= set(targets)


@pytest.mark.parametrize("header", [FULL, SAMPLE])
def test_both_sets_of_names_in_any_order_with_other_columns(tmp_path, header):
    labels = ["1", "0", "-1", *["-2"] * 14, "1.0"]
    row = ["9", "好吃", *labels]
    shuffled = ["star", *reversed(header)]
    path = write(tmp_path / "x.csv", table(["5.0", *reversed(row)], header=shuffled))
    (record,), rejects, _ = read("asap", path)
    assert rejects == []
    assert (record.id, record.text, record.split, record.file, record.line) == ("x-9", "好吃", None, "x.csv", 2)
    assert [(a.target, a.label) for a in record.annotations] == [
        ("交通便利", "正面"),
        ("商圈距离", "中性"),
        ("寻找难易", "负面"),
        ("推荐程度", "正面"),
    ]


def test_every_way_to_write_a_number_and_another_language(tmp_path):
    labels = ["1", "1.0", " 0 ", "0.00", "-1", "-1.0", "-2", "-2.0", "1.", *["-2"] * 9]
    (record,), _, _ = read("asap", write(tmp_path / "x.csv", table(["1", "好", *labels])), language="en")
    assert [a.label for a in record.annotations] == ["positive"] * 2 + ["neutral"] * 2 + ["negative"] * 2 + ["positive"]


def test_a_row_that_mentions_nothing_is_a_record(tmp_path):
    (record,), rejects, _ = read("asap", write(tmp_path / "x.csv", table(["1", "好", *NONE])))
    assert (record.annotations, rejects) == ([], [])


def test_quoted_ends_of_line_and_blank_lines(tmp_path):
    data = table(["1", '第一行\n"第二行"', *NONE]) + b"\n\n" + table(["2", "三", *NONE]).split(b"\n", 1)[1]
    records, rejects, context = read("asap", write(tmp_path / "x.csv", data))
    assert [(r.text, r.line) for r in records] == [('第一行\n"第二行"', 2), ("三", 6)]
    assert rejects == []
    assert context.notes == {BLANK: 2}


@pytest.mark.parametrize(
    ("row", "reason", "id"),
    [
        (["7", "好", "2", *NONE[1:]], "unknown label '2' for 交通便利", "x-7"),
        (["7", "好", *NONE[1:], ""], "unknown label '' for 推荐程度", "x-7"),
        (["7", "好", *NONE[1:], "1.5"], "unknown label '1.5'", "x-7"),
        (["7", "好", *NONE[1:], "9" * 5000], "unknown label '999", "x-7"),
        (["7", " ", *NONE], "the review is empty", "x-7"),
        ([" ", "好", *NONE], "the id is empty", None),
        (["7", "好", *NONE[1:]], "expected 20 fields, as many as the header has, found 19", "x-7"),
        (["7", "好", *NONE, "1"], "expected 20 fields, as many as the header has, found 21", "x-7"),
    ],
)
def test_a_bad_row_is_rejected_and_the_next_one_read(tmp_path, row, reason, id):
    path = write(tmp_path / "x.csv", table(["1", "a\nb", *NONE], row, ["8", "好", *NONE]))
    records, (reject,), _ = read("asap", path)
    assert [r.id for r in records] == ["x-1", "x-8"]
    assert (reject.file, reject.line, reject.id, reject.what) == ("x.csv", 4, id, "record")
    assert reason in reject.reason


@pytest.mark.parametrize("header", [FULL, SAMPLE])
def test_a_missing_column_is_named_with_both_sets(tmp_path, header):
    message = refused(write(tmp_path / "x.csv", table(header=[name for name in header if name != header[5]])))
    assert message.startswith(f"x.csv: has no column {header[5]!r}")
    assert ",".join(FULL) in message
    assert ",".join(SAMPLE) in message


def test_a_column_twice_and_a_file_without_header(tmp_path):
    assert "has the column 'id' twice" in refused(write(tmp_path / "x.csv", table(header=[*FULL, "id"])))
    assert "has no column" in refused(write(tmp_path / "y.csv", b"\xef\xbb\xbf\n"))


def test_broken_files_are_refused(tmp_path):
    assert "x.csv: is empty" in refused(write(tmp_path / "x.csv", b""))
    good = table(["1", "好", *NONE])
    assert "x.csv:3: is not UTF-8" in refused(write(tmp_path / "x.csv", good + "2,好吃\n".encode("gb18030")))
    assert "x.csv:3: the row is not CSV" in refused(write(tmp_path / "x.csv", good + b'2,"open'))


def test_a_folder_takes_named_files_only(tmp_path):
    data = table(["1", "好", *NONE])
    for name in ("a/train.csv", "dev.csv", "x_val.csv", "test-1.csv", "notes.csv", "train.txt"):
        write(tmp_path / name, data)
    records, _, _ = read("asap", tmp_path)
    assert [(r.id, r.split) for r in records] == [
        ("train-1", "train"),
        ("dev-1", "validation"),
        ("test-1-1", "test"),
        ("x_val-1", "validation"),
    ]
    write(tmp_path / "b/notes.csv", data)
    assert "holds no file of ASAP" in refused(tmp_path / "b")


def test_an_archive_whole_and_cut(tmp_path):
    path = tmp_path / "asap.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/train.csv", table(["1", "好", *NONE]))
    (record,), _, _ = read("asap", path)
    assert record.file == "asap.zip/data/train.csv"
    assert "asap.zip" in refused(write(tmp_path / "cut" / "asap.zip", path.read_bytes()[:-30]))


def test_a_task_without_the_numbers_is_refused(tmp_path):
    path = write(tmp_path / "x.csv", table(["1", "好", *NONE]))
    task = get_task("ner")
    context = ReadContext(Source(path), task=task, schema=task.schema(("a",)))
    with pytest.raises(UsageError, match="labels for the numbers 1, 0 and -1"):
        list(BUILDER.read(context))
