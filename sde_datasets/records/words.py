"""Words in a text: whether a span cuts a word, and where a mention without offsets occurs.

A word is a run of letters, digits and combining marks. In scripts without blanks between words (Chinese, Japanese,
Thai, Lao, Khmer, Burmese, Tibetan), and in Korean, which joins particles to nouns, no span cuts a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from sde_datasets.records.record import Span

_NO_BLANKS = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u3005-\u3007\u3040-\u318f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)


class MentionPlaces(NamedTuple):
    """The spans of a mention in a text.

    inside_words: the mention occurs in parts of words only. reworded: the text writes it with other blanks or in
    another Unicode normal form.
    """

    spans: list[Span]
    inside_words: bool = False
    reworded: bool = False


def cuts_word(text: str, start: int, end: int) -> bool:
    """True if the span from `start` to `end` begins or ends inside a word."""
    return _inside(text, start) or _inside(text, end)


def word_edges(text: str) -> list[int]:
    """The offsets inside a text that cut no word, in order: at both ends of words, blanks and marks."""
    return [at for at in range(1, len(text)) if not _inside(text, at)]


def _inside(text: str, at: int) -> bool:
    return 0 < at < len(text) and _of_word(text[at - 1]) and _of_word(text[at])


def _of_word(char: str) -> bool:
    if char.isascii():
        return char.isalnum()
    return (char.isalnum() or unicodedata.category(char).startswith("M")) and not _NO_BLANKS.match(char)


def find_mention(text: str, mention: str) -> MentionPlaces:
    """The occurrences of a mention that do not overlap.

    In this order of preference: occurrences that cut no word, then all; as written, then with other blanks or in
    another Unicode normal form. Blanks at the edges of `mention` are ignored.
    """
    mention = mention.strip()
    for inside_words in (False, True):
        for reworded in (False, True):
            pattern = _loose(mention) if reworded else re.escape(mention)
            if mention and (spans := list(_find(text, re.compile(pattern), not inside_words))):
                return MentionPlaces(spans, inside_words, reworded)
    return MentionPlaces([])


def same_words(one: str, other: str) -> bool:
    """True for two strings that differ at most in blanks and in their Unicode normal form."""
    return one == other or _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _loose(mention: str) -> str:
    forms = dict.fromkeys(unicodedata.normalize(form, mention) for form in ("NFC", "NFD"))
    return "|".join(r"\s+".join(map(re.escape, form.split())) for form in forms)


def _find(text: str, pattern: re.Pattern[str], whole: bool) -> Iterator[Span]:
    match = pattern.search(text)
    while match:
        cut = whole and cuts_word(text, *match.span())
        if not cut:
            yield match.span()
        match = pattern.search(text, match.start() + 1 if cut else match.end())
