"""Errors of answers: what makes a strict reader reject an answer, its position, and what lenient reading recovers.

pytest tests/formats/test_errors.py
"""

from __future__ import annotations

import pytest

from sde_datasets.designs.design import FORMATS, LABELS, get_design
from sde_datasets.formats import Defect, answer_format
from sde_datasets.tasks.task import get_task
from tests.formats.cases import FOOD, MOTION, PRICE, SCHEMAS, check, found, read
from tests.loops import for_each


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000\n"], ids=ascii)
def test_empty(format_, text):
    assert read("mabsa", f"{format_}-text", text).defects == (Defect("empty", 0),)


@pytest.mark.parametrize(
    ("task", "design", "text"),
    [
        ("mabsa", "natural-text", "size: positive."),
        ("mabsa", "lines-text", "size: positive\ntaste: negative"),
        ("mabsa", "json-text", '{"aspect": "size", "sentiment": "positive"}'),
        ("mabsa", "list-text", '["size", "positive"]'),
        ("ner", "natural-text", "'protein': 'x'; 'cell': ''"),
        ("ed", "lines-text", "Flight: flew"),
    ],
)
def test_well_formed_answers_that_name_only_unknown_targets_are_no_format_error(task, design, text):
    reading = read(task, design, text)
    assert {defect.name for defect in reading.defects} == {"unknown_target"}
    assert reading.is_strict and not reading.usable and not reading.answer.values


PROSE = [
    "I liked it.",
    "I am sorry, but I cannot help with that.",
    "好吃，推荐！",
    "```\nnone at all\n```",
    "?",
    "...",
    "---",
]


@for_each("text", PROSE)
@for_each("end", ["", "-ou", "-cot", "-rcot-ou"])
@for_each("format_", FORMATS)
@pytest.mark.parametrize("task", SCHEMAS)
def test_prose_has_no_format_and_is_of_no_use(task, format_, end, text):
    for labels in LABELS:
        reading = read(task, f"{format_}-{labels}{end}", text)
        names = {defect.name for defect in reading.defects}
        assert "no_format" in names and names <= {"no_format", "unknown_target", "malformed"}
        assert not reading.is_strict and not reading.usable and not reading.answer.values


@pytest.mark.parametrize(
    ("task", "design", "text"), [("mabsa", "list-text", '"food"'), ("ed", "list-num", "[7.5, []]")]
)
def test_what_has_no_form_at_all_is_not_read(task, design, text):
    names = {defect.name for defect in read(task, design, text).defects}
    assert "no_format" in names and not read(task, design, text).answer.values


@pytest.mark.parametrize(
    ("design", "text"),
    [
        ("json-text", '["food", "positive"]'),
        ("list-text", '{"aspect": "food", "sentiment": "positive"}'),
        ("json-text", "food: positive"),
        ("lines-text", "food - positive"),
    ],
)
def test_another_form_is_read_and_is_a_format_error(design, text):
    reading = read("mabsa", design, text)
    assert "other_format" in {defect.name for defect in reading.defects} and not reading.is_strict
    assert reading.answer.values == {"food": "positive"}


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("ed", "natural-text", "Motion: ", ", flew"),
        ("ed", "lines-text", "Motion: flew, ", "[raid]"),
        ("ed", "lines-num", "", "Motion: flew"),
        ("ner", "lines-text", "", "DNA: 'a'"),
        ("ner", "lines-text", "'DNA': ", "a"),
        ("ner", "natural-text", "'DNA': 'a', ", '"b"'),
        ("mabsa", "json-text", FOOD + "\n", '{"aspect": "price"}'),
        ("mabsa", "json-text", "", '{"aspect": 1, "sentiment": "positive"}'),
        ("mabsa", "json-text-cot", "", '{"aspect": "food", "description": 1, "sentiment": "positive"}'),
        ("ed", "json-text", MOTION + "\n ", '{"event_type": "Attack", "trigger word": "raid"}'),
        ("ed", "json-text", "", '{"event_type": "Motion", "trigger word": ["flew", 1]}'),
        ("ed", "json-num", "", '{"event_type": "0", "trigger word": ["flew"]}'),
        ("ed", "json-num", "", '{"event_type": true, "trigger word": ["flew"]}'),
        ("mabsa", "list-text", "", '["food"]'),
        ("ed", "list-text", "", '["Motion", ["flew"]]'),
        ("ed", "list-text", "", '["Motion", null]'),
    ],
)
def test_malformed(task, design, before, wrong):
    check("malformed", task, design, before, wrong)


