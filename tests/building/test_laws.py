"""The laws of a build as properties: nothing is lost in silence, and the same input gives the same bytes.

Law 1 (round trip) is in formats/test_law.py, law 4 (model output is data) there and in formats/test_defects.py, law 6
(nothing half-written) in test_build.py.

    pytest tests/building/test_laws.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.building.check import check
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.errors import InputError
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress
from tests.properties import examples
from tests.strategies import words

pytestmark = pytest.mark.slow

QUIET = Progress(quiet=True)
DESIGNS = ("lines-text-rcot-ou", "natural-num-cot", "json-text", "list-num-rcot")


@st.composite
def mention_rows(draw):
    """Rows of own NER data, most of them valid: awkward texts, nested mentions, repeats, and some that are broken."""
    text = draw(st.lists(words, min_size=1, max_size=5).map("".join))
    annotations = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        target = draw(st.sampled_from(["A", "b: c", "0", "NONE", "it's"]))
        annotations.append({"target": target, "start": start, "end": end})
    row = {"id": draw(st.sampled_from("abcdefgh")) + draw(st.sampled_from("12345678")), "text": text}
    row["annotations"] = annotations
    row["split"] = draw(st.sampled_from(["train", "dev", "test"]))
    broken = draw(st.sampled_from(["no"] * 6 + ["offset", "mention", "label", "unlabelled", "split", "surrogate"]))
    if broken == "offset":
        annotations.append({"target": "A", "start": 0, "end": len(text) + 1})
    elif broken == "mention":
        annotations.append({"target": "A", "mention": text + "!", "start": 0, "end": 1})
    elif broken == "label":
        annotations.append({"target": "A", "label": "positive"})
    elif broken == "unlabelled":
        del row["annotations"]
    elif broken == "split":
        row["split"] = "elsewhere"
    elif broken == "surrogate":
        row["text"] = text + "\ud800"
    return row


@settings(max_examples=examples(40))
@given(
    rows=st.lists(mention_rows(), min_size=1, max_size=12),
    dedupe=st.booleans(),
    max_empty=st.sampled_from([1.0, 0.4, 0.0]),
)
def test_every_row_is_kept_rejected_or_dropped_and_every_completion_is_read_back(rows, dedupe, max_empty):
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "mine.jsonl", Path(folder) / "out"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        plan = source_plan([f"jsonl={data}"], "ner", designs=DESIGNS, dedupe=dedupe, max_empty=max_empty)
        try:
            state = build(plan, out, 1, progress=QUIET).manifest.views["ner"]
        except InputError:
            # not one row could be taken, or all were dropped: nothing is built, and the error says so
            return
        report = state.report
        assert report.imbalance() is None
        assert report.records["read"] == len(rows)
        rejects = (out / "rejects.jsonl").read_text("utf-8").splitlines()
        assert report.records["rejected"] == len(rejects)
        paths = [out / shard.path for _, shard in state.shards()]
        assert report.records["kept"] == sum(len(batch) for path in paths for batch in row_groups(path))
        *_, last = _check_without_loading(out)
        assert "read back" in last


def _check_without_loading(out: Path):
    for line in check(out, 1, QUIET):
        yield line
        if line.startswith("completions"):
            return


@settings(max_examples=examples(10))
@given(rows=st.lists(mention_rows(), min_size=1, max_size=8))
def test_the_same_rows_give_the_same_bytes(rows):
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "mine.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        trees = []
        for name in "ab":
            out = Path(folder) / name
            try:
                build(source_plan([f"jsonl={data}"], "ner", designs=DESIGNS), out, 1, progress=QUIET)
            except InputError:
                return
            trees.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
        assert trees[0] == trees[1]
