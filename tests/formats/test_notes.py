"""Notes on answers: what is counted and is no error; targets and labels that are worded otherwise.

pytest tests/formats/test_notes.py
"""

from __future__ import annotations

import pytest

from sde_datasets.designs.design import get_design
from sde_datasets.formats import Aliases, Defect, answer_format
from sde_datasets.formats.answers import ERRORS, NOTES
from sde_datasets.tasks.task import get_task
from tests.formats.cases import FOOD, MOTION, PRICE, found, read


@pytest.mark.parametrize(
    ("name", "task", "design", "before", "wrong"),
    [
        ("unknown_target", "mabsa", "natural-text", "food: positive, ", "size: neutral, price: negative."),
        ("reworded_target", "mabsa", "lines-text", "food: positive\n ", "Price: negative"),
        ("reworded_target", "mabsa", "json-text", FOOD + "\n", '{"aspect": "ＰＲＩＣＥ", "sentiment": "negative"}'),
        ("reworded_target", "mabsa", "list-text", '["food", "positive"]\n', '["prices", "negative"]'),
        ("unknown_target", "mabsa", "list-text", '["food", "positive"]\n', '["price level", "negative"]'),
        ("reworded_target", "mabsa.zh", "lines-text", "食品评价：正面\n", "价格情况：负面"),
        ("unknown_target", "ed", "natural-text", "Motion: flew; ", "attack on a city: raid"),
        ("reworded_target", "ed", "natural-text", "Motion: flew; ", "attack: raid"),
        ("reworded_label", "mabsa", "lines-text", "food: positive\nprice: ", "Negative"),
        ("reworded_label", "mabsa", "natural-text", "food: ", "very positive, price: negative."),
        ("reworded_label", "mabsa", "json-text", FOOD + "\n", PRICE.replace("negative", "NEGATIVE")),
        ("reworded_label", "mabsa", "lines-num", "food: 1\nprice: ", "around 0"),
        ("unknown_target", "ed", "json-text", MOTION + "\n", '{"event_type": "Quit", "trigger word": ["left"]}'),
        ("unknown_target", "ed", "list-text", "", '["Quit", "left"]\n["Motion", "flew"]'),
        ("repeated_target", "mabsa", "lines-text", "food: positive\n", "food: positive"),
        ("repeated_target", "ed", "natural-text", "Motion: flew; ", "Motion: landed"),
        ("repeated_target", "ed", "json-text", MOTION + "\n", MOTION),
        ("repeated_target", "ed", "list-text", '["Motion", []]\n', '["Motion", "flew"]'),
    ],
)
def test_a_note_is_no_error(name, task, design, before, wrong):
    reading = read(task, design, before + wrong)
    assert found(reading) == [(name, len(before))] and reading.is_strict


def test_several_surfaces_in_the_list_format_are_no_repeat():
    reading = read("ed", "list-text", '["Motion", "flew"]\n["Motion", "flew"]')
    assert reading.answer.values == {"Motion": ("flew", "flew")} and not found(reading)


def test_what_was_read_before_an_error_is_kept():
    assert read("mabsa", "lines-text", "food: positive\nprice: dear").answer.values == {"food": "positive"}


def test_the_lists_of_defects_are_those_of_the_contract():
    assert set(ERRORS) == {
        "empty", "no_format", "malformed", "truncated", "unknown_label", "conflicting_label",
        "number_out_of_range", "note_after_label", "wrong_punctuation", "trailing_text", "other_format",
    }  # fmt: skip
    assert set(NOTES) == {
        "unknown_target", "missing_target", "reworded_target", "reworded_label", "repeated_target", "not_in_text",
        "reasoning_block", "special_token", "copy_differs",
    }  # fmt: skip


ALIASES = Aliases((("taste", "food"), ("cost", "price")), (("great", "positive"), ("not mentioned", "unmentioned")))


@pytest.mark.parametrize(
    ("design", "text"),
    [
        ("natural-text", "taste: great, Cost: not mentioned."),
        ("lines-text", "Taste: GREAT\ncost: Not mentioned"),
        ("json-text", '{"aspect": "taste", "sentiment": "great"}\n{"aspect": "cost", "sentiment": "not mentioned"}'),
        ("list-text", '["taste", "just great"]\n["cost", "not mentioned"]'),
    ],
)
def test_aliases_are_taken_for_what_they_stand_for(design, text):
    reading = read("mabsa", design, text, aliases=ALIASES)
    assert reading.answer.values == {"food": "positive"} and reading.is_strict
    assert {defect.name for defect in reading.defects} == {"reworded_target", "reworded_label"}
    assert [defect.target for defect in reading.defects if defect.name == "reworded_target"] == ["food", "price"]


