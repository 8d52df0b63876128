"""Words: what cuts one, by script, and where a mention without offsets is found.

pytest tests/records/test_words.py
"""

from __future__ import annotations

import pytest

from sde_datasets.records.words import MentionPlaces, cuts_word, find_mention, same_words


@pytest.mark.parametrize(
    ("text", "mention", "cuts"),
    [
        ("Testing", "in", True),
        ("p500", "p50", True),
        ("Москва", "Моск", True),
        ("IL-2 gene", "IL", False),
        ("Ana's cat", "Ana", False),
        ("cell_line", "cell", False),
        ("cafe\u0301s", "cafe", True),
        ("हिन्दी", "हि", True),
        ("東京都", "東京", False),
        ("กรุงเทพ", "กรุง", False),
        ("2019年", "2019", False),
        ("서울에서", "서울", False),
    ],
)
def test_what_cuts_a_word(text, mention, cuts):
    start = text.index(mention)
    assert cuts_word(text, start, start + len(mention)) is cuts


@pytest.mark.parametrize(
    ("text", "mention", "places"),
    [
        ("Testing tin: tin", "tin", MentionPlaces([(8, 11), (13, 16)])),
        ("p500, then p50", "p50", MentionPlaces([(11, 14)])),
        ("Testing", "in", MentionPlaces([(4, 6)], inside_words=True)),
        ("aa aaa", "aa", MentionPlaces([(0, 2)])),
        ("aaaa", "aa", MentionPlaces([(0, 2), (2, 4)], inside_words=True)),
        ("東京都と東京", "東京", MentionPlaces([(0, 2), (4, 6)])),
        ("Bank\u00a0of  Oslo", "Bank of Oslo", MentionPlaces([(0, 13)], reworded=True)),
        ("Cafe\u0301 Rojo", "Caf\u00e9", MentionPlaces([(0, 5)], reworded=True)),
        ("Caf\u00e9 Rojo", "Cafe\u0301", MentionPlaces([(0, 4)], reworded=True)),
        ("Ana met", " Ana ", MentionPlaces([(0, 3)])),
        ("a.c abc", "a.c", MentionPlaces([(0, 3)])),
        ("Ana", "Bo", MentionPlaces([])),
        ("Ana", " ", MentionPlaces([])),
    ],
)
def test_where_a_mention_stands(text, mention, places):
    assert find_mention(text, mention) == places


def test_strings_that_differ_in_blanks_and_unicode_form_alone():
    assert same_words("Cafe\u0301\u00a0Rojo ", "Caf\u00e9 Rojo")
    assert not same_words("Cafe Rojo", "Caf\u00e9 Rojo")
