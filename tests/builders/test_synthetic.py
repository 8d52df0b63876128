"""Made-up records: valid, the same for the same seed, of every shape that a format has to carry."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from dataclasses import replace

import pytest

from sde_builders.synthetic import BUILDER
from sde_builders.synthetic_words import MARKS, WORDS
from sde_datasets.errors import UsageError
from sde_datasets.ingest.builder import ReadContext, resolve_targets
from sde_datasets.records.record import record_problem
from sde_datasets.tasks.task import get_task

CASES = [(task, language) for task in ("ner", "ed", "mabsa") for language in ("en", "zh")]


def job_of(task, language="en", targets=(), **options):
    context = ReadContext(None, get_task(task), language=language, options=options)
    context.schema = context.task.schema(targets or resolve_targets(BUILDER, context), language)
    return context


def made(task, language="en", targets=(), **options):
    return list(BUILDER.read(job_of(task, language, targets, **options)))


@pytest.mark.parametrize(("task", "language"), CASES)
def test_every_record_is_valid_and_no_two_are_equal(task, language):
    context = job_of(task, language, rows=2000)
    records = list(BUILDER.read(context))
    assert [record_problem(record, context.schema) for record in records] == [None] * 2000
    assert len({r.id for r in records}) == len({r.text for r in records}) == 2000
    assert {a.target for r in records for a in r.annotations} == set(context.schema.targets)
    assert 150 < sum(not r.annotations for r in records) < 250
    splits = [r.split for r in records]
    assert [splits.count(s) for s in ("train", "validation", "test")] == [1600, 200, 200]


@pytest.mark.parametrize(("task", "language"), CASES)
def test_a_record_depends_on_the_seed_and_its_number_only(task, language):
    first = made(task, language, rows=300, seed=5)
    assert first == made(task, language, rows=300, seed=5)
    assert first[:100] == made(task, language, rows=100, seed=5)
    assert [r.text for r in first] != [r.text for r in made(task, language, rows=300, seed=6)]


def test_the_bytes_stay_the_same_from_release_to_release():
    given = [(r.id, r.text, r.split, r.annotations) for case in CASES for r in made(*case, rows=200)]
    digest = hashlib.sha256(json.dumps(given).encode()).hexdigest()
    assert digest[:16] == "18d5e993b832dc8c"


def test_mentions_of_every_shape():
    found = {"nested": 0, "crossing": 0, "discontinuous": 0, "repeated": 0}
    for record in made("ner", rows=2000):
        given = [(a.mention, a.spans[0][0], a.spans[-1][1], len(a.spans)) for a in record.annotations]
        found["discontinuous"] += any(pieces > 1 for *_, pieces in given)
        found["repeated"] += len({mention for mention, *_ in given}) < len(given)
        whole = [(start, end) for _, start, end, pieces in given if pieces == 1]
        found["nested"] += any(a != b and a[0] <= b[0] and b[1] <= a[1] for a in whole for b in whole)
        found["crossing"] += any(a[0] < b[0] < a[1] < b[1] for a in whole for b in whole)
    assert min(found.values()) > 100, found


def test_awkward_characters_in_texts_and_mentions():
    for task, language in CASES:
        texts = "".join(r.text for r in made(task, language, rows=2000))
        assert all(mark in texts for mark in ("\n", "\u2028", "->"))
    records = made("ner", rows=8000)
    mentions = {a.mention for r in records for a in r.annotations}
    assert set(WORDS) <= mentions
    assert all(any(mark in mention for mention in mentions) for mark in MARKS)


def test_labels_have_evidence_that_holds_their_target():
    records = [r for r in made("mabsa", rows=500) if r.annotations]
    for record in records:
        for a in record.annotations:
            assert a.origin == "annotated" and all(record.text[s:e].startswith(a.target) for s, e in a.evidence)
    assert {a.label for r in records for a in r.annotations} == {"positive", "neutral", "negative"}
    assert {len(a.evidence) for r in records for a in r.annotations} == {1, 2}
    assert {len(r.annotations) for r in records} == {1, 2, 3, 4}


@pytest.mark.parametrize("targets", [("only",), ("->", "NONE\n"), tuple(f"t{i}" for i in range(60))])
@pytest.mark.parametrize("task", ["ner", "mabsa"])
def test_targets_of_the_plan(task, targets):
    context = job_of(task, targets=targets, rows=2000)
    records = list(BUILDER.read(context))
    assert [record_problem(r, context.schema) for r in records] == [None] * 2000
    assert {a.target for r in records for a in r.annotations} == set(targets)


def test_targets_by_default():
    assert resolve_targets(BUILDER, job_of("mabsa", "zh"))[0] == "菜品"
    assert resolve_targets(BUILDER, job_of("ed", "zh"))[0] == "Catastrophe"
    other = replace(get_task("ner"), name="other")
    assert resolve_targets(BUILDER, ReadContext(None, other)) == ("alpha", "beta", "gamma")


def test_the_share_of_empty_records():
    assert all(r.annotations for r in made("ner", rows=300, empty=0))
    assert not any(r.annotations for r in made("mabsa", rows=300, empty=1.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": 0}, "rows must be a whole number of 1 or more, found 0"),
        ({"rows": True}, "rows must be a whole number"),
        ({"rows": "9"}, "found '9'"),
        ({"seed": 1.5}, "seed must be a whole number, found 1.5"),
        ({"empty": 1.5}, "empty is a share from 0 to 1, found 1.5"),
        ({"empty": float("nan")}, "empty is a share"),
        ({"empty": "a"}, "empty is a share"),
        ({"language": "de"}, "synthetic has no texts in 'de'"),
    ],
)
def test_what_cannot_be_asked_for(options, message):
    with pytest.raises(UsageError) as error:
        made("ner", **options)
    assert message in str(error.value)


def test_memory_does_not_grow_with_the_rows():
    def peak(rows):
        tracemalloc.start()
        for _ in BUILDER.read(job_of("ner", rows=rows)):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(100)
    assert peak(20_000) < peak(2_000) + 50_000