@pytest.mark.parametrize(
    ("task", "design", "text"),
    [
        ("mabsa", "natural-text", "food: positive"),
        ("mabsa", "natural-text", "food: positive, pri"),
        ("mabsa", "lines-text", "food: positive\npri"),
        ("mabsa", "lines-text-cot", 'food: "great" -> positive\nprice: "dear"'),
        ("mabsa", "lines-text-cot", 'food: "great" ->'),
        ("ner", "natural-text", "'DNA': 'a'; 'RN"),
        ("mabsa.zh", "natural-text", "食品评价：正面，价格水"),
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
        ("ed", "lines-text", "Motion: ", '"took, o'),
        ("mabsa", "lines-text-cot", "food: ", '"the tu'),
        ("mabsa", "json-text", '{"aspect": "food", ', '"sentim'),
        ("mabsa", "list-text", '["food", "positive"]\n["price", ', '"neg'),
        ("mabsa", "lines-text", "food: positive\nprice: ", "neg"),
    ],
)
def test_truncated_inside_a_string_or_label_stands_where_it_begins(task, design, before, wrong):
    check("truncated", task, design, before, wrong)


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-text", "food: ", "great."),
        ("mabsa", "lines-text", "\n food: ", "mixed\nprice: negative"),
        ("mabsa", "lines-text", "food: ", "1"),
        ("mabsa.zh", "lines-text", "食品评价：", "好"),
        ("mabsa", "json-text", FOOD + "\n", '{"aspect": "price", "sentiment": "bad"}'),
        ("mabsa", "list-text", '["price", "positive"]\n', '["food", "bad"]'),
        ("mabsa", "list-num", "", '["food", true]'),
        ("mabsa", "list-num", "", '["food", 1.5]'),
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
        ("mabsa", "natural-text", "food: positive, price: negative.", " I hope this helps!"),
        ("mabsa", "natural-text", "food: positive.", " Bye"),
        ("mabsa", "lines-text", "food: positive\nprice: negative\n", "That is all."),
        ("mabsa.zh", "natural-text", "食品评价：正面，价格水平：负面。", "谢谢"),
        ("ed", "lines-text", "Motion: flew\nAttack: NONE\n\n", "```"),
        ("ner", "lines-text", "'DNA': 'a'\n'RNA': ''\n", "End of answer"),
        ("mabsa", "json-text", FOOD + "\n" + PRICE, "."),
        ("mabsa", "json-text", FOOD + "\n" + PRICE + "\n", "I hope this helps"),
        ("mabsa", "list-text", '["food", "positive"]\n', "done"),
    ],
)
def test_trailing_text(task, design, before, wrong):
    place = len(before) + len(wrong) - len(wrong.lstrip())
    reading = read(task, design, before + wrong)
    assert [name for name, at in found(reading) if at == place] == ["trailing_text"] and not reading.is_strict
    assert reading.answer == read(task, design, before).answer


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-text", "food: positive", "; price: negative."),
        ("mabsa", "natural-text", "food: positive", "\nprice: negative."),
        ("mabsa", "natural-text", "food: positive", "。"),
        ("mabsa", "lines-text", "food: positive", "."),
        ("mabsa", "lines-text", "food", "：positive"),
        ("mabsa", "lines-text", "food: positive", ", price: negative"),
        ("mabsa.zh", "lines-text", "食品评价", ": 正面"),
        ("mabsa.zh", "natural-text", "食品评价：正面", ",价格水平：负面。"),
        ("ed", "natural-text", "Motion: flew", "\nAttack: raid"),
        ("ed", "natural-text", "Motion: flew", ", Attack: raid"),
        ("ed", "lines-text", "Motion: flew", "; Attack: raid"),
        ("ed", "lines-text", "Motion: flew", "，landed"),
        ("ner", "natural-text", "'DNA': 'a'", "."),
        ("mabsa", "json-text", '{"aspect"', '： "food", "sentiment": "positive"}'),
        ("mabsa", "list-text", '["food"', '，"positive"]'),
        ("mabsa", "list-text", "", '［"food", "positive"］'),
    ],
)
def test_wrong_punctuation_is_read_through(task, design, before, wrong):
    reading = read(task, design, before + wrong)
    assert ("wrong_punctuation", len(before)) in found(reading)
    assert not reading.is_strict and reading.answer.values


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-text", "food: positive, price", " negative."),
        ("mabsa", "lines-text", "food: positive\n\n  price", " negative"),
    ],
)
def test_without_a_colon_a_target_is_met_but_not_read(task, design, before, wrong):
    check("wrong_punctuation", task, design, before, wrong)
    assert read(task, design, before + wrong).answer.values == ({"food": "positive"} if "positive" in before else {})


@pytest.mark.parametrize(
    ("task", "design", "before", "wrong"),
    [
        ("mabsa", "natural-text", "food: positive", '<- "great".'),
        ("mabsa", "natural-text", "food: positive ", "because of the soup, price: negative."),
        ("mabsa", "natural-text", "food: positive", ", which I liked, price: negative."),
        ("mabsa", "lines-text", "food: positive\nprice: negative", "(too high)"),
        ("mabsa", "lines-text-cot", 'food: "great" -> positive', '<- "great"'),
        ("mabsa.zh", "lines-text", "食品评价：正面", "，味道很好"),
        ("mabsa", "list-text", '["price", "positive"]\n', '["food", "positive", "x"]'),
        ("mabsa", "json-text", FOOD + "\n", '{"aspect": "price", "sentiment": "negative", "why": "dear"}'),
        ("mabsa", "json-text", FOOD + "\n", '{"aspect": "price", "sentiment": "negative, too dear"}'),
    ],
)
def test_a_note_after_a_label_is_an_error_and_the_label_is_kept(task, design, before, wrong):
    check("note_after_label", task, design, before, wrong)
    labels = [before.count(label) + wrong.count(label) for label in ("positive", "negative", "正面")]
    assert len(read(task, design, before + wrong).answer.values) == sum(labels)


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
    reading = answer_format(get_design(design), get_task(task).schema(targets)).read(text)
    assert [name for name, _ in found(reading)] == [defect] and not reading.is_strict
