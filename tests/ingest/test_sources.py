"""Sources: files, folders and archives give the same records, and broken ones give an error.

pytest tests/ingest/test_sources.py
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.source_files import unique_endings
from sde_datasets.ingest.sources import Source

FILES = {"a/train.txt": b"one\ntwo\n", "a/test.txt": b"three", "b.csv": b"\xef\xbb\xbfx,y\n"}


def folder(path: Path) -> Path:
    for name, data in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    (path / ".hidden").write_bytes(b"no")
    return path


def tar(path: Path, mode: str = "w:gz", files: dict[str, bytes] = FILES) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    return path


@pytest.fixture(params=["folder", "tgz", "tar", "zip"])
def source(request, tmp_path) -> Source:
    made = {
        "folder": lambda: folder(tmp_path / "c"),
        "tgz": lambda: tar(tmp_path / "c.tgz"),
        "tar": lambda: tar(tmp_path / "c.tar", "w"),
        "zip": lambda: zipped(tmp_path / "c.zip"),
    }
    return Source(made[request.param](), "corpus")


def test_a_folder_and_every_archive_give_the_same(source):
    assert source.names() == ["a/test.txt", "a/train.txt", "b.csv"]
    assert source.find("TRAIN*") == ["a/train.txt"]
    assert list(source.lines("a/train.txt")) == ["one\n", "two\n"]
    assert list(source.lines("b.csv")) == ["x,y\n"]
    assert source.text("b.csv") == "x,y\n"
    assert b"".join(source.chunks("a/test.txt", 2)) == b"three"
    assert source.location("b.csv") == "corpus/b.csv"


def test_two_members_can_be_read_side_by_side(source):
    one, two = source.lines("a/train.txt"), source.lines("a/test.txt")
    assert [next(one), next(two), next(one)] == ["one\n", "three", "two\n"]


def test_a_file_alone_is_a_source_of_one(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"a\n")
    source = Source(tmp_path / "x.csv", "csv")
    assert source.names() == ["x.csv"] and source.location("x.csv") == source.label == "x.csv"


def test_inputs_are_the_files_that_were_opened(tmp_path):
    source = Source(folder(tmp_path / "c"), "corpus")
    source.text("b.csv")
    assert list(source.inputs()) == ["corpus/b.csv"]
    archive = Source(tar(tmp_path / "c.tgz"), "corpus")
    assert list(archive.inputs()) == ["corpus"]


def test_a_new_file_changes_the_listing(tmp_path):
    before = Source(folder(tmp_path / "c")).listing()
    (tmp_path / "c" / "new.txt").write_text("x")
    assert Source(tmp_path / "c").listing() != before


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../evil", "..\\evil"])
def test_members_that_point_out_of_the_archive_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="points out of the archive"):
        Source(tar(tmp_path / "c.tgz", files={"a.txt": b"x", name: b"y"}))


@pytest.mark.parametrize("keep", [0, 1, 40, -9])
def test_truncated_archives_are_named(tmp_path, keep):
    whole = tar(tmp_path / "c.tgz", files={"a.txt": bytes(range(256)) * 4096}).read_bytes()
    (tmp_path / "cut.tgz").write_bytes(whole[:keep])
    with pytest.raises(InputError, match=r"cut\.tgz"):
        Source(tmp_path / "cut.tgz")


def test_an_archive_that_is_none_is_named(tmp_path):
    for name in ("x.zip", "x.tgz", "x.tar"):
        (tmp_path / name).write_bytes(b"hello, this is no archive")
        with pytest.raises(InputError, match="is not a complete"):
            Source(tmp_path / name)


def test_links_in_an_archive_are_not_followed(tmp_path):
    with tarfile.open(tmp_path / "c.tar", "w") as archive:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    assert Source(tmp_path / "c.tar").names() == []


@pytest.mark.parametrize(("data", "says"), [(b"", "is empty"), (b"ok\ncaf\xe9\n", r":2: is not UTF-8")])
def test_lines_that_cannot_be_read_name_the_place(tmp_path, data, says):
    (tmp_path / "x.txt").write_bytes(data)
    with pytest.raises(InputError, match=says):
        list(Source(tmp_path / "x.txt").lines("x.txt"))


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        Source(tmp_path / "none")


def test_a_gzipped_tar_with_trailing_garbage_inside_is_refused(tmp_path):
    raw = gzip.decompress(tar(tmp_path / "c.tgz", files={"a.txt": b"x" * 5000}).read_bytes())
    (tmp_path / "cut.tar").write_bytes(raw[:3000])
    with pytest.raises(InputError, match="not a complete tar archive"):
        Source(tmp_path / "cut.tar")


def test_several_paths_are_one_source_whose_names_tell_them_apart(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for name in ("a/train.csv", "b/train.csv", "dev.data"):
        (tmp_path / name).write_text(f"{name}\n")
    made = [tmp_path / "a/train.csv", tmp_path / "b/train.csv", tmp_path / "dev.data", tar(tmp_path / "c.tgz")]
    source = Source([*made, folder(tmp_path / "f")], "corpus")
    inside = [f"{part}/{name}" for part in ("c.tgz", "f") for name in ("a/test.txt", "a/train.txt", "b.csv")]
    assert source.names() == sorted(["a/train.csv", "b/train.csv", "dev.data", *inside])
    assert source.given == ["a/train.csv", "b/train.csv", "dev.data"]
    assert [source.text(name) for name in ("b/train.csv", "c.tgz/b.csv")] == ["b/train.csv\n", "x,y\n"]
    assert source.location("dev.data") == "dev.data"
    list(source.lines("f/a/test.txt"))
    assert sorted(source.inputs()) == ["b/train.csv", "corpus/c.tgz", "corpus/f/a/test.txt"]


def test_a_path_that_is_given_twice_is_named():
    assert unique_endings(["/x/a/t.csv", "/x/b/t.csv", "/y/u.csv"]) == ["a/t.csv", "b/t.csv", "u.csv"]
    with pytest.raises(UsageError, match=r"t\.csv is given twice"):
        unique_endings(["/x/t.csv", "/x/t.csv"])


def workbook() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


def parquet() -> bytes:
    stream = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": ["a"]}), stream)
    return stream.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (parquet, "is a Parquet file, not UTF-8 text. Write it as JSON lines"),
        (workbook, "is an Excel workbook or another Office file, not UTF-8 text. Save it as CSV"),
        (lambda: gzip.compress(b"text"), "is compressed with gzip, not UTF-8 text. Unpack it: gunzip FILE"),
        (lambda: pa.compress(b"text", "zstd", asbytes=True), "is compressed with Zstandard, not UTF-8 text. Unpack"),
        (lambda: bz2.compress(b"text"), "is compressed with bzip2"),
        (lambda: lzma.compress(b"text"), "is compressed with xz"),
        (lambda: "text".encode("utf-16"), "is UTF-16, not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(tmp_path, content, says):
    (tmp_path / "x.jsonl").write_bytes(content())
    source = Source(tmp_path / "x.jsonl", "jsonl")
    for read in (source.lines, source.text):
        with pytest.raises(InputError) as error:
            list(read("x.jsonl"))
        assert str(error.value).startswith(f"x.jsonl: {says}")
