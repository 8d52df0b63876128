"""Surfaces of mention tasks: words that mean "nothing", Markdown and quotes around a name, lookup in the text."""

from __future__ import annotations

import re
from functools import cached_property

from sde_datasets.formats.radicals import compatible

# words which say that a target is not mentioned, as its only value and if the text does not contain them
_NOTHING = (
    "none|n/a|na|null|nil|-|--|–|—|nothing|empty|[]|{}|''|无|没有|未提及|空|不存在|unmentioned|no entities|no entity"
    "|not mentioned|none found|not found|no events|no event|not applicable|none mentioned"
)
_WORDS = frozenset(_NOTHING.split("|"))
_MARKDOWN = re.compile(r"(\*\*|__|`|\*)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_QUOTED = re.compile(r"'(.+)'|\"(.+)\"|‘(.+)’|“(.+)”|「(.+)」|《(.+)》", re.DOTALL)


_SIGNS = frozenset("*_`'\"‘“「《")


def means_nothing(answer: str, more: frozenset[str]) -> bool:
    """True for a whole answer which says that nothing is mentioned. more: further words for that, case-folded."""
    word = answer.casefold()
    return word.removesuffix(" found") in _WORDS or word in more


def may_be_wrapped(surface: str) -> bool:
    """True for a surface that may have Markdown or quotes around it, or consist of several names."""
    return surface[:1] in _SIGNS or "、" in surface


class Source:
    """The source text of an answer, if it is known."""

    def __init__(self, text: str | None, more: frozenset[str] = frozenset()) -> None:
        """more: further words which say that nothing is mentioned, case-folded."""
        self.known = text is not None
        self._lower, self._more = (text or "").lower(), more

    @cached_property
    def _text(self) -> str:
        return compatible(self._lower).casefold()

    def holds(self, surface: str) -> bool:
        """True where the text contains a surface, ignoring case, or all its words in order."""
        lower = surface.lower()
        if lower in self._lower or _in_order(lower.split(), self._lower):
            return True
        wanted = compatible(surface).casefold()
        return wanted in self._text or _in_order(wanted.split(), self._text)

    def _holds_word(self, word: str) -> bool:
        return (
            re.search(rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word), self._text) is not None
        )

    def says_nothing(self, surface: str, strict: bool) -> bool:
        """True for a word which says that nothing is mentioned, unless the text contains it.

        strict: the answer is strict, so that the word may be a mention inside a word of the text. Without the text, a
        strict answer says nothing only in the further words, which were given for this data.
        """
        word = surface.strip(" .。").casefold()
        if not self.known:
            return word in self._more or (not strict and word in _WORDS)
        if word not in _WORDS and word not in self._more:
            return False
        return not (word in self._text if strict else self._holds_word(word))

    def unwrapped(self, surface: str) -> str:
        """Return a surface without Markdown or quotes around it, unless the text contains them."""
        inner = None
        if match := _MARKDOWN.fullmatch(surface):
            inner = match[2]
        elif match := _QUOTED.fullmatch(surface):
            inner = next(group for group in match.groups() if group)
        if not inner or (self.known and self.holds(surface)):
            return surface
        return inner

    def split(self, surface: str) -> list[str]:
        """Split a surface at `、`, unless the text contains the whole surface."""
        parts = [part.strip() for part in surface.split("、")]
        if not all(parts) or (self.known and self.holds(surface)):
            return [surface]
        return parts


def _in_order(words: list[str], text: str) -> bool:
    """True where the text contains several words in order (a discontinuous mention)."""
    position = 0
    for word in words:
        position = text.find(word, position) + len(word)
        if position < len(word):
            return False
    return len(words) > 1
