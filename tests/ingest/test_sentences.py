"""Cutting a text into sentences: where one ends, what stays whole, and that no character is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.ingest.sentences import sentences
from tests.properties import examples


def cut(text: str) -> list[str]:
    """The sentences that are not blank, trimmed."""
    return [stripped for start, end in sentences(text, []) if (stripped := text[start:end].strip())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        ('He said "Go." Then (so.) She: «Да.» — И', ['He said "Go."', "Then (so.)", "She: «Да.»", "— И"]),
        ("Up. 5 to go. “No.” - yes. 字", ["Up.", "5 to go.", "“No.”", "- yes.", "字"]),
        ("He said no. Then No. 5 came.", ["He said no.", "Then No. 5 came."]),
        ("He ran. then stopped. www.a.B", ["He ran. then stopped. www.a.B"]),
        ("А. С. Пушкин и Mr. Bo, 5 млн. Долларов в 1990 г. Тут.", None),
        ("Born in 1990. Died.\n2. Item", ["Born in 1990.", "Died.", "2. Item"]),
        ("他来了。她说：“走！”他走了？是...的", ["他来了。", "她说：“走！”", "他走了？", "是...的"]),
        ("a\rb\r\n\r\n \nc", ["a", "b", "c"]),
    ],
)
def test_sentences(text, expected):
    assert cut(text) == (expected or [text])


def test_long_runs_of_dots_take_no_time():
    text = "." * 200_000 + "x" + '."' * 100_000
    assert cut(text) == [text]


alphabet = st.sampled_from(list('aB1. !?…。！？\n\r\t"»)-г字😀\u00a0'))


@settings(max_examples=examples(300))
@given(st.data())
def test_cutting_keeps_entities_whole_and_loses_no_character(data):
    text = "".join(data.draw(st.lists(alphabet, max_size=60)))
    place = st.integers(0, max(0, len(text) - 1))
    pairs = data.draw(st.lists(st.tuples(place, place), max_size=4)) if text else []
    whole = sorted((min(pair), max(pair) + 1) for pair in pairs)
    stretches = sentences(text, whole)
    assert "".join(text[start:end] for start, end in stretches) == text
    for first, last in whole:
        assert sum(start <= first and last <= end for start, end in stretches) == 1
