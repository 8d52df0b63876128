"""Schemas: they are read back as they were written, and one that could not be written and read is refused.

pytest tests/records/test_schemas.py
"""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import pytest
from hypothesis import given

from sde_datasets.errors import InputError
from sde_datasets.records.schema import SPECIAL, Schema, check_schema
from sde_datasets.tasks.task import get_task
from tests.strategies import schemas

MABSA = get_task("mabsa").schema(("food", "price"))
NER = get_task("ner").schema(("DNA", "RNA"))
ED = get_task("ed").schema(("Motion", "Attack"), "zh")


@given(schemas())
def test_a_schema_is_read_back_from_its_json(schema):
    assert Schema.from_json(schema.to_json()) == schema


@given(schemas())
def test_a_schema_is_one_line_of_json(schema):
    line = schema.to_json()
    assert "\n" not in line and json.loads(line)["targets"] == list(schema.targets)


@given(schemas())
def test_equal_schemas_have_equal_json(schema):
    assert Schema.from_json(schema.to_json()).to_json() == schema.to_json()


def test_chinese_stands_as_it_is():
    assert '"placeholder":"无"' in ED.to_json()


def test_a_number_zero_and_an_empty_mark_are_kept():
    schema = replace(MABSA, placeholder_number=0, numbers=(3, 2, 1), stop="")
    given = json.loads(schema.to_json())
    assert (given["placeholder_number"], given["stop"]) == (0, "")


def test_a_schema_can_be_hashed_and_sent_to_another_process():
    assert MABSA.reserved
    copy = pickle.loads(pickle.dumps(MABSA))
    assert copy == MABSA and hash(copy) == hash(MABSA)


@pytest.mark.parametrize("line", ["", "{", "5", "null", "[]", "{}", '"ner"', '{"task":"ner"}'])
def test_what_is_no_schema_is_refused(line):
    with pytest.raises(InputError, match=r"^schema: (is|lacks) "):
        Schema.from_json(line)


def test_an_unknown_key_is_refused():
    with pytest.raises(InputError, match="colour"):
        Schema.from_json(json.dumps({**json.loads(NER.to_json()), "colour": "red"}))


def test_targets_are_numbered_from_zero():
    assert NER.index == {"DNA": 0, "RNA": 1}


def test_labels_have_numbers_and_the_placeholder_too():
    assert MABSA.number_of == {"positive": 1, "neutral": 0, "negative": -1, "unmentioned": -2}


def test_a_mention_task_has_no_numbers_of_labels():
    assert NER.number_of == {}


def test_labels_and_placeholder_are_reserved_in_any_case():
    assert replace(MABSA, placeholder="UNMENTIONED", labels=("Straße",)).reserved == {"unmentioned", "strasse"}


@pytest.mark.parametrize("schema", [MABSA, NER, ED, replace(NER, targets=("a, b", "", "'", "NONE", "0", "->"))])
def test_a_good_schema_is_given_back(schema):
    assert check_schema(schema, "here") is schema


def refuse(schema: Schema, what: str) -> None:
    with pytest.raises(InputError) as caught:
        check_schema(schema, "plan.toml")
    assert caught.value.location == "plan.toml" and what in caught.value.problem


def test_an_unknown_kind_is_refused():
    refuse(replace(NER, kind="span"), "unknown kind 'span'")


def test_no_targets_are_refused():
    refuse(replace(NER, targets=()), "there are no targets")


def test_a_target_that_stands_twice_is_refused():
    refuse(replace(NER, targets=("DNA", "RNA", "DNA")), "duplicate target")


def test_a_target_with_a_lone_surrogate_is_refused():
    refuse(replace(NER, targets=("DNA", "\udc80")), "lone surrogate")


def test_a_label_task_without_labels_is_refused():
    refuse(replace(MABSA, labels=(), numbers=()), "at least one label")


@pytest.mark.parametrize("labels", [("a", "b", "a"), ("a", "b", "A"), ("a", "b", "Unmentioned")])
def test_labels_that_are_not_distinct_are_refused(labels):
    refuse(replace(MABSA, labels=labels), "distinct words")


@pytest.mark.parametrize(
    "word", [*(f"a{mark}b" for mark in SPECIAL), "", " a", "a\u3000", "a\nb", "a\x85", "a->b", "<-"]
)
def test_a_label_that_cannot_stand_bare_is_refused(word):
    refuse(replace(MABSA, labels=(word, "b", "c")), "cannot be written bare")


def test_a_placeholder_that_cannot_stand_bare_is_refused():
    refuse(replace(MABSA, placeholder="not, mentioned"), "cannot be written bare")


@pytest.mark.parametrize("word", ["good.", "a.b"])
def test_a_label_with_the_mark_that_ends_an_answer_is_refused(word):
    refuse(replace(MABSA, labels=(word, "b", "c")), "holds the mark '.'")


@pytest.mark.parametrize(
    ("numbers", "placeholder", "problem"),
    [
        ((1, 0), -2, "each label needs a number"),
        ((1, 0, -1, 5), -2, "each label needs a number"),
        ((1, 0, -1), None, "each label needs a number"),
        ((1, 0, 0), -2, "need different numbers"),
        ((1, 0, -1), 0, "need different numbers"),
    ],
)
def test_missing_and_equal_numbers_are_refused(numbers, placeholder, problem):
    refuse(replace(MABSA, numbers=numbers, placeholder_number=placeholder), problem)
