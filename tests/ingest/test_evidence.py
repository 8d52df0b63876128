"""Extracted evidence: the right clause where it is obvious, the same one every time, better than chance on ACOS.

pytest tests/ingest/test_evidence.py
"""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from sde_datasets.ingest import evidence
from sde_datasets.ingest.clauses import Clauses
from sde_datasets.ingest.evidence import Extraction, Extractor
from sde_datasets.records.columns import RECORD_SCHEMA
from sde_datasets.tasks.task import get_task
from tests.conftest import read

TARGETS = ("food", "service", "price")
SAID = {
    "en": {
        "food": ["the soup tasted fresh", "a delicious soup", "fresh and delicious pasta", "the pasta tasted bland"],
        "service": ["the waiter smiled", "a rude waiter", "friendly staff", "the staff smiled and was friendly"],
        "price": ["a very cheap place", "cheap enough", "too expensive", "it is an expensive place"],
    },
    "zh": {
        "food": ["味道很好", "菜的味道新鲜", "菜品新鲜好吃", "菜很好吃"],
        "service": ["服务员热情", "服务态度差", "态度很热情", "服务员态度冷淡"],
        "price": ["价格便宜", "价格有点贵", "很便宜划算", "性价比划算"],
    },
}


def corpus(language: str) -> tuple[list[str], list[list[str]]]:
    """Every two sayings of two targets as one text, and every saying alone, with the targets that they mention."""
    comma, stop = ("，", "。") if language == "zh" else (" , ", " .")
    said = [(saying, target) for target, sayings in SAID[language].items() for saying in sayings]
    pairs = [(a + comma + b + stop, [s, t]) for a, s in said for b, t in said if s != t]
    alone = [(saying + stop, [target]) for saying, target in said]
    texts, mentioned = zip(*pairs, *alone, strict=True)
    return list(texts), list(mentioned)


def small(language: str) -> Extractor:
    return Extractor(*corpus(language), TARGETS, language)


def clause(extractor: Extractor, text: str, target: str) -> str | None:
    [[span]] = extractor.choose([text], [[target]])
    return span and text[span[0] : span[1]]


@pytest.mark.parametrize(
    ("language", "text", "right"),
    [
        ("en", "Sadly, the soup was bland; friendly waiters though, and not expensive!", [1, 2, 3]),
        ("en", "We came late. The staff was rude, the place cheap, and nobody wants such pasta.", [3, 1, 2]),
        ("zh", "上周去的，价格不便宜，不过味道新鲜；服务热情。", [2, 3, 1]),
        ("zh", "服务员态度很好！菜也好吃，下次再来，而且划算", [1, 0, 3]),
    ],
)
def test_the_obvious_clause_is_chosen(language, text, right):
    extractor, clauses = small(language), Clauses(text).all()
    assert extractor.choose([text], [TARGETS]) == [[clauses[at] for at in right]]


@pytest.mark.parametrize("language", SAID)
def test_every_training_text_gives_its_own_clause(language):
    texts, mentioned = corpus(language)
    wanted = [[Clauses(text).all()[i] for i in range(len(found))] for text, found in zip(texts, mentioned, strict=True)]
    assert small(language).choose(texts, mentioned) == wanted


def test_text_of_one_clause_gives_all_of_it():
    assert clause(small("en"), " the soup tasted fresh . ", "food") == "the soup tasted fresh"
    assert clause(small("en"), "qqq", "food") == "qqq"


def test_order_and_number_of_the_wanted_targets_are_kept():
    text = "a rude waiter, cheap, delicious soup"
    price, food = Clauses(text).all()[1:]
    assert small("en").choose([text, text, text], [["price", "food"], [], ["food", "price"]]) == [
        [price, food],
        [],
        [food, price],
    ]


def test_target_of_which_nothing_is_known_gives_none():
    text = "friendly staff, cheap"
    assert clause(small("en"), text, "ambience") is None
    texts, mentioned = corpus("en")
    # neither a target that no text mentions nor one that every text does can be told
    extractor = Extractor(texts, [[*given, "always"] for given in mentioned], (*TARGETS, "never", "always"), "en")
    [[never, service, always]] = extractor.choose([text], [["never", "service", "always"]])
    assert (never, always) == (None, None)
    assert service == (0, len("friendly staff"))


@pytest.mark.parametrize("texts", [[], [""], ["one text"], ["ab", "cd", "ef"]])
@pytest.mark.parametrize("language", SAID)
def test_training_that_teaches_nothing_gives_none(texts, language):
    extractor = Extractor(texts, [["food"] if i % 2 else [] for i in range(len(texts))], TARGETS, language)
    assert extractor.choose(["a, b", ""], [["food", "price"], []]) == [[None, None], []]


