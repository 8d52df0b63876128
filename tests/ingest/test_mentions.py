"""Mentions brought into line with their text: re-anchored, trimmed, taken as the text writes them.

pytest tests/ingest/test_mentions.py
"""

from __future__ import annotations

import pytest

from sde_datasets.ingest.mentions import RE_ANCHORED, REWORDED, TRIMMED, align_mention
from sde_datasets.records.record import Annotation

TEXT = "Ana met Bo, and a cat."


def fit(mention: str | None, *spans: tuple[int, int], text: str = TEXT):
    annotation, notes = align_mention(Annotation("X", mention=mention, spans=spans), text)
    return annotation.mention, annotation.spans, notes


@pytest.mark.parametrize(
    ("mention", "span", "place"),
    [("Bo", (7, 9), (8, 10)), ("Bo", (10, 12), (8, 10)), ("Ana", (0, 2), (0, 3)), ("cat.", (20, 24), (18, 22))],
)
def test_a_mention_one_or_two_characters_beside_its_offset_is_re_anchored(mention, span, place):
    assert fit(mention, span) == (mention, (place,), [RE_ANCHORED])


@pytest.mark.parametrize(
    ("mention", "spans", "text"),
    [
        ("Bo", ((5, 7),), TEXT),  # three beside
        ("Bob", ((8, 11),), TEXT),  # nowhere
        ("t", ((5, 6),), TEXT),  # inside of a word
        ("a", ((2, 3),), "x a a x"[1:]),  # as near on the left as on the right
        ("Ana", ((0, 9),), TEXT),  # an end far away
    ],
)
def test_a_mention_elsewhere_stays_as_it_is(mention, spans, text):
    assert fit(mention, *spans, text=text) == (mention, spans, [])


def test_all_pieces_of_a_mention_move_together():
    assert fit("Ana Bo", (1, 4), (9, 11)) == ("Ana Bo", ((0, 3), (8, 10)), [RE_ANCHORED])


@pytest.mark.parametrize("mention", ["Bo", " Bo ", None])
def test_blanks_at_the_edges_are_trimmed(mention):
    assert fit(mention, (7, 11), text="Ana met Bo and") == ("Bo", ((8, 10),), [TRIMMED])


def test_a_piece_that_is_blank_is_left_out():
    assert fit("Ana  ", (0, 3), (3, 4)) == ("Ana", ((0, 3),), [TRIMMED])


def test_the_text_is_taken_where_it_writes_other_blanks():
    assert fit("Ana met", (0, 7), text="Ana\u00a0met Bo") == ("Ana\u00a0met", ((0, 7),), [REWORDED])


@pytest.mark.parametrize("spans", [(), ((0, 99),), ((3, 3),), ((3, 4),)])
def test_what_cannot_be_corrected_is_left_to_the_check(spans):
    assert fit(None, *spans) == (None, spans, [])
