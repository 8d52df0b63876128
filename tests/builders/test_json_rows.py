"""Lines of JSON objects: what is given for each line, and which files are refused."""

from __future__ import annotations

import pytest

from sde_builders.files import BLANK
from sde_builders.json_rows import lines
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Reject


def job_of(tmp_path, content):
    (tmp_path / "own.jsonl").write_text(content, "utf-8")
    return ReadContext(Source(tmp_path / "own.jsonl"))


def test_an_object_or_a_reason_for_each_line_that_is_not_blank(tmp_path):
    context = job_of(tmp_path, '{"id": "r1"}\n\n[1]\n{"id": "r2", "text"')
    (first, row), (second, array), (third, cut) = lines(context, "own.jsonl")
    assert (first, second, third, row) == (1, 3, 4, {"id": "r1"})
    assert isinstance(array, Reject)
    assert array.line == 3
    assert array.reason == "expected a JSON object, found a list"
    assert cut.reason.endswith("the file seems to be cut off here")
    assert context.notes == {BLANK: 1}


def test_a_file_without_an_object_is_refused_after_its_lines(tmp_path):
    found = lines(job_of(tmp_path, "[1]\n"), "own.jsonl")
    assert next(found)[0] == 1
    with pytest.raises(InputError, match="no line holds a JSON object"):
        next(found)
