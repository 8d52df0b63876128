"""Errors: their text, their attributes across a process pool, hints and summaries."""

from __future__ import annotations

import pickle

import pytest

from sde_datasets.errors import InputError, NoSplit, nearest, summary


def test_an_input_error_names_location_problem_and_hint():
    error = InputError("a.jsonl:3", "is not JSON", "Write one object a line.")
    assert str(error) == "a.jsonl:3: is not JSON. Write one object a line."
    assert str(InputError("a.jsonl", "is empty")) == "a.jsonl: is empty"


@pytest.mark.parametrize("error", [InputError("a", "b", "c"), NoSplit("ner-es", "dev", ["train", "test"])])
def test_an_error_keeps_its_attributes_when_it_is_pickled(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error) and str(copy) == str(error) and vars(copy) == vars(error)


def test_the_nearest_known_words_are_named_or_else_all():
    assert nearest("tets", ("train", "test")) == "Did you mean test?"
    assert nearest("xyz", ("train", "test")) == "Known: train, test."
    assert nearest("qqq", [f"word{i}" for i in range(30)]).endswith("word19, ....")


@pytest.mark.parametrize(
    ("message", "line"),
    [("one\ntwo", "one"), ("\n  first   line \nsecond", "first line"), ("", "ValueError('')")],
)
def test_the_summary_of_an_error_is_its_first_line(message, line):
    assert summary(ValueError(message)) == line
