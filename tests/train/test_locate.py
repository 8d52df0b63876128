"""Mentions of an answer in their text: every place, and whether anybody can tell which is meant.

pytest tests/train/test_locate.py
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.formats import Answer, Reading
from sde_datasets.records import Annotation, Record, problem, surface
from sde_datasets.tasks import find_task
from sde_datasets.train.locate import annotations, occurrences, strangers

NER = find_task("ner").schema(("DNA", "protein"))
MABSA = find_task("mabsa").schema(("food", "service"))


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
        ("i", "İİ", []),
        ("", "text", []),
    ],
)
def test_where_a_surface_stands(mention, text, places):
    assert occurrences(mention, text) == places


def read(values, descriptions=None) -> Reading:
    return Reading(Answer(values, descriptions or {}))


def test_every_occurrence_is_given_and_the_ambiguous_are_marked():
    text = "p50 binds p50 near IL-2"
    once = annotations(read({"protein": ("p50",), "DNA": ("IL-2",)}), text, NER)
    assert [(a["mention"], a["spans"], a.get("ambiguous")) for a in once] == [
        ("p50", [[0, 3]], True),
        ("p50", [[10, 13]], True),
        ("IL-2", [[19, 23]], None),
    ]
    twice = annotations(read({"protein": ("p50", "p50")}), text, NER)
    assert [a.get("ambiguous") for a in twice] == [None, None]


def test_what_does_not_stand_in_the_text_is_named_apart():
    reading = read({"protein": ("p65", "p50")})
    assert [a["mention"] for a in annotations(reading, "p50", NER)] == ["p50"]
    assert strangers(reading, "p50", NER) == [{"target": "protein", "mention": "p65"}]


def test_labels_have_the_places_of_their_descriptions():
    described = {"food": "great tuna | warm bread", "service": "made up"}
    reading = read({"food": "positive", "service": "negative"}, described)
    said = annotations(reading, "great tuna, warm bread, slow", MABSA)
    assert said[0] == {
        "target": "food",
        "label": "positive",
        "description": described["food"],
        "evidence": [[0, 10], [12, 22]],
    }
    assert "evidence" not in said[1]


@given(st.text("ab -2İß细", max_size=30), st.lists(st.text("ab -2İß细", min_size=1, max_size=6), max_size=4))
def test_located_mentions_make_a_valid_record(text, surfaces):
    said = annotations(read({"protein": tuple(surfaces)}), text, NER)
    spans = [tuple(map(tuple, a["spans"])) for a in said]
    assert all(a["mention"] == surface(text, places) for a, places in zip(said, spans, strict=True))
    made = [Annotation(a["target"], None, a["mention"], places) for a, places in zip(said, spans, strict=True)]
    assert not text or problem(Record("x", text, made), NER) is None