def test_text_without_a_clause_gives_none():
    assert small("en").choose(["", " . ", "a, b"], [["food"], ["food"], []]) == [[None], [None], []]
    assert small("en").choose([], []) == []


FRESH = """
from tests.ingest.test_evidence import corpus, small
print(*[small(language).choose(*corpus(language)) for language in ("en", "zh")])
"""


@pytest.mark.slow
def test_the_choice_is_the_same_every_time():
    here = [small(language).choose(*corpus(language)) for language in SAID]
    assert here == [small(language).choose(*corpus(language)) for language in SAID]
    environment = os.environ | {"PYTHONHASHSEED": "271", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", FRESH], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == " ".join(map(str, here)).split()


def batch(texts: list[str], mentioned: list[list[str]], label: str) -> pa.RecordBatch:
    """Records without evidence, as a view of a label corpus has them before extraction."""
    rows = []
    for i, (text, targets) in enumerate(zip(texts, mentioned, strict=True)):
        empty = {field.name: None for field in RECORD_SCHEMA.field("annotations").type.value_type}
        given = [empty | {"target": t, "label": label, "evidence": [], "origin": "none"} for t in targets]
        row = dict.fromkeys(RECORD_SCHEMA.names) | {"id": str(i), "text": text, "annotations": given, "split": "train"}
        rows.append(row)
    return pa.RecordBatch.from_pylist(rows, RECORD_SCHEMA)


@pytest.mark.parametrize("language", SAID)
def test_batches_are_described(language):
    schema = get_task("mabsa").schema((*TARGETS, "never"), language)
    texts, mentioned = corpus(language)
    training = [batch(texts[i : i + 7], mentioned[i : i + 7], schema.labels[0]) for i in range(0, len(texts), 7)]
    extraction = Extraction(iter(training), schema)
    given = batch([*texts, "x, y", "。"], [*mentioned, ["never"], ["food"]], schema.labels[0])
    described = extraction.add_evidence(given)
    assert described.schema == given.schema
    chosen = small(language).choose(texts, mentioned)
    *rows, never, blank = described.to_pylist()
    for row, before, targets, spans in zip(rows, given.to_pylist(), mentioned, chosen, strict=False):
        assert row | {"annotations": None} == before | {"annotations": None}
        assert [a["target"] for a in row["annotations"]] == targets
        for annotation, span in zip(row["annotations"], spans, strict=True):
            [found] = annotation["evidence"]
            assert (found["start"], found["end"]) == span
            assert row["text"][found["start"] : found["end"]] == found["text"]
            assert annotation["origin"] == "extracted"
    for row in (never, blank):
        assert [(a["evidence"], a["origin"]) for a in row["annotations"]] == [([], "none")]


def test_a_sample_of_a_large_corpus_is_even_and_bounded(monkeypatch):
    monkeypatch.setattr(evidence, "MOST_RECORDS", 100)
    rows = [(f"{i:04}", []) for i in range(1000)]
    drawn = evidence._sample(rows)
    assert drawn == evidence._sample(iter(rows))
    assert len({text for text, _ in drawn}) == 100
    assert 400 < np.mean([int(text) for text, _ in drawn]) < 600
    assert evidence._sample(rows[:100]) == rows[:100]
    monkeypatch.setattr(evidence, "MOST_CHARACTERS", 43)
    assert evidence._sample(rows[:100]) == rows[:10]


def test_on_acos_it_is_much_better_than_a_clause_at_random(corpora):
    # measured with scripts/benchmarks/evidence.py where a text has two clauses or more: 84.5 %, at random
    # 54.1 %, over 291 pairs; 5 points of the 30 are left to other versions of scikit-learn
    records, _, context = read("acos", corpora / "acos")
    training = [record for record in records if record.split == "train"]
    mentioned = [[a.target for a in record.annotations] for record in training]
    extractor = Extractor([record.text for record in training], mentioned, context.schema.targets, "en")
    extracted, at_random = [], []
    for record in records:
        clauses = Clauses(record.text).all()
        wanted = [a for a in record.annotations if a.evidence]
        if record.split != "test" or len(clauses) < 2 or not wanted:
            continue
        [chosen] = extractor.choose([record.text], [[a.target for a in wanted]])
        for annotation, clause in zip(wanted, chosen, strict=True):
            held = [any(a <= s and e <= b for s, e in annotation.evidence) for a, b in clauses]
            extracted.append(held[clauses.index(clause)])
            at_random.append(np.mean(held))
    assert len(extracted) == 291
    assert np.mean(extracted) - np.mean(at_random) > 0.25
