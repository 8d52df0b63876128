"""What a strict reader finds wrong, and where: the structural defects by format, and texts that must never raise.

pytest tests/formats/test_defects.py
"""

from __future__ import annotations

from itertools import permutations

import pytest

from sde_datasets.designs import FORMATS, LABELS, REASONING, UNMENTIONED, Design, find_design
from sde_datasets.formats import Answer, Defect, format_of
from sde_datasets.formats.answers import ERRORS, NOTES
from sde_datasets.tasks import find_task

SCHEMAS = {
    "mabsa": find_task("mabsa").schema(("food", "price")),
    "mabsa.zh": find_task("mabsa").schema(("食品评价", "价格水平"), "zh"),
    "ner": find_task("ner").schema(("DNA", "RNA")),
    "ed": find_task("ed").schema(("Motion", "Attack")),
    "ed.zh": find_task("ed").schema(("移动", "袭击"), "zh"),
}
FOOD, PRICE = '{"aspect": "food", "sentiment": "positive"}', '{"aspect": "price", "sentiment": "negative"}'
MOTION = '{"event_type": "Motion", "trigger word": ["flew"]}'


def read(task: str, design: str, text: str):
    return format_of(find_design(design), SCHEMAS[task]).read(text)


def check(name: str, task: str, design: str, before: str, wrong: str, after: str = "") -> None:
    """The first defect of before + wrong + after is `name`, and it stands where `wrong` begins."""
    assert read(task, design, before + wrong + after).defects[:1] == (Defect(name, len(before)),)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000\n"], ids=ascii)
def test_empty(format_, text):
    assert read("mabsa", f"{format_}-text", text).defects == (Defect("empty", 0),)


@pytest.mark.parametrize(
    ("task", "design", "text"),
    [
        ("mabsa", "natural-text", "size: positive."),
        ("mabsa", "lines-text", "size: positive\nFood: negative"),
        ("mabsa", "json-text", '{"aspect": "size", "sentiment": "positive"}'),
        ("mabsa", "list-text", '["size", "positive"]'),
        ("ner", "natural-text", "'protein': 'x'; 'dna': ''"),
        ("ed", "lines-text", "Flight: flew"),
    ],
)
def test_no_format_where_only_unknown_targets_were_read(task, design, text):
    reading = read(task, design, text)
    assert {defect.name for defect in reading.defects} == {"unknown_target", "no_format"}
    assert not reading.accepted and not reading.answer.values


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-text", "", "I liked it."),
        ("mabsa", "natural-text", "", "food = positive."),
        ("mabsa", "natural-text", "food: positive, ", "price negative."),
        ("mabsa", "lines-text", "food: positive\n\n  ", "price negative"),
        ("mabsa", "lines-text", "", "'food'\uff1a positive"),
        ("ed", "natural-text", "Motion: ", ", flew"),
        ("ed", "lines-text", "Motion: flew, ", "[raid]"),
        ("ed", "lines-num", "", "Motion: flew"),
        ("ner", "lines-text", "", "DNA: 'a'"),
        ("ner", "lines-text", "'DNA': ", "a"),
        ("ner", "natural-text", "'DNA': 'a', ", '"b"'),
        ("mabsa", "json-text", "", '["food", "positive"]'),
        ("mabsa", "json-text", FOOD + "\n", '{"aspect": "price"}'),
        ("mabsa", "json-text", "", FOOD[:-1] + ', "why": "x"}'),
        ("mabsa", "json-text", "", '{"aspect": 1, "sentiment": "positive"}'),
        ("mabsa", "json-text", '{"aspect": "food" ', '"sentiment": "positive"}'),
        ("mabsa", "json-text", "", "[]"),
        ("mabsa", "json-text-cot", "", '{"aspect": "food", "description": 1, "sentiment": "positive"}'),
        ("ed", "json-text", MOTION + "\n ", '{"event_type": "Attack", "trigger word": "raid"}'),
        ("ed", "json-text", "", '{"event_type": "Motion", "trigger word": ["flew", 1]}'),
        ("ed", "json-num", "", '{"event_type": "0", "trigger word": ["flew"]}'),
        ("ed", "json-num", "", '{"event_type": true, "trigger word": ["flew"]}'),
        ("mabsa", "list-text", "", '["food"]'),
        ("mabsa", "list-text", '["price", "positive"]\n', '["food", "positive", "x"]'),
        ("mabsa", "list-text", "", '"food"'),
        ("mabsa", "list-text", "", "[]"),
        ("ed", "list-text", "", '["Motion", ["flew"]]'),
        ("ed", "list-text", "", '["Motion", null]'),
        ("ed", "list-num", "", "[1.0, []]"),
    ],
)
def test_malformed(task, design, before, wrong):
    check("malformed", task, design, before, wrong)


