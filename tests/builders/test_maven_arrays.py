"""Files of MAVEN that are one JSON array of sentences: rules, bad items, broken arrays, memory."""

from __future__ import annotations

import json
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from sde_builders import json_array
from sde_builders.maven import BUILDER
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.sources import Source
from tests.builders.maven_files import DEEP, HUGE, array, item, triggers
from tests.conftest import read


def test_an_array(tmp_path):
    items = item(7, "A raid on Rome", ("Attack", 1, 2, "raid"), ("Motion", 1, 4, "raid on Rome")), item("b", 'x [ " }')
    records, rejects, _ = read("maven", array(tmp_path, *items))
    assert rejects == []
    assert [(r.id, r.text, r.split, r.document, r.line) for r in records] == [
        ("7", "A raid on Rome", "validation", None, 2),
        ("b", 'x [ " }', "validation", None, 3),
    ]
    assert triggers(records[0]) == [("Attack", "raid", "raid"), ("Motion", "raid on Rome", "raid on Rome")]


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        (5, None),
        ("NaN", None),
        ("-Infinity", None),
        ("", None),
        (HUGE, None),
        (DEEP, None),
        ("{'id': 3}", None),
        ('{"id": 3} {"id": 4}', None),
        ("{}", None),
        (item(None, "x"), None),
        (item(True, "x"), None),
        (item(1.5, "x"), None),
        ('{"id": NaN, "tokens": ["x"], "events": []}', None),
        ('{"id": 3, "tokens": ["x"]}', "3"),
        (item(3, "x", events=None), "3"),
        (item(3, "x", events={}), "3"),
        (item(3, "x", events=[5]), "3"),
        (item(3, "x", tokens="x"), "3"),
        (item(3, "x", tokens=[["x"]]), "3"),
        (item(3, "x", ("Attack", 0, 2, "x")), "3"),
        (item(3, "x", ("Attack", 0, 1, "y")), "3"),
        (item(3, "x", (5, 0, 1, "x")), "3"),
        ('{"id": 3, "tokens": ["x"], "events": [{"text": "x", "start": NaN, "end": 1, "event_type": "Attack"}]}', "3"),
    ],
)
def test_a_bad_item_is_rejected_alone(tmp_path, bad, name):
    bad = bad if isinstance(bad, str) else json.dumps(bad)
    records, [reject], _ = read("maven", array(tmp_path, item(1, "a"), bad, item(2, "b")))
    assert [(r.id, r.line) for r in records] == [("1", 2), ("2", 4)]
    assert (reject.id, reject.file, reject.what) == (name, "dev.json", "record")
    assert reject.line in ((3,) if bad else (3, 4))
    assert len(reject.reason) < 200


def test_an_item_without_events_is_unlabelled(tmp_path):
    records, [reject], _ = read("maven", array(tmp_path, '{"id": 3, "tokens": ["x"]}', item(4, "x")))
    assert reject.reason.startswith("unlabelled: ")
    assert [(r.id, r.annotations) for r in records] == [("4", [])]


def test_arrays_are_read_alike_wherever_the_pieces_end(tmp_path, monkeypatch):
    items = [item(n, 'é \\ " 日 ] , {', ("Attack", 0, 1, "é")) for n in range(5)]
    text = "\ufeff \n" + json.dumps(items, ensure_ascii=False, indent=1)
    (tmp_path / "dev.json").write_text(text, encoding="utf-8")
    whole = read("maven", tmp_path / "dev.json")[:2]
    assert (len(whole[0]), whole[1], whole[0][0].line) == (5, [], 3)
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(json_array, "_CHUNK", size)
        assert read("maven", tmp_path / "dev.json")[:2] == whole


@pytest.mark.parametrize("text", ["[]", " [ ]\n", "\n[\n]\n"])
def test_an_empty_array_gives_nothing(tmp_path, text):
    (tmp_path / "dev.json").write_text(text)
    assert read("maven", tmp_path)[:2] == ([], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[\n{"id": 1},\n{"id', r"^dev\.json:3: the JSON array is cut off\. Fetch"),
        ('[\n{"id": 1},\n', r"^dev\.json:3: the JSON array is cut off"),
        ("[", r"^dev\.json:1: the JSON array is cut off"),
        ('[\n{"id": 1}\n}', r"^dev\.json:3: is not one JSON array: '}'"),
        ("[1]\n[2]", r"^dev\.json:2: is not one JSON array: '\['"),
        ("[1]\nx", r"^dev\.json:2: has more text after the array"),
        (" \n", r"^dev\.json: is empty"),
        ("", r"^dev\.json: is empty"),
        (b'[\n1,\n"\xff"]', r"^dev\.json:3: is not UTF-8"),
        (b"[\n1,\n2\xe2\x82", r"^dev\.json:3: is not UTF-8"),
    ],
)
def test_a_broken_array(tmp_path, text, message):
    (tmp_path / "dev.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        read("maven", tmp_path / "dev.json")


def test_one_item_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(json_array, "_LONGEST", 1000)
    monkeypatch.setattr(json_array, "_CHUNK", 100)
    path = array(tmp_path, item(1, "a"), '"' + "x" * 2000)
    with pytest.raises(InputError, match=r"dev\.json:3: one item is longer than 1000"):
        read("maven", path)


def test_items_come_before_the_file_is_read_whole(tmp_path):
    path = array(tmp_path, *[item(n, "a") for n in range(20_000)], '{"cut')
    context = ReadContext(Source(path))
    assert [r.id for r in islice(BUILDER.read(context), 3)] == ["0", "1", "2"]


def peak(path: Path) -> int:
    tracemalloc.start()
    try:
        for _ in BUILDER.read(ReadContext(Source(path))):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_an_array(tmp_path):
    small, large = (
        array(tmp_path, *[item(n, "word" + " word" * 20) for n in range(count)], name=f"{count}.json")
        for count in (1_000, 4_000)
    )
    assert peak(large) < 1.2 * peak(small)
