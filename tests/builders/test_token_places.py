"""Places of tokens in a sentence, with and without a text of its own."""

from __future__ import annotations

import pytest

from sde_builders.token_places import aligned, joined


def test_tokens_fill_the_sentence():
    places = aligned('They "won".', ["They", "``", "won", "''", "."])
    assert places == [(0, 4), (5, 6), (6, 9), (9, 10), (10, 11)]


@pytest.mark.parametrize("sentence", ["They lost", "They won today", "So they won", "They"])
def test_tokens_that_do_not_fill_the_sentence(sentence):
    assert aligned(sentence, ["They", "won"]) is None


def test_joined_tokens():
    assert joined(["They", "won"]) == ("They won", [(0, 4), (5, 8)])
