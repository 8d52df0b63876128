"""The reader of CSV rows: lines, quoting, and what is refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_builders.csv_rows import rows
from sde_datasets.errors import InputError
from sde_datasets.ingest.sources import Source
from tests.properties import examples


def table(tmp_path, data: bytes, delimiter: str = ","):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    return list(rows(Source(path), "t.csv", delimiter))


def refused(tmp_path, data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        table(tmp_path, data)
    return str(caught.value)


def test_rows_with_the_lines_where_they_begin(tmp_path):
    data = b'id,review\n1,"a, ""b""\r\nc\n\nd"\n2,plain\n'
    assert table(tmp_path, data) == [(1, ["id", "review"]), (2, ["1", 'a, "b"\r\nc\n\nd']), (6, ["2", "plain"])]


def test_byte_order_mark_crlf_and_no_last_end_of_line(tmp_path):
    assert table(tmp_path, b"\xef\xbb\xbfid,x\r\n1,2") == [(1, ["id", "x"]), (2, ["1", "2"])]
    assert table(tmp_path, b'\xef\xbb\xbf"id",x\n') == [(1, ["id", "x"])]


def test_blank_lines_are_rows_without_fields(tmp_path):
    assert table(tmp_path, b"a,b\n\n1,2\n") == [(1, ["a", "b"]), (2, []), (3, ["1", "2"])]
    assert table(tmp_path, b"\xef\xbb\xbf") == [(1, [])]


def test_delimiter_and_nul(tmp_path):
    assert table(tmp_path, b"a;b,c\n", ";") == [(1, ["a", "b,c"])]
    assert table(tmp_path, b"a,\0b\n") == [(1, ["a", "\0b"])]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b'a,b\n1,2\n3,"open\nand on\n', "t.csv:3: the row is not CSV"),
        (b'a,b\n1,"x"y\n', "t.csv:2: the row is not CSV"),
        (b"a,b\n1,x\ry\n", "t.csv:2: the row is not CSV"),
        (b"a,b\n1," + b"x" * 140_000 + b"\n", "t.csv:2: the row is not CSV (field larger than"),
    ],
)
def test_broken_quoting_is_refused_with_the_line_of_its_row(tmp_path, data, where):
    message = refused(tmp_path, data)
    assert message.startswith(where)
    assert "Quote a field" in message


def test_wrong_encoding_and_empty_file_are_refused(tmp_path):
    assert refused(tmp_path, "a,b\n1,好吃\n".encode("gb18030")).startswith("t.csv:2: is not UTF-8")
    assert refused(tmp_path, b"") == "t.csv: is empty"


@settings(max_examples=examples(60))
@given(given_rows=st.lists(st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=2), min_size=1))
def test_gives_back_what_the_csv_module_wrote(tmp_path_factory, given_rows):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(given_rows)
    found = table(tmp_path_factory.mktemp("t"), stream.getvalue().encode())
    assert [fields for _, fields in found] == given_rows
    ends = [sum(field.count("\n") for field in row) + 1 for row in given_rows]
    assert [line for line, _ in found] == [1 + sum(ends[:n]) for n in range(len(ends))]