@pytest.mark.parametrize(
    ("task", "design", "text"),
    [
        ("mabsa", "natural-text", "food: positive"),
        ("mabsa", "natural-text", "food: positive, price:"),
        ("mabsa", "natural-text", "food: positive,"),
        ("mabsa", "lines-text", "food: positive\nprice:"),
        ("mabsa", "list-text", '["food", "positive"'),
        ("mabsa", "json-text", FOOD[:-1]),
        ("mabsa", "json-text", FOOD + "\n" + '{"aspect": "price",'),
        ("ed", "natural-text", "Motion: flew,"),
        ("ner", "lines-text", "'DNA': 'a',"),
    ],
)
def test_truncated_at_the_end(task, design, text):
    check("truncated", task, design, text, "")


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("ner", "lines-text", "'DNA': ", "'IL-2 ge"),
        ("ner", "natural-text", "'DNA': 'a'; ", "'RN"),
        ("ed", "lines-text", "Motion: ", '"took, o'),
        ("mabsa", "lines-text-cot", "food: ", '"the tu'),
        ("mabsa", "json-text", '{"aspect": "food", ', '"sentim'),
        ("mabsa", "list-text", '["food", "positive"]\n["price", ', '"neg'),
    ],
)
def test_truncated_inside_a_string_stands_where_the_string_begins(task, design, before, wrong):
    check("truncated", task, design, before, wrong)


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-text", "food: ", "great."),
        ("mabsa", "natural-text", "food: positive, price: ", "Negative."),
        ("mabsa", "lines-text", "\n food: ", "mixed\nprice: negative"),
        ("mabsa", "lines-text", "food: ", "1"),
        ("mabsa", "lines-text", "food: ", "正面"),
        ("mabsa", "lines-num", "food: ", "positive"),
        ("mabsa", "lines-text-rcot", "food: ", '"great" -> positive'),
        ("mabsa.zh", "lines-text", "食品评价：", "好"),
        ("mabsa", "json-text", FOOD + "\n", '{"aspect": "price", "sentiment": "bad"}'),
        ("mabsa", "json-text", "", '{"aspect": "food", "sentiment": ["positive"]}'),
        ("mabsa", "json-num", "", '{"aspect": "food", "sentiment": "1"}'),
        ("mabsa", "list-text", '["price", "positive"]\n', '["food", "bad"]'),
        ("mabsa", "list-num", "", '["food", true]'),
        ("mabsa", "list-num", "", '["food", 1.0]'),
    ],
)
def test_unknown_label(task, design, before, wrong):
    check("unknown_label", task, design, before, wrong)


