"""Reasons after the answer: what deviates from the written form is read as far as it is clear, and has a defect.

pytest tests/formats/test_reasons_after.py
"""

from __future__ import annotations

import pytest

import sde_datasets as sde
from sde_datasets.formats import Answer, answer_format

MABSA = sde.schema("mabsa", targets=["food", "service"])
NER = sde.schema("ner", targets=["DNA", "RNA"])
LINES, JSON, LIST = (sde.Design(format=name, reasoning="post") for name in ("lines", "json", "list"))
PLAIN = "food: positive\nservice: unmentioned"
WHY = 'food: "the tuna was great"'


def read(answer: str, design: sde.Design = LINES, schema: sde.Schema = MABSA):
    """The values, the descriptions and the names of the defects of an answer."""
    parsed = answer_format(design, schema).read(answer)
    return parsed.values, parsed.descriptions, [defect.name for defect in parsed.defects]


def test_an_answer_without_its_reasons_is_complete():
    assert read(PLAIN) == ({"food": "positive"}, {}, [])


@pytest.mark.parametrize(
    ("answer", "descriptions", "defects"),
    [
        (f"{PLAIN}\n\n{WHY}", {"food": "the tuna was great"}, []),
        (f"<think>a\n\nb</think>{PLAIN}\n\n{WHY}", {"food": "the tuna was great"}, ["reasoning_block"]),
        (f"{PLAIN}\n\n{WHY}<|im_end|>", {"food": "the tuna was great"}, ["special_token"]),
        (f"{PLAIN}\n\n{WHY[:-3]}", {}, ["truncated"]),
        (f"{PLAIN}\n\n{WHY}\n{WHY}", {"food": "the tuna was great"}, ["repeated_target"]),
        (f"{PLAIN}\n\nFood: {WHY[6:]}", {"food": "the tuna was great"}, ["reworded_target"]),
        (f"{PLAIN}\n\nfood：{WHY[6:]}", {"food": "the tuna was great"}, ["wrong_punctuation"]),
        (f'{PLAIN}\n\n{WHY}\nparking: "none"', {"food": "the tuna was great"}, ["unknown_target"]),
    ],
)
def test_reasons_are_read_with_a_defect_for_each_deviation(answer, descriptions, defects):
    assert read(answer) == ({"food": "positive"}, descriptions, defects)


def test_a_reason_for_a_target_that_is_not_mentioned_belongs_to_the_answer():
    values, descriptions, defects = read(f'{PLAIN}\n\nservice: "slow"')
    assert (values, descriptions) == ({"food": "positive"}, {}) and defects


def test_equal_mentions_keep_the_order_of_their_reasons():
    form = answer_format(LIST, NER)
    answer = Answer({"DNA": ("p50", "p50", "IL-2")}, {"DNA": ("", "near p50", "the IL-2 gene")})
    assert form.write(answer).split("\n\n")[1] == (
        '["DNA", "p50", ""]\n["DNA", "p50", "near p50"]\n["DNA", "IL-2", "the IL-2 gene"]'
    )
    assert form.read(form.write(answer)).answer == answer


def test_a_list_that_describes_no_mention_of_the_answer_is_malformed():
    answer = '["DNA", "p50"]\n["RNA", []]\n\n["DNA", "p65", "the clause"]'
    assert read(answer, LIST, NER) == ({"DNA": ("p50",)}, {}, ["malformed"])


def test_the_reasons_of_json_answers_are_lines():
    written = answer_format(JSON, MABSA).write(Answer({"food": "positive"}, {"food": "great"}))
    assert written.split("\n")[2:] == ["", 'food: "great"']


def test_many_reasons_take_linear_time():
    many = "\n".join(['["DNA", "p50", "x"]'] * 20_000)
    values = "\n".join(['["DNA", "p50"]'] * 20_000)
    parsed = answer_format(LIST, NER).read(f"{values}\n\n{many}")
    assert parsed.descriptions == {"DNA": ("x",) * 20_000}
