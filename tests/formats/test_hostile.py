"""Answers that are made to break a reader: they are read, and their defects are named.

pytest tests/formats/test_hostile.py
"""

from __future__ import annotations

import pytest

from sde_datasets.designs.design import FORMATS, LABELS
from tests.formats.cases import SCHEMAS, read
from tests.loops import for_each

DEEP, DIGITS = 100_000, "9" * 5000
# texts that are wrong in every design of their format, and must be said to be so
HOSTILE = [
    ("mabsa", "json-text", '{"aspect": ' * DEEP),
    ("mabsa", "json-text", '{"aspect": "food", "sentiment": ' + "[" * DEEP + "]" * DEEP + "}"),
    ("ed", "list-text", "[" * DEEP),
    ("ed", "list-text", '["Motion", ' + "[" * DEEP + "]" * DEEP + "]"),
    ("ed", "natural-text", "Motion: " + "[" * DEEP),
    ("ner", "lines-text", "'" * DEEP),
    ("ed", "json-num", '{"event_type": ' + DIGITS + ', "trigger word": []}'),
    ("ed", "list-num", f"[{DIGITS}, []]"),
    ("ed", "list-num", f"[-{DIGITS}, []]"),
    ("mabsa", "list-num", f'["food", {DIGITS}]'),
    ("mabsa", "list-num", '["food", 1e999999]'),
    ("ed", "lines-num", f"{DIGITS}: flew"),
    ("mabsa", "natural-num", f"food: {DIGITS}."),
    ("mabsa", "list-num", '["food", NaN]'),
    ("mabsa", "json-num", '{"aspect": "food", "sentiment": -Infinity}'),
    ("ed", "list-num", "[Infinity, []]"),
]


@pytest.mark.parametrize(("task", "design", "text"), HOSTILE, ids=range(len(HOSTILE)))
def test_nesting_long_numbers_and_nan_are_errors_that_do_not_raise(task, design, text):
    reading = read(task, design, text)
    assert not reading.is_strict
    # a bare value that is all brackets is malformed, and stands there all the same
    assert all(surface in text for found in reading.answer.values.values() for surface in found)


def test_of_two_equal_keys_the_first_counts():
    text = '{"aspect": "food", "sentiment": "positive", "aspect": "price", "sentiment": "negative"}'
    assert read("mabsa", "json-text", text).answer.values == {"food": "positive"}


@for_each("reasoning", ["", "-cot", "-rcot"])
@for_each("format_", FORMATS)
@pytest.mark.parametrize("task", SCHEMAS)
def test_lone_surrogates_do_not_raise(task, format_, reasoning):
    head = {"mabsa": "food: ", "ner": "'DNA': ", "ed": "Motion: "}.get(task, "移动: ")
    for text in ("\ud800", head + "\udfff", f'{head}"\\ud800"', '["\\ud800", "\udc00"]', '{"aspect": "\\udc00"}'):
        for labels in LABELS:
            assert set(read(task, f"{format_}-{labels}{reasoning}", text).answer.values) <= set(SCHEMAS[task].targets)


@for_each("code", range(0x20), hex)
def test_a_control_character_as_a_code_in_single_quotes_does_not_raise(code):
    # JSON lets every control character be written \u00XX, also those that have a shorter escape
    reading = read("ner", "lines-text", f"'DNA': 'a\\u{code:04x}b'")
    assert reading.answer.values in ({}, {"DNA": (f"a{chr(code)}b",)})
