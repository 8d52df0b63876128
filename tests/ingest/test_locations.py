"""Sources that are not one plain file: compressed, by pattern, with a split for each path, remote, and arrays."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile

import fsspec
import pyarrow as pa
import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.look import look
from sde_datasets.ingest.source_plan import source_plan
from tests.builders.written import read_marks, write
from tests.conftest import read

ROW = b'{"id": "%d", "text": "Ana met Bo.", "annotations": [{"target": "PER", "mention": "Ana"}]}\n'
PACKED = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def looked(*sources: object, **keys):
    (found,) = look(source_plan(list(map(str, sources)), "ner", keys=keys), 10)
    return found


@pytest.mark.parametrize("ending", PACKED)
def test_a_compressed_file_is_read_as_what_it_holds(tmp_path, ending):
    path = write(tmp_path, f"train.jsonl{ending}", PACKED[ending](ROW % 1))
    (record,), _, _ = read("jsonl", path, task="ner")
    assert (record.file, record.split) == (path.name, "train")
    assert len(read("jsonl", tmp_path, task="ner")[0]) == 1


def test_a_compressed_member_of_an_archive_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/train.jsonl.gz", gzip.compress(ROW % 1))
    assert read_marks("jsonl", tmp_path / "a.zip", task="ner")[0] == [[("PER", "Ana")]]


def test_a_broken_compressed_file_is_an_error_of_the_input(tmp_path):
    path = write(tmp_path, "a.jsonl.gz", gzip.compress(ROW % 1 * 500)[:-20])
    with pytest.raises(InputError, match=r"a.jsonl.gz: is truncated or broken"):
        read("jsonl", path, task="ner")


def test_a_pattern_is_all_files_that_match(tmp_path):
    for number in (1, 2):
        write(tmp_path, f"d/{number}.jsonl", ROW % number)
    assert [record.id for record in looked(f"jsonl={tmp_path}/d/*.jsonl").records] == ["1", "2"]
    assert len(looked(f"{tmp_path}/d/[12].jsonl").records) == 2
    with pytest.raises(InputError, match="matches no file"):
        looked(f"jsonl={tmp_path}/*.jsonl")


def test_each_path_has_the_split_that_it_is_given_with(tmp_path):
    one, other = write(tmp_path, "a.jsonl", ROW % 1), write(tmp_path, "b/train.jsonl", ROW % 2)
    found = looked(f"jsonl=train={one},test={other.parent}")
    assert [(record.id, record.split) for record in found.records] == [("1", "train"), ("2", "test")]
    assert looked(f"jsonl=dev={one}").records[0].split == "validation"
    with pytest.raises(UsageError, match="matches several files"):
        looked(f"jsonl=train={tmp_path}/*/*.jsonl,test={tmp_path}/*")


def test_a_remote_file_is_fetched_and_the_report_names_its_address(tmp_path):
    with fsspec.open("memory://corpus/a.jsonl", "wb") as out:
        out.write(ROW % 1)
    found = looked("jsonl=memory://corpus/a.jsonl")
    assert [record.file for record in found.records] == ["a.jsonl"]
    assert found.remarks == ["fetched from memory://corpus/a.jsonl"]
    with pytest.raises(InputError, match=r"^memory://corpus/none.jsonl: does not exist"):
        looked("jsonl=memory://corpus/none.jsonl")
    with pytest.raises(InputError, match="cannot be fetched"):
        looked("jsonl=no-such-protocol://a.jsonl")


def test_an_array_is_read_as_lines_are_and_its_records_have_ids(tmp_path):
    row = {"text": "Ana met Bo.", "annotations": [{"target": "PER", "mention": "Ana"}]}
    records, rejects, _ = read("jsonl", write(tmp_path, "a.jsonl", (row, row)), task="ner")
    assert ([record.id for record in records], rejects) == (["a-1", "a-1.2"], [])


def test_line_ends_blanks_and_unicode_forms_of_mentions_are_aligned_and_counted(tmp_path):
    texts = [("New\r\nYork", "New\nYork"), ("New  York", "New York"), ("Café au", "Cafe\u0301 au")]
    rows = [
        {"text": text, "annotations": [{"target": "LOC", "mention": mention, "start": 0, "end": len(text)}]}
        for text, mention in texts
    ]
    found = looked(f"jsonl={write(tmp_path, 'a.jsonl', rows)}")
    assert [record.annotations[0].mention for record in found.records] == [text for text, _ in texts]
    assert sum(found.notes.values()) == 3 and "replaced by the text" in next(iter(found.notes))