@pytest.mark.parametrize(
    ("design", "before", "wrong"),
    [
        ("natural-text", "food: positive, ", "food: negative."),
        ("natural-num", "food: 1, price: 0, ", "food: 0."),
        ("lines-text", "food: positive\n", "food: unmentioned"),
        ("lines-text", "food: unmentioned\n ", "food: positive"),
        ("json-text", FOOD + "\n", FOOD.replace("positive", "neutral")),
        ("list-text", '["food", "positive"]\n\n', '["food", "negative"]'),
    ],
)
def test_conflicting_label(design, before, wrong):
    check("conflicting_label", "mabsa", design, before, wrong)


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-num", "food: 1, price: ", "5."),
        ("mabsa", "lines-num", "food: ", "-3"),
        ("mabsa", "json-num", "", '{"aspect": "food", "sentiment": 2}'),
        ("mabsa", "list-num", '["food", 1]\n', '["price", 7]'),
        ("ed", "natural-num", "0: flew; ", "2: raid"),
        ("ed", "lines-num", "0: flew\n", "-1: raid"),
        ("ner", "lines-num", "", "2: 'a'"),
        ("ed", "json-num", "", '{"event_type": -1, "trigger word": []}'),
        ("ed", "list-num", '[0, "flew"]\n ', '[9, "raid"]'),
    ],
)
def test_number_out_of_range(task, design, before, wrong):
    check("number_out_of_range", task, design, before, wrong)


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-text", "food: positive", "; price: negative."),
        ("mabsa", "natural-text", "food: positive", '<- "great".'),
        ("mabsa", "lines-text", "food: positive", "."),
        ("mabsa", "lines-text", "food: positive\nprice: negative", "(too high)"),
        ("mabsa", "lines-text-cot", 'food: "great" -> positive', '<- "great"'),
        ("ed", "natural-text", "Motion: flew", "\nAttack: raid"),
        ("ed", "lines-text", "Motion: flew", "; Attack: raid"),
        ("ed", "lines-text", "Motion: NONE", ", flew"),
        (
            "ner",
            "natural-text",
            "'DNA': 'a'",
            ".",
        ),
        ("mabsa", "json-text", FOOD, ", " + PRICE),
        ("mabsa", "json-text", FOOD + "\n" + PRICE, "."),
        ("mabsa", "list-text", '["food", "positive"] ', '["price", "negative"]'),
    ],
)
def test_trailing_text(task, design, before, wrong):
    check("trailing_text", task, design, before, wrong)


