"""One rule for bad annotations, whatever reader found them: each corpus loses its record, or the annotation alone.

pytest tests/ingest/test_bad_annotations.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sde_datasets.ingest.bad_annotations import DROP, REJECT_RECORD
from tests.conftest import read

MAMS_SENTENCE = (
    "<sentence><text>Good.</text><aspectCategories>"
    '<aspectCategory category="food" polarity="positive"/><aspectCategory category="menu" polarity="{}"/>'
    "</aspectCategories></sentence>"
)
MAMS = f"<sentences>{MAMS_SENTENCE.format('conflict')}{MAMS_SENTENCE.format('neutral')}</sentences>"
GENIA = (
    "<set><article><articleinfo><bibliomisc>MEDLINE:1</bibliomisc></articleinfo><title>"
    '<sentence><cons sem="G#DNA_part"> </cons>A <cons sem="G#DNA_part">gene</cons></sentence>'
    "<sentence>Nothing.</sentence></title></article></set>"
)
MAVEN = json.dumps(
    [
        {
            "id": 1,
            "tokens": ["They", "won"],
            "events": [{"text": word, "start": 1, "end": 2, "event_type": "Competition"} for word in ("won", "lost")],
        },
        {"id": 2, "tokens": ["x"], "events": []},
    ]
)
CASES = {
    "maven": ("train.json", MAVEN, {}, "'lost' is not at its offset"),
    "mams": ("train.xml", MAMS, {}, "unknown polarity 'conflict'"),
    "genia": ("genia.xml", GENIA, {}, "has no text"),
    "acos": (
        "rest_train.tsv",
        "good soup\t0,1 FOOD#QUALITY 2 0,1\t0,1 FOOD#PRICES 9 0,1\nbad\t-1,-1 FOOD#QUALITY 0 -1,-1\n",
        {},
        "unknown sentiment '9'",
    ),
    "csv": ("train.csv", "text,food,price\ngood,positive,tasty\nbad,negative,negative\n", {"task": "mabsa"}, "'tasty'"),
    "jsonl": (
        "train.jsonl",
        '{"text": "Ana", "annotations": [{"target": "PER", "mention": "Ana"}, {"target": "PER", "mention": "Bo"}]}\n'
        '{"text": "Bo", "annotations": []}\n',
        {"task": "ner"},
        "'Bo' does not occur",
    ),
}


@pytest.mark.parametrize("corpus", CASES)
def test_a_record_with_a_bad_annotation_goes_or_loses_the_annotation(tmp_path, corpus):
    name, content, options, reason = CASES[corpus]
    (tmp_path / name).write_text(content, "utf-8")
    found = {rule: read(corpus, tmp_path / name, bad_annotations=rule, **options) for rule in (DROP, REJECT_RECORD)}
    (kept, [dropped], _), (others, [rejected], _) = found[DROP], found[REJECT_RECORD]
    assert reason in dropped.reason and dropped.what == "annotation"
    assert reason in rejected.reason and rejected.what == "record" and rejected.id == kept[0].id
    assert len(kept[0].annotations) == 1
    assert [record.id for record in others] == [record.id for record in kept[1:]]


def test_a_broken_line_of_brat_takes_its_document_along(tmp_path):
    for name, line in (("a", "T1 broken"), ("b", "T1\tX 0 2\tBo")):
        Path(tmp_path / f"{name}.txt").write_text("Bo left. Cy stayed.")
        Path(tmp_path / f"{name}.ann").write_text(line + "\n")
    records, [reject], _ = read("brat", tmp_path)
    assert len(records) == 4 and reject.what == "annotation"
    records, rejects, _ = read("brat", tmp_path, bad_annotations=REJECT_RECORD)
    assert [record.document for record in records] == ["b", "b"]
    assert [(reject.id, reject.what) for reject in rejects] == [("a-1", "record"), ("a-2", "record")]
    assert all("a.ann:1: the line 'T1 broken' is broken" in reject.reason for reject in rejects)


def test_a_bad_annotation_whose_record_never_comes_is_rejected_alone(tmp_path):
    Path(tmp_path / "a.txt").write_text(" ")
    Path(tmp_path / "a.ann").write_text("T1 broken\nT2\tX 0 1\tA\n")
    Path(tmp_path / "b.txt").write_text("Bo")
    Path(tmp_path / "b.ann").write_text("T1\tX 0 2\tBo\n")
    _, rejects, _ = read("brat", tmp_path, bad_annotations=REJECT_RECORD)
    assert sorted(reject.what for reject in rejects) == ["annotation", "annotation", "record"]
