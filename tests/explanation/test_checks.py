"""Which answers describe an annotation.

pytest tests/explanation/test_checks.py
"""

from __future__ import annotations

import pytest

import sde_datasets as sde
from sde_datasets.explanation.checks import Verdict, check_answer
from sde_datasets.explanation.questions import Question

LABELS = sde.schema("mabsa", targets=["food", "service"])
TYPES = sde.schema("ner", targets=["DNA", "protein"])
TEXT = "The tuna was great, but the waiters were slow. A negative review? No, the soup was great too."
SENTIMENT = Question(TEXT, "food", "positive")
GENES = "p50 binds DNA. The DNA binding protein p50 is small."
MENTION = Question(GENES, "protein", "DNA binding protein p50", ((19, 42),))


@pytest.mark.parametrize(
    "answer, spans",
    [
        ("tuna was great", [(4, 18)]),
        (' "tuna was great" ', [(4, 18)]),
        ("“tuna was great”", [(4, 18)]),
        ("soup was great | tuna was great", [(4, 18), (74, 88)]),
    ],
)
def test_quotation_of_a_label_is_kept(answer, spans):
    assert check_answer(answer, "end", SENTIMENT, LABELS) == Verdict(tuple(spans))


@pytest.mark.parametrize(
    "answer, stop, problem",
    [
        ("", "end", "no answer"),
        ('""', "end", "no answer"),
        ("tuna was", "length", "cut off"),
        ("x" * 201, "end", "longer than 200 characters"),
        ("The tuna is great", "end", "not in the text"),
        ("tuna was great | nice", "end", "not in the text"),
        ("tuna was great | ", "end", "not in the text"),
        ("A negative review? No, the soup was great", "end", "names another label"),
    ],
)
def test_answer_that_fails_a_check_is_named(answer, stop, problem):
    assert check_answer(answer, stop, SENTIMENT, LABELS) == Verdict(problem=problem)


def test_description_of_a_mention_is_the_passage_around_it():
    assert check_answer("The DNA binding protein p50 is small", "end", MENTION, TYPES) == Verdict(((15, 51),))


def test_passage_elsewhere_does_not_describe_a_mention():
    assert check_answer("p50", "end", MENTION, TYPES).problem == "without the mention"


def test_another_target_beside_a_mention_is_another_label():
    assert check_answer("p50 binds DNA", "end", Question(GENES, "protein", "p50", ((0, 3),)), TYPES).problem == (
        "names another label"
    )


def test_question_is_in_the_language_of_the_schema():
    question = Question("鱼很好。", "食品评价", "正面")
    assert question.prompt(sde.schema("mabsa", targets=["食品评价"], language="zh")).startswith("在下面的文本中")


def test_braces_in_a_text_stay():
    assert Question("{target} costs {1}", "food", "positive").prompt(LABELS).endswith("Text:\n{target} costs {1}")
