"""Formats are recognised: a small file of each, the real corpora, the bundled ones, and the wrong reader."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from sde_datasets.ingest.recognise import recognised
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.ingest.sources import Source
from sde_datasets.ingest.view import View
from tests.builders.written import write

SPAN = {"start": 0, "end": 3, "label": "PER"}
LS = {"type": "labels", "from_name": "l", "to_name": "text", "value": {"start": 0, "end": 3, "labels": ["PER"]}}
TRIGGER = {"event_type": "A", "trigger": {"text": "met", "start": 1, "end": 2}}
FILES = [
    ("labelstudio", "ner", "a.json", ({"id": 1, "data": {"text": "Ana"}, "annotations": [{"result": [LS]}]},)),
    ("labelstudio", "ner", "a.json", ({"id": 1, "text": "Ana", "label": [{**SPAN, "labels": ["PER"]}]},)),
    ("doccano", "ner", "a.jsonl", [{"id": 1, "text": "Ana", "label": [[0, 3, "PER"]]}]),
    ("doccano", "mabsa", "a.jsonl", [{"id": 1, "text": "Good.", "label": ["food positive"]}]),
    ("prodigy", "ner", "a.jsonl", [{"text": "Ana", "spans": [SPAN], "answer": "accept", "_input_hash": 1}]),
    ("spacy", "ner", "a.json", (["Ana", {"entities": [[0, 3, "PER"]]}],)),
    ("spacy", "ner", "a.spacy", b"\x00"),
    ("conll", "ner", "a.txt", "Ana B-PER\nran O\n"),
    ("bioc", "ner", "a.xml", "<collection><document><passage/></document></collection>"),
    ("bioc", "ner", "a.json", {"documents": [{"id": "1", "passages": []}]}),
    ("pubtator", "ner", "a.txt", "1|t|Title\n1|a|Abstract\n"),
    ("uima", "ner", "a.xmi", '<?xml version="1.0"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI"/>'),
    ("oneie", "ed", "a.json", [{"tokens": ["Ana", "met"], "event_mentions": [TRIGGER]}]),
    ("oneie", "ed", "a.json", [{"doc_key": "d", "sentences": [["a"]], "events": [[]]}]),
    ("rams", "ed", "a.jsonlines", [{"doc_key": "d", "sentences": [["a"]], "evt_triggers": []}]),
    ("wikievents", "ed", "a.jsonl", [{"doc_id": "d", "tokens": ["a"], "sentences": [], "event_mentions": []}]),
    ("casie", "ed", "1.json", {"content": "a", "cyberevent": None}),
    ("semeval", "mabsa", "a.xml", '<sentence id="1"><text>a</text><aspectCategories><aspectCategory category="a"/>'),
    ("semeval", "ner", "a.xml", '<sentence id="1"><text>a</text><aspectTerms><aspectTerm term="a"/>'),
    ("aste", "ner", "a.txt", "The soup####[([1], [1], 'POS')]\n"),
    ("asqp", "mabsa", "a.txt", "The soup####[['soup', 'food', 'positive', 'NULL']]\n"),
    ("brat", "ner", "a.ann", "T1\tPER 0 3\tAna\n"),
    ("jsonl", "ner", "a.jsonl", [{"text": "Ana", "annotations": [{"target": "PER", "mention": "Ana"}]}]),
    ("hf", "ner", "a.jsonl", [{"tokens": ["Ana"], "ner_tags": [1]}]),
    ("hf", "ner", "a.jsonl", [{"tokenized_text": ["Ana"], "ner": [[0, 0, "PER"]]}]),
    ("csv", "mabsa", "a.csv", "text,food\nGood,positive\n"),
    ("csv", "ner", "a.tsv", "text\ttarget\tstart\tend\nAna\tPER\t0\t3\n"),
]


IDS = [f"{name}-{file}-{number}" for number, (name, _, file, _) in enumerate(FILES)]


@pytest.mark.parametrize(("name", "task", "file", "content"), FILES, ids=IDS)
def test_a_file_of_each_format_is_recognised_with_its_task(tmp_path, name, task, file, content):
    found = recognised(Source(write(tmp_path, file, content)))
    expected = ("csv", "table") if name == "csv" else (name,)
    assert found.builder.name in expected and found.task == task


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("acos", "acos"),
        ("asap", "asap"),
        ("genia_term/GENIAcorpus3.02.tgz", "genia"),
        ("genia_term/iob2_boundary_aware", "conll"),
        ("genia_term/json_w2ner", "hf"),
        ("genia_term/jsonlines_cnn_nested_ner", "oneie"),
        ("mams/MAMS-ACSA", "mams"),
        ("mams/MAMS-ATSA", "semeval"),
        ("maven", "maven"),
        ("nerel", "brat"),
    ],
)
def test_the_real_corpora_are_recognised(corpora, path, name):
    assert recognised(Source(corpora / path)).builder.name == name


@pytest.mark.parametrize(("path", "name"), [("ner", "genia"), ("ed", "maven"), ("mabsa", "acos"), ("mabsa_zh", "asap")])
def test_the_bundled_corpora_are_recognised(path, name):
    assert recognised(Source(Path(str(files("sde_builders"))) / "samples" / path)).builder.name == name


def test_an_unknown_file_is_refused_with_what_it_holds(tmp_path):
    with pytest.raises(InputError, match=r"a.json: no reader recognises it; it holds objects with the keys 'x'"):
        recognised(Source(write(tmp_path, "a.json", {"x": 1})))


def test_a_source_without_a_corpus_is_read_by_the_reader_that_knows_it(tmp_path):
    path = write(tmp_path, "a=b.jsonl", [{"id": 1, "text": "Ana", "label": [[0, 3, "PER"]]}])
    (view,) = source_plan([str(path)], "").view
    assert (view.corpus, view.task, view.path) == ("doccano", "ner", str(path))
    with pytest.raises(UsageError, match="'nowhere' is neither a path nor of the form CORPUS=PATH"):
        source_plan(["nowhere"], "")


@pytest.mark.parametrize("used", ["jsonl", "conll", "labelstudio", "semeval"])
def test_the_wrong_reader_names_the_right_one(tmp_path, used):
    rows = [{"id": n, "text": "Ana met Bo.", "label": [[0, 3, "PER"]]} for n in range(3)]
    plan = completed(Plan((ViewPlan(used, str(write(tmp_path, "a.jsonl", rows)), task="ner"),)), "test")
    with pytest.raises((InputError, UsageError)) as error:
        View.from_plan(plan, plan.view[0], tmp_path).schemas()
    assert "This looks like doccano" in str(error.value) and "--source doccano=PATH" in str(error.value)


def test_a_large_object_on_one_line_is_read_whole(tmp_path):
    row = {"content": "a" * 400_000, "cyberevent": None}
    assert recognised(Source(write(tmp_path, "1.json", json.dumps(row)))).builder.name == "casie"
