"""Every row of the paper's table of format errors, in both languages: what lenient reading takes, and what is an error.

pytest tests/formats/test_reference_table.py
"""

from __future__ import annotations

import pytest

from sde_datasets.designs.design import get_design
from sde_datasets.formats import answer_format
from sde_datasets.formats.answers import ERRORS
from sde_datasets.tasks.task import get_task

TARGETS = {"en": ("traffic convenience", "food", "price"), "zh": ("交通便利", "食品评价", "价格水平")}
SCHEMAS = {language: get_task("mabsa").schema(targets, language) for language, targets in TARGETS.items()}
# what the answers of a row say, of which some is not always read
TRAFFIC, ROAD = {"traffic convenience": "positive"}, {"交通便利": "正面"}
EN, ZH = TRAFFIC | {"food": "negative"}, ROAD | {"食品评价": "负面"}


def json_en(*pairs: tuple[str, object]) -> str:
    """An answer in the JSON format, number or word."""
    label = '{{"aspect": "{}", "sentiment": {}}}'
    return "\n".join(label.format(t, each if isinstance(each, int) else f'"{each}"') for t, each in pairs)


def json_zh(*pairs: tuple[str, str]) -> str:
    return "\n".join(f'{{"方面": "{target}", "情感": "{label}"}}' for target, label in pairs)


# kind of the table, the defect that says so, whether it is an error: design, answer, what is read
ROWS = {
    ("aspect worded otherwise", "reworded_target", False): [
        ("lines-text-ou", "traffic situation: positive\nfood: negative", EN),
        ("natural-text-ou", "traffic situation: positive, food: negative.", EN),
        ("json-text-ou", json_en(("traffic situation", "positive"), ("food", "negative")), EN),
        ("list-text-ou", '["traffic situation", "positive"]\n["food", "negative"]', EN),
        ("lines-text-ou", "交通情况：正面\n食品评价：负面", ZH),
        ("natural-text-ou", "交通情况：正面，食品评价：负面。", ZH),
        ("json-text-ou", json_zh(("交通情况", "正面"), ("食品评价", "负面")), ZH),
    ],
    ("extra aspect", "unknown_target", False): [
        ("lines-text-ou", "traffic convenience: positive\nview: neutral\nfood: negative", EN),
        ("natural-text-ou", "traffic convenience: positive, view: neutral, food: negative.", EN),
        ("lines-text-ou", "交通便利：正面\n风景：中性\n食品评价：负面", ZH),
        ("list-text-ou", '["交通便利", "正面"]\n["风景", "中性"]\n["食品评价", "负面"]', ZH),
    ],
    ("aspect missing", "missing_target", False): [
        ("lines-text", "traffic convenience: positive\nfood: negative", EN),
        ("natural-text", "traffic convenience: positive, food: negative.", EN),
        ("natural-text", "交通便利：正面，食品评价：负面。", ZH),
        ("json-text", json_zh(("交通便利", "正面"), ("食品评价", "负面")), ZH),
    ],
    ("description added after a label", "note_after_label", True): [
        ("lines-text-ou", "traffic convenience: positive, a bus stops there\nfood: negative", EN),
        ("natural-text-ou", "traffic convenience: positive because of the bus, food: negative.", EN),
        ("list-text-ou", '["traffic convenience", "positive", "a bus"]\n["food", "negative"]', EN),
        ("lines-text-ou", "交通便利：正面，门口有公交\n食品评价：负面", ZH),
        ("natural-text-ou", "交通便利：正面（门口有公交），食品评价：负面。", ZH),
    ],
    ("free text, no format at all", "no_format", True): [
        ("lines-text", "The food was bad, but a bus stops at the door.", {}),
        ("natural-text", "The food was bad, but a bus stops at the door.", {}),
        ("json-text", "The food was bad, but a bus stops at the door.", {}),
        ("list-text", "The food was bad, but a bus stops at the door.", {}),
        ("lines-text", "菜不好吃，不过门口就有公交。", {}),
        ("list-text", "菜不好吃，不过门口就有公交。", {}),
    ],
    ("a second label for an aspect", "conflicting_label", True): [
        ("lines-text-ou", "traffic convenience: positive\nfood: negative\nfood: positive", EN),
        ("natural-text-ou", "traffic convenience: positive, food: negative, food: neutral.", EN),
        ("lines-text-ou", "交通便利：正面\n食品评价：负面\n食品评价：正面", ZH),
        ("json-text-ou", json_zh(*ZH.items(), ("食品评价", "中性")), ZH),
    ],
    ("wrong punctuation between aspect and label", "wrong_punctuation", True): [
        ("lines-text-ou", "traffic convenience：positive\nfood：negative", EN),
        ("lines-text-ou", "交通便利: 正面\n食品评价: 负面", ZH),
    ],
    ("another sign between aspect and label", "other_format", True): [
        ("lines-text-ou", "traffic convenience: positive\nfood = negative", EN),
        ("natural-text-ou", "traffic convenience: positive, food - negative.", EN),
        ("lines-text-ou", "交通便利：正面\n食品评价=负面", ZH),
    ],
    ("number out of range", "number_out_of_range", True): [
        ("lines-num-ou", "traffic convenience: 1\nfood: 3", TRAFFIC),
        ("natural-num-ou", "traffic convenience: 1, food: -3.", TRAFFIC),
        ("json-num-ou", json_en(("traffic convenience", 1), ("food", 5)), TRAFFIC),
        ("lines-num-ou", "交通便利：1\n食品评价：9", ROAD),
    ],
    ("output cut off in a repeated segment", "truncated", True): [
        ("lines-text-ou", "traffic convenience: positive\nfood: negative\n" * 3 + "traffic conv", EN),
        ("natural-text-ou", "traffic convenience: positive, food: negative, " * 3 + "food: neg", EN),
        ("json-text-ou", (json_en(*EN.items()) + "\n") * 2 + '{"aspect": "food", "senti', EN),
        ("lines-text-ou", "交通便利：正面\n食品评价：负面\n" * 3 + "交通便利：正", ZH),
        ("list-text-ou", '["交通便利", "正面"]\n["食品评价", "负面"]\n' * 2 + '["交通便利", "正', ZH),
    ],
}


def language_of(answer: str) -> str:
    return "en" if answer.isascii() or "traffic" in answer else "zh"


@pytest.mark.parametrize(("kind", "defect", "error"), ROWS)
def test_a_row_of_the_table(kind, defect, error):
    assert {language_of(answer) for _, answer, _ in ROWS[kind, defect, error]} == {"en", "zh"}
    for design, answer, values in ROWS[kind, defect, error]:
        reading = answer_format(get_design(design), SCHEMAS[language_of(answer)]).read(answer)
        assert reading.answer.values == values, answer
        assert defect in {found.name for found in reading.defects}, answer
        assert reading.is_strict is not error and (defect in ERRORS) is error
