"""Records: what makes one invalid, how splits are named, and the order of annotations.

pytest tests/records/test_records.py
"""

from __future__ import annotations

import pytest

from sde_datasets.records.record import (
    Annotation,
    Record,
    record_problem,
    sort_annotations,
    split_from_path,
    split_name,
    surface,
)
from sde_datasets.tasks.task import get_task

NER = get_task("ner").schema(("DNA", "protein"))
MABSA = get_task("mabsa").schema(("food", "price"))
TEXT = "the IL-2 gene"


def mention(words: str | None = "IL-2", *spans: tuple[int, int], target: str = "DNA", **given) -> Annotation:
    return Annotation(target, mention=words, spans=spans or ((4, 8),), **given)


def found(*annotations: Annotation, schema=NER, **given) -> str | None:
    return record_problem(Record(**{"id": "r1", "text": TEXT, "annotations": list(annotations), **given}), schema)


def test_a_record_with_nested_repeated_and_discontinuous_mentions_is_valid():
    given = [
        mention(),
        mention(),
        mention("IL-2 gene", (4, 13)),
        mention("the gene", (0, 3), (9, 13), target="protein"),
    ]
    assert found(*given, split="validation") is None


def test_a_labelled_record_is_valid():
    labels = [
        Annotation("food", "positive", evidence=((0, 3), (4, 8)), origin="annotated"),
        Annotation("price", "neutral"),
    ]
    assert found(*labels, schema=MABSA) is None


def test_a_record_that_mentions_nothing_is_valid():
    assert found() is None


@pytest.mark.parametrize("id_", ["", None, 7])
def test_no_id(id_):
    assert found(id=id_) == "the record has no id"


@pytest.mark.parametrize("text", ["", None])
def test_no_text(text):
    assert found(text=text) == "the text is empty"


@pytest.mark.parametrize("field", ["text", "id", "document"])
def test_a_lone_surrogate(field):
    assert "lone surrogate" in (found(**{field: "a\ud800"}) or "")


@pytest.mark.parametrize("split", ["dev", "Train", ""])
def test_an_unknown_split(split):
    assert found(split=split) == f"unknown split {split!r}; known: train, validation, test"


def test_an_unknown_target():
    assert found(mention(target="RNA")) == "unknown target 'RNA'"


def test_an_unknown_origin():
    assert found(mention(origin="guessed")) == "unknown origin of evidence 'guessed'"


@pytest.mark.parametrize("span", [(0, 14), (-1, 2), (3, 3), (5, 4)])
def test_evidence_outside_the_text(span):
    start, end = span
    assert found(mention(evidence=(span,))) == f"evidence {start}-{end} lies outside the text of 13 characters"


@pytest.mark.parametrize("span", [(4, 14), (-4, 2), (4, 4), (8, 4)])
def test_a_mention_outside_the_text(span):
    start, end = span
    assert found(mention("IL-2", span)) == f"offsets {start}-{end} lie outside the text of 13 characters"


@pytest.mark.parametrize("spans", [((0, 5), (4, 8)), ((9, 13), (4, 8)), ((4, 8), (4, 8))])
def test_pieces_that_overlap_or_are_out_of_order(spans):
    assert found(mention("x", *spans)).startswith("the pieces of a mention overlap or are out of order")


@pytest.mark.parametrize("words", ["IL-3", "", "il-2"])
def test_a_mention_that_is_not_at_its_offset(words):
    assert found(mention(words)) == f"the mention {words!r} is not at its offset 4-8, which holds 'IL-2'"


def test_a_mention_may_be_left_to_its_offset():
    assert found(mention(None)) is None


def test_a_mention_without_offsets():
    assert found(Annotation("DNA", mention="IL-2")) == "the mention 'IL-2' has no offsets"


def test_a_label_in_a_mention_task():
    assert found(mention(label="positive")) == "a mention task has no labels"


@pytest.mark.parametrize("label", ["good", "Positive", "unmentioned", None])
def test_an_unknown_label(label):
    assert found(Annotation("food", label), schema=MABSA) == (
        f"unknown label {label!r} for 'food'; known: positive, neutral, negative"
    )


@pytest.mark.parametrize("given", [{"mention": "IL-2"}, {"spans": ((4, 8),)}])
def test_a_mention_in_a_label_task(given):
    assert found(Annotation("food", "positive", **given), schema=MABSA) == "a label task has no mentions"


@pytest.mark.parametrize("second", ["positive", "negative"])
def test_two_labels_for_one_target(second):
    labels = [Annotation("food", "positive"), Annotation("food", second)]
    assert found(*labels, schema=MABSA) == "two labels for 'food'"


@pytest.mark.parametrize(
    ("word", "split"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("dev", "validation"),
        ("val", "validation"),
        ("VALID", "validation"),
        (" validation ", "validation"),
        ("test", "test"),
        ("testing", "test"),
        ("tests", None),
        ("trainval", None),
        ("", None),
    ],
)
def test_split_name(word, split):
    assert split_name(word) == split


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.csv", "train"),
        ("data/rest-dev.v2.jsonl", "validation"),
        ("train_sample.csv", "train"),
        ("d1\\Test\\part 1.xml", "test"),
        ("valid/notes/7.txt", "validation"),
        ("train/test_0.csv", "test"),
        ("test/train/x.csv", "train"),
        ("latest.csv", None),
        ("constraint/training_.ann", "train"),
        ("reviews.test", None),
        ("x", None),
    ],
)
def test_split_of_path(name, split):
    assert split_from_path(name) == split


def test_a_surface_is_its_pieces_joined_by_one_blank():
    assert surface(TEXT, ((4, 8),)) == "IL-2"
    assert surface(TEXT, ((0, 3), (9, 13))) == "the gene"


def test_offsets_count_characters():
    assert surface("😀é中x", ((2, 4),)) == "中x"


def test_annotations_stand_by_target_then_by_place():
    right = [
        mention("the", (0, 3)),
        mention("IL-2", (4, 8)),
        mention("IL-2 gene", (4, 8), (9, 13)),
        mention("IL-2 gene", (4, 13)),
        mention("the IL-2", (0, 8), target="protein"),
    ]
    assert sort_annotations(reversed(right), NER) == right


def test_the_order_of_equal_places_is_kept():
    given = [mention(origin="context"), mention(origin="none")]
    assert sort_annotations(given, NER) == given
