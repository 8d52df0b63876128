"""Rejects explained: kinds with counts, the first place, the file that holds all; and a stop where most are rejected.

pytest tests/ingest/test_rejects.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.ingest.rejects import group_rejects

GOOD = [{"target": "food", "label": "positive"}]


def build(tmp_path: Path, rows: list[dict], *args: str):
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    given = ["build", "--source", f"jsonl={tmp_path / 'own.jsonl'}", "--task", "mabsa", "--designs", "es", "--quiet"]
    return CliRunner().invoke(main, [*given, "--out", str(tmp_path / "out"), *args])


def row(number: int, annotations: list | None = None) -> dict:
    return {"id": f"r{number}", "text": f"soup number {number}", "annotations": annotations or GOOD}


def bad(number: int, label: str) -> dict:
    return row(number, [{"target": "food", "label": label}])


def test_reasons_are_told_by_kind_with_counts_and_first_place(tmp_path):
    rows = [*(row(n) for n in range(8)), bad(8, "tasty"), bad(9, "it's fine"), bad(10, "meh"), row(0)]
    done = build(tmp_path, rows)
    assert done.exit_code == 0, done.output
    output = " ".join(done.output.split())
    assert "mabsa: rejected: 3 records, first own.jsonl:9: $.annotations[0]: unknown label 'tasty' for 'food'" in output
    assert "(and likewise \"it's fine\", 'meh')" in output
    assert (
        "mabsa: rejected: 1 record, first own.jsonl:12: duplicate id 'r0', which occurs first at own.jsonl:1" in output
    )
    assert f"all rejects, with file, line and reason: {tmp_path}/out/rejects.jsonl" in output
    assert "read 12" not in output and output.index("view read kept") < output.index("rejected: 3 records")


def test_a_build_without_rejects_says_nothing_of_them(tmp_path):
    assert "rejects.jsonl" not in build(tmp_path, [row(1)]).output


def test_a_second_build_that_reads_nothing_again_explains_them_too(tmp_path):
    rows = [row(1), row(2), bad(3, "tasty")]
    assert "rejected: 1 record, first own.jsonl:3" in build(tmp_path, rows).output
    assert "rejected: 1 record, first own.jsonl:3" in build(tmp_path, rows).output


@pytest.mark.parametrize(("wrong", "code"), [(2, 0), (3, 1)])
def test_a_build_stops_where_most_records_are_rejected(tmp_path, wrong, code):
    done = build(tmp_path, [row(0), row(1), *(bad(n, "tasty") for n in range(2, 2 + wrong))])
    assert done.exit_code == code, done.output
    if code:
        wrong = "own.jsonl: 3 of 5 records were rejected. 3 times, first at own.jsonl:3: $.annotations[0]: unknown"
        assert wrong in done.output and "--max-rejected 1" in done.output


def test_the_share_of_rejects_that_stops_can_be_chosen(tmp_path):
    rows = [row(0), *(bad(n, "tasty") for n in range(1, 9))]
    assert build(tmp_path, rows, "--max-rejected", "1").exit_code == 0
    assert build(tmp_path, [row(0), row(1), row(2), bad(3, "x")], "--max-rejected", "0.2").exit_code == 1


def test_kinds_leave_out_what_is_quoted_and_numbers(tmp_path):
    reasons = ["expected 2 fields, found 3", "expected 12 fields, found 1", "the corpus's 'a' isn't \"it's\"", "x"]
    lines = [
        {"view": "v", "file": "f", "line": n, "reason": r, "id": None, "what": "record"}
        for n, r in enumerate(reasons, 1)
    ]
    lines.append(lines[2] | {"reason": "the corpus's 'b' isn't 'c'", "line": 9})
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    kinds = group_rejects(tmp_path / "r.jsonl")
    assert [(k.count, k.location, k.first_reason) for k in kinds] == [
        (2, "f:1", reasons[0]),
        (2, "f:3", reasons[2]),
        (1, "f:4", "x"),
    ]
    assert kinds[1].reason.endswith("(and likewise 'b')") and kinds[0].reason == reasons[0]
    assert group_rejects(tmp_path / "r.jsonl", "another") == []