@pytest.mark.parametrize(
    ("name", "task", "design", "before", "wrong"),
    [
        ("unknown_target", "mabsa", "natural-text", "food: positive, ", "size: neutral, price: negative."),
        ("unknown_target", "mabsa", "lines-text", "food: positive\n ", "Price: negative"),
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
    assert reading.defects == (Defect(name, len(before)),) and reading.accepted


def test_several_surfaces_in_the_list_format_are_no_repeat():
    reading = read("ed", "list-text", '["Motion", "flew"]\n["Motion", "flew"]')
    assert reading.answer.values == {"Motion": ("flew", "flew")} and not reading.defects


def test_what_was_read_before_an_error_is_kept():
    assert read("mabsa", "lines-text", "food: positive\nprice: dear").answer.values == {"food": "positive"}


def test_the_lists_of_defects_are_those_of_the_contract():
    assert set(ERRORS) == {
        "empty", "no_format", "malformed", "truncated", "unknown_label", "conflicting_label",
        "number_out_of_range", "note_after_label", "wrong_punctuation", "trailing_text",
    }  # fmt: skip
    assert set(NOTES) == {
        "unknown_target", "missing_target", "reworded_target", "reworded_label", "repeated_target", "not_in_text",
    }  # fmt: skip


# answers as records give them: values, a description for each target, and for each mention
REALISTIC = {
    "mabsa": [{"food": "positive", "price": "negative"}, {"price": "neutral"}, {}],
    "mabsa.zh": [{"食品评价": "正面", "价格水平": "负面"}, {"食品评价": "中性"}, {}],
    "ner": [{"DNA": ("IL-2 gene", "kappa B"), "RNA": ("mRNA",)}, {"DNA": ("5'-UTR",)}, {}],
    "ed": [{"Motion": ("flew", "took off"), "Attack": ("raid",)}, {"Attack": ("7", "none")}, {}],
    "ed.zh": [{"移动": ("起飞", "降落"), "袭击": ("空袭",)}, {"袭击": ("无", "炸，毁")}, {}],
}


def _answer(values: dict, design: Design, kind: str) -> Answer:
    if design.reasoning == "none":
        return Answer(values, {})
    each = design.format == "list" and kind == "mention"
    return Answer(values, {t: tuple("so, it is" for _ in v) if each else "so, it is" for t, v in values.items()})


@pytest.mark.parametrize("task", REALISTIC)
@pytest.mark.parametrize(("own", "other"), list(permutations(FORMATS, 2)))
def test_the_answer_of_another_format_is_never_accepted(task, own, other):
    schema = SCHEMAS[task]
    for labels, reasoning, unmentioned in [(a, b, c) for a in LABELS for b in REASONING for c in UNMENTIONED]:
        for values in REALISTIC[task]:
            design, reader = Design(other, labels, reasoning, unmentioned), Design(own, labels, reasoning, unmentioned)
            text = format_of(design, schema).write(_answer(values, design, schema.kind))
            if text != format_of(reader, schema).write(_answer(values, reader, schema.kind)):
                assert not format_of(reader, schema).read(text).accepted, (reader.name, text)


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
    assert not reading.accepted and reading.answer.values == {}


def test_of_two_equal_keys_the_first_counts():
    text = '{"aspect": "food", "sentiment": "positive", "aspect": "price", "sentiment": "negative"}'
    assert read("mabsa", "json-text", text).answer.values == {"food": "positive"}


@pytest.mark.parametrize("task", SCHEMAS)
@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("reasoning", ["", "-cot", "-rcot"])
def test_lone_surrogates_do_not_raise(task, format_, reasoning):
    head = {"mabsa": "food: ", "ner": "'DNA': ", "ed": "Motion: "}.get(task, "移动: ")
    for text in ("\ud800", head + "\udfff", f'{head}"\\ud800"', '["\\ud800", "\udc00"]', '{"aspect": "\\udc00"}'):
        for labels in LABELS:
            assert set(read(task, f"{format_}-{labels}{reasoning}", text).answer.values) <= set(SCHEMAS[task].targets)


@pytest.mark.parametrize("code", range(0x20), ids=hex)
def test_a_control_character_as_a_code_in_single_quotes_does_not_raise(code):
    # JSON lets every control character be written \u00XX, also those that have a shorter escape
    reading = read("ner", "lines-text", f"'DNA': 'a\\u{code:04x}b'")
    assert reading.answer.values in ({}, {"DNA": (f"a{chr(code)}b",)})


@pytest.mark.parametrize(
    ("task", "design", "text", "defect"),
    [
        ("ed", "lines-text", "Attack: None", "malformed"),
        ("ed", "lines-text", "Motion: 5", "malformed"),
        ("ed", "lines-num", "+0: flew", "malformed"),
        ("ed", "list-text", '["Motion", ""]', "malformed"),
        ("ed", "json-text", '{"event_type": "Motion", "trigger word": [""]}', "malformed"),
        ("ed", "json-text", '{"event_type": "Motion", "trigger word": ["\\ud800"]}', "malformed"),
        ("ed", "lines-text", 'Motion: "\\ud800"', "malformed"),
        ("mabsa", "lines-num", "food: 10", "number_out_of_range"),
        ("mabsa", "lines-text", "food: positively", "unknown_label"),
        ("ner", "lines-text", "'DNA': 'say \\\"a\\\"'", "malformed"),
        ("mabsa", "json-text", '{"aspect": "fo\\u12', "truncated"),
    ],
)
def test_what_the_writer_never_writes_is_an_error_with_its_name(task, design, text, defect):
    targets = {"ed": ("Motion", "Attack"), "mabsa": ("food",), "ner": ("DNA",)}[task]
    reading = format_of(find_design(design), find_task(task).schema(targets)).read(text)
    assert [found.name for found in reading.defects] == [defect] and not reading.accepted