@pytest.mark.parametrize("name", ["food quality", "food prices", "food"])
def test_a_first_word_that_several_targets_share_names_none(name):
    schema = get_task("mabsa").schema(("food taste", "food style", "drinks"))
    reading = answer_format(get_design("lines-text"), schema).read(f"{name}: positive\ndrinks: negative")
    assert reading.answer.values == {"drinks": "negative"}
    assert "unknown_target" in {defect.name for defect in reading.defects}


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("positive", "positive"),
        ("rather negative than positive", "negative"),
        ("ｐｏｓｉｔｉｖｅ", "positive"),
        ("impositive", None),
        ("positively", None),
        ("sentiment为negative", "negative"),
    ],
)
def test_the_label_that_a_value_contains_first_counts(value, label):
    for text, design in ((f"food: {value}", "lines-text"), (f'["food", "{value}"]', "list-text")):
        assert read("mabsa", design, text).answer.values == ({"food": label} if label else {})


@pytest.mark.parametrize(
    ("design", "text"),
    [
        ("lines-text", "food: positive"),
        ("natural-num", "food: 1."),
        ("json-text-cot", '{"aspect": "food", "description": "", "sentiment": "positive"}'),
    ],
)
def test_a_target_that_is_not_there_is_noted_at_the_end_where_the_design_has_placeholders(design, text):
    assert read("mabsa", design, text).defects == (Defect("missing_target", len(text), "price"),)
    assert read("mabsa", f"{design}-ou", text).defects == ()


@pytest.mark.parametrize(
    ("design", "text", "places"),
    [
        ("lines-text-ou", "Motion: flew, took a walk, fled", [27]),
        ("list-text-ou", '["Motion", "flew"]\n["Attack", "fled"]', [31]),
        ("json-text-ou", '{"event_type": "Motion", "trigger word": ["fled", "flew", "a fled"]}', [43, 59]),
    ],
)
def test_strings_that_do_not_stand_in_the_text_are_noted_at_their_place(design, text, places):
    # of several words, each one after the other in the text is enough: a mention may have pieces
    source = "They Flew off; it took them a long walk."
    reading = read("ed", design, text, source)
    assert [d.at for d in reading.defects if d.name == "not_in_text"] == places and reading.is_strict
    assert not read("ed", design, text).defects


def test_defects_know_their_target():
    reading = read("mabsa", "lines-text", "Food: bad\nprice: negative, too dear")
    assert [(d.name, d.target) for d in reading.defects] == [
        ("reworded_target", "food"),
        ("unknown_label", "food"),
        ("note_after_label", "price"),
    ]


@pytest.mark.parametrize(
    ("text", "source", "values"),
    [
        ('["Motion", "none"]', "None of them left.", ("none",)),
        ('["Motion", "none"]', "They left.", ()),
        ('["Motion", "None"]', None, ("None",)),
        ('["Motion", "**flew**"]', "They flew.", ("flew",)),
        ('["Motion", "**flew**"]', "They **flew**.", ("**flew**",)),
        ("""["Motion", "'flew'"]""", "They flew.", ("flew",)),
        ('["Motion", "\u2ee2"]', "\u9a6c", ("\u2ee2",)),
    ],
)
def test_the_text_says_what_a_surface_means(text, source, values):
    reading = read("ed", "list-text-ou", text, source)
    assert reading.answer.values.get("Motion", ()) == values and reading.is_strict
    assert "not_in_text" not in {defect.name for defect in reading.defects}


def test_an_exact_name_beats_a_guess_that_comes_before_it():
    schema = get_task("mabsa").schema(("food quality", "price level"))
    reading = answer_format(get_design("lines-text-ou"), schema).read("food allergy: negative\nfood quality: positive")
    assert reading.answer.values == {"food quality": "positive"}


def test_defects_of_an_answer_without_end_are_bounded():
    assert len(read("mabsa", "lines-text", "size: positive\nfood: positive\n" * 5000).defects) <= 210
