"""The builder of MAMS-ACSA: the published counts, each rule on small files, and bad input."""

from __future__ import annotations

import io
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from sde_builders.mams import BUILDER, SKIPPED
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import record_problem
from sde_datasets.tasks.task import get_task
from tests.conftest import read

FOOD = '<aspectCategory category="food" polarity="positive"/>'


def labelled(*categories: str, text: str = "<text>Good.</text>") -> str:
    return f"<sentence>{text}<aspectCategories>{''.join(categories)}</aspectCategories></sentence>"


TERMS = '<sentence><text>Good.</text><aspectTerms><aspectTerm term="Good" from="0" to="4"/></aspectTerms></sentence>'
GOOD = labelled(FOOD)
BARE = "<sentence><text>So.</text></sentence>"


def xml(*sentences: str) -> bytes:
    lines = "\n".join(sentences)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<sentences>\n{lines}\n</sentences>\n'.encode()


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read("mams", path)
    return str(caught.value)


@pytest.fixture(scope="module")
def real(corpora):
    return read("mams", corpora / "mams")


def test_published_counts(real):
    records, rejects, context = real
    assert rejects == []
    assert Counter(r.split for r in records) == {"train": 3149, "validation": 400, "test": 400}
    found = Counter((r.split, a.label) for r in records for a in r.annotations)
    assert [found["train", label] for label in context.schema.labels] == [1929, 3077, 2084]
    assert [found["validation", label] for label in context.schema.labels] == [241, 388, 259]
    assert [found["test", label] for label in context.schema.labels] == [245, 393, 263]


def test_real_records_are_valid(real):
    records, _, context = real
    assert [record_problem(r, context.schema) for r in records if record_problem(r, context.schema)] == []
    assert len({r.id for r in records}) == len(records)
    assert {a.target for r in records for a in r.annotations} == set(BUILDER.targets[""])
    last = records[-1]
    assert (last.id, last.file) == ("val-400", "mams/MAMS-ACSA/val.xml")


@pytest.mark.parametrize("path", ["MAMS-ACSA", "MAMS-ACSA/train.xml"])
def test_the_folder_of_acsa_or_one_file_of_it_can_be_given(corpora, path):
    records, rejects, _ = read("mams", corpora / "mams" / path)
    assert sum(r.split == "train" for r in records) == 3149
    assert rejects == []


@pytest.mark.parametrize("path", ["MAMS-ATSA", "MAMS-ATSA/test.xml"])
def test_real_atsa_is_refused(corpora, path):
    message = refused(corpora / "mams" / path)
    assert "is MAMS-ATSA (aspectTerms)" in message
    assert "Take MAMS-ACSA/test.xml" in message


def test_subsets_part_the_categories():
    targets = BUILDER.targets
    assert set(targets["d1"]) | set(targets["d2"]) == set(targets[""])
    assert not set(targets["d1"]) & set(targets["d2"])


def test_a_record(tmp_path):
    sentence = labelled(
        FOOD, '<aspectCategory category="odd one" polarity="negative"/>', text="<text> A &lt;b> </text>"
    )
    (first, second), _, _ = read("mams", write(tmp_path / "mine.xml", xml(sentence, labelled())), language="zh")
    assert (first.id, first.text, first.split, first.file, first.line) == ("mine-1", " A <b> ", None, "mine.xml", 3)
    assert [(a.target, a.label) for a in first.annotations] == [("food", "正面"), ("odd one", "负面")]
    assert (second.id, second.annotations, second.line) == ("mine-2", [], 4)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        (BARE, "no <aspectCategories>, it is not labelled"),
        (TERMS, "no <aspectCategories>, it is not labelled"),
        (
            labelled(FOOD, '<aspectCategory category="menu" polarity="conflict"/>'),
            "unknown polarity 'conflict' for 'menu'",
        ),
        (labelled('<aspectCategory category="menu"/>'), "unknown polarity '' for 'menu'"),
        (labelled('<aspectCategory polarity="neutral"/>'), "the aspectCategory at line 4 has no category"),
        (labelled(FOOD, text="<text> </text>"), "the sentence has no text"),
        (labelled(FOOD, text=""), "the sentence has no text"),
    ],
)
def test_a_bad_sentence_is_rejected_and_the_next_one_read(tmp_path, sentence, reason):
    records, (reject,), _ = read("mams", write(tmp_path / "x.xml", xml(GOOD, sentence, GOOD)))
    assert [r.id for r in records] == ["x-1", "x-3"]
    assert (reject.file, reject.line, reject.id, reject.what) == ("x.xml", 4, "x-2", "record")
    assert reason in reject.reason


def test_a_flat_folder_takes_named_files_with_categories(tmp_path):
    write(tmp_path / "a" / "train.xml", xml(GOOD))
    write(tmp_path / "b" / "train.xml", xml(GOOD))
    write(tmp_path / "train_terms.xml", xml(TERMS))
    write(tmp_path / "test_bare.xml", xml(BARE))
    write(tmp_path / "other.xml", xml(GOOD))
    records, rejects, context = read("mams", tmp_path)
    assert [(r.id, r.split) for r in records] == [("a/train-1", "train"), ("b/train-1", "train")]
    assert rejects == []
    assert context.notes == {SKIPPED: 2}


def test_a_folder_mams_acsa_goes_before_all_else(tmp_path):
    write(tmp_path / "mams-acsa" / "raw" / "val.xml", xml(GOOD))
    write(tmp_path / "train.xml", xml(GOOD))
    records, _, _ = read("mams", tmp_path)
    assert [r.id for r in records] == ["val-1"]
    write(tmp_path / "mams-acsa" / "test.xml", xml(TERMS))
    assert "mams-acsa/test.xml: is MAMS-ATSA" in refused(tmp_path)


def test_what_holds_nothing_is_refused(tmp_path):
    assert "holds no file of MAMS-ACSA" in refused(write(tmp_path / "a" / "notes.xml", xml(GOOD)).parent)
    assert "holds no file of MAMS-ACSA" in refused(write(tmp_path / "b" / "test.xml", xml(BARE)).parent)
    assert "x.xml: holds no <sentence>" in refused(write(tmp_path / "x.xml", xml()))
    assert "x.xml: is empty" in refused(write(tmp_path / "x.xml", b""))


def test_broken_xml_is_refused_with_its_line(tmp_path):
    assert "x.xml:4: is not XML" in refused(write(tmp_path / "x.xml", xml(GOOD, GOOD)[:-15]))
    assert "x.xml:3: is not XML" in refused(write(tmp_path / "x.xml", xml(GOOD).replace(b"Good", b"\xff")))


def test_an_archive_whole_and_cut(tmp_path):
    path, data = tmp_path / "mams.tar.gz", xml(GOOD)
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("MAMS-ACSA/test.xml")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    (record,), _, _ = read("mams", path)
    assert (record.split, record.file) == ("test", "mams.tar.gz/MAMS-ACSA/test.xml")
    assert "not a complete tar" in refused(write(tmp_path / "cut.tar.gz", path.read_bytes()[:-40]))


def test_a_task_without_the_numbers_is_refused(tmp_path):
    task = get_task("ner")
    context = ReadContext(Source(write(tmp_path / "x.xml", xml(GOOD))), task=task, schema=task.schema(("a",)))
    with pytest.raises(UsageError, match="labels for the numbers 1, 0 and -1"):
        list(BUILDER.read(context))
