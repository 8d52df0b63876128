"""Find the mentions of an answer in its text, and mark ambiguous ones.

pytest tests/prediction/test_locate.py
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.designs.design import get_design
from sde_datasets.formats import Answer, ParsedAnswer, answer_format
from sde_datasets.prediction.annotate import align_answer, unmatched_mentions
from sde_datasets.records.occurrences import find_occurrences
from sde_datasets.records.record import Record, record_problem, surface
from sde_datasets.tasks.task import get_task
from tests.conftest import read as read_file

NER = get_task("ner").schema(("DNA", "protein"))
MABSA = get_task("mabsa").schema(("food", "service"))


@pytest.mark.parametrize(
    "mention, text, places",
    [
        ("p50", "p50 binds p50", [((0, 3),), ((10, 13),)]),
        ("p5", "p50 and p5", [((8, 10),)]),
        ("p5", "p50 and p51", [((0, 2),), ((8, 10),)]),
        ("il-2 gene", "the IL-2 gene", [((4, 13),)]),
        ("IL-2 receptor", "IL-2 and IL-4 receptor", [((0, 4), (14, 22))]),
        ("白细胞", "人白细胞和白细胞介素", [((1, 4),), ((5, 8),)]),
        ("p65", "p50 alone", []),
        ("i", "İİ", [((0, 1),), ((1, 2),)]),
        ("il-2 gene", "İ İ: the IL-2 gene", [((9, 18),)]),
        ("aba", "ABABA", [((0, 3),), ((2, 5),)]),
        ("", "text", []),
        ("cat in", "we concatenate the binding", []),
        ("cat in", "concatenate the cat, bind in", [((16, 19), (26, 28))]),
        ("il-2 RECEPTOR", "IL-2 and IL-4 receptor", [((0, 4), (14, 22))]),
        ("IL-2 , receptor", "IL-2, a receptor", [((0, 4), (4, 5), (8, 16))]),
        ("receptor IL-2", "IL-2 receptor", []),
    ],
)
def test_find_occurrences_of_a_surface(mention, text, places):
    assert list(find_occurrences(mention, text).spans) == places


@pytest.mark.parametrize(
    "mention, text, spans, unsure",
    [
        ("IL-2 receptor", "IL-2 and IL-4 receptor", ((0, 4), (14, 22)), False),
        ("IL-2 receptor", "IL-2 or IL-2 and IL-4 receptor", ((8, 12), (22, 30)), True),
        ("IL-2 receptor", "IL-2 and IL-4 receptor or receptor", ((0, 4), (14, 22)), True),
        ("IL-2 a receptor", "IL-2 and a x a receptor", ((0, 4), (9, 10), (15, 23)), True),
        ("IL-2 , receptor", "IL-2, a receptor", ((0, 4), (4, 5), (8, 16)), False),
        ("receptor IL-2", "IL-2 receptor, IL-2", ((5, 13), (15, 19)), False),
    ],
)
def test_discontinuous_mention_is_ambiguous_if_its_pieces_can_be_combined_in_several_ways(mention, text, spans, unsure):
    found = find_occurrences(mention, text)
    assert found == ((spans,), unsure)
    (annotation,) = align_answer(read({"protein": (mention,)}), text, NER)
    assert annotation["scattered"] and annotation.get("ambiguous", False) == unsure


def read(values, descriptions=None) -> ParsedAnswer:
    return ParsedAnswer(Answer(values, descriptions or {}))


def test_every_occurrence_is_returned_and_ambiguous_ones_are_marked():
    text = "p50 binds p50 near IL-2"
    once = align_answer(read({"protein": ("p50",), "DNA": ("IL-2",)}), text, NER)
    assert [(a["mention"], a["spans"], a.get("ambiguous")) for a in once] == [
        ("p50", [[0, 3]], True),
        ("p50", [[10, 13]], True),
        ("IL-2", [[19, 23]], None),
    ]
    twice = align_answer(read({"protein": ("p50", "p50")}), text, NER)
    assert [a.get("ambiguous") for a in twice] == [None, None]


@pytest.mark.parametrize(
    "surfaces, text, expected",
    [
        (("IL-2", "il-2"), "the IL-2", [("IL-2", True)]),
        (("IL-2", "il-2"), "IL-2 and IL-2", [("IL-2", False), ("IL-2", False)]),
        (("IL-2", "il-2", "il-2"), "IL-2 and IL-2", [("IL-2", True), ("IL-2", True)]),
        (("IL-2", "il-2"), "IL-2 and il-2", [("IL-2", False), ("il-2", False)]),
        (("iL-2", "Il-2"), "IL-2 and il-2", [("IL-2", False), ("il-2", False)]),
        (("IL-2", "iL-2"), "IL-2 and il-2", [("IL-2", False), ("il-2", True)]),
    ],
)
def test_surfaces_that_differ_only_in_case_are_counted_together(surfaces, text, expected):
    found = align_answer(read({"protein": surfaces}), text, NER)
    assert [(a["mention"], a.get("ambiguous", False)) for a in found] == expected


def test_mentions_that_do_not_occur_in_the_text_are_listed_separately():
    reading = read({"protein": ("p65", "p50")})
    assert [a["mention"] for a in align_answer(reading, "p50", NER)] == ["p50"]
    assert unmatched_mentions(reading, "p50", NER) == [{"target": "protein", "mention": "p65"}]


def test_a_marked_mention_has_the_place_of_its_mark_and_one_after_the_text_is_searched():
    text = "p50 binds p50 at the IL-2 or IL-4 gene"
    answer = 'p50 binds [p50|protein] at the [IL-2|DNA] or IL-4 gene\n\\+\n["DNA", "IL-2 gene"]\n["DNA", "p65"]'
    parsed = answer_format(get_design("inline-text-ou"), NER).read(answer, text)
    assert align_answer(parsed, text, NER) == [
        {"target": "protein", "mention": "p50", "spans": [[10, 13]]},
        {"target": "DNA", "mention": "IL-2", "spans": [[21, 25]]},
        {"target": "DNA", "mention": "IL-2 gene", "spans": [[21, 25], [34, 38]], "scattered": True},
    ]
    assert unmatched_mentions(parsed, text, NER) == [{"target": "DNA", "mention": "p65"}]


def test_labels_have_the_spans_of_their_descriptions():
    described = {"food": "great tuna | warm bread", "service": "made up"}
    reading = read({"food": "positive", "service": "negative"}, described)
    annotations = align_answer(reading, "great tuna, warm bread, slow", MABSA)
    assert annotations[0] == {
        "target": "food",
        "label": "positive",
        "description": described["food"],
        "evidence": [[0, 10], [12, 22]],
    }
    assert "evidence" not in annotations[1]


@pytest.mark.parametrize(
    "description, text, expected",
    [
        ("tuna | ", "great tuna", {"evidence": [[6, 10]]}),
        (" | ", "tuna", {}),
        (" ", "the tuna", {}),
        ("a | b", "x a | b", {"evidence": [[2, 7]]}),
        ("b | a | b", "x a b", {"evidence": [[4, 5], [2, 3]]}),
        ("tuna | none", "great tuna", {}),
        ("tuna", "tuna and tuna", {"evidence": [[0, 4]], "ambiguous": True}),
        ("tuna | rude", "rude: tuna and tuna", {"evidence": [[6, 10], [0, 4]], "ambiguous": True}),
        ("rude", "rudeness is rude", {"evidence": [[12, 16]]}),
    ],
)
def test_find_the_evidence_of_a_description(description, text, expected):
    (found,) = align_answer(read({"food": "positive"}, {"food": description}), text, MABSA)
    assert found == {"target": "food", "label": "positive", "description": description} | expected


TEXTS = st.text("ab -2,|İßAB细\x85\u2028\n", min_size=1, max_size=30).filter(str.strip)
SAID = st.text("ab -2,|İßAB细\x85\u2028", min_size=1, max_size=8)


@st.composite
def answered(draw):
    """A text with what an answer says of it, some of which stands there."""
    text = draw(TEXTS)
    parts = st.tuples(st.integers(0, len(text)), st.integers(1, 8)).map(lambda at: text[at[0] : sum(at)]).filter(bool)
    joined = st.lists(st.one_of(parts, SAID), min_size=1, max_size=3)
    return text, draw(st.lists(st.one_of(parts, SAID, joined.map(" ".join), joined.map(" | ".join)), max_size=4))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("rows") / "own.jsonl"


def read_back(file, rows, task: str, targets: tuple[str, ...]) -> list[Record]:
    """The records that the builder jsonl makes of rows, all of which it takes."""
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    records, rejects, job = read_file("jsonl", file, task=task, targets=targets)
    assert not rejects and [record_problem(record, job.schema) for record in records] == [None] * len(rows)
    return records


@given(answered())
def test_located_mentions_are_read_by_the_builder_jsonl(file, given):
    text, surfaces = given
    annotations = align_answer(read({"protein": tuple(surfaces), "DNA": tuple(surfaces[:1])}), text, NER)
    (record,) = read_back(file, [{"text": text, "annotations": annotations}], "ner", NER.targets)
    assert [(a.target, a.mention, [list(span) for span in a.spans]) for a in record.annotations] == [
        (a["target"], a["mention"], a["spans"]) for a in annotations
    ]
    assert all(a["mention"] == surface(text, a["spans"]) for a in annotations)
    places = [(a["target"], str(a["spans"])) for a in annotations]
    assert len(places) == len(set(places)), "an annotation is there twice"


@given(answered(), st.sampled_from(MABSA.labels))
def test_labels_with_their_evidence_are_read_by_the_builder_jsonl(file, given, label):
    text, descriptions = given
    described = dict(zip(MABSA.targets, descriptions, strict=False))
    annotations = align_answer(read(dict.fromkeys(MABSA.targets, label), described), text, MABSA)
    (record,) = read_back(file, [{"text": text, "annotations": annotations}], "mabsa", MABSA.targets)
    assert [(a.target, a.label, [list(span) for span in a.evidence]) for a in record.annotations] == [
        (a["target"], a["label"], a.get("evidence", [])) for a in annotations
    ]
