"""Match the names of targets and labels in answers: exact names, aliases, and rewordings."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import NamedTuple

from sde_datasets.formats.radicals import ALL_RADICALS, compatible
from sde_datasets.records.schema import Schema

# full-width ASCII, the ideographic space and dashes, character for character, so that offsets stay the same
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0x2212: 0x2D,
    0x2013: 0x2D,
    0x2014: 0x2D,
}
_PLAIN = HALF_WIDTH | ALL_RADICALS
# letters of scripts that separate words by blanks; Chinese, Japanese and Korean begin at U+2E80
_LETTER = r"[^\W\u2e80-\U0010ffff]"
_FIRST_WORD = re.compile(r"[\u2e80-\U0010ffff]{2}|[^\W_\u2e80-\U0010ffff]+")
# not a decimal number, and not a share such as 1/5 or 1 %
_INTEGER = re.compile(rf"(?<!{_LETTER})(?<![.+/-])([+-]?[0-9]++)(?:\.0++)?(?![0-9]|\.?{_LETTER}|[ \t]*+[/%])")
# a sign that is spelled out, or separate from its number, which could also be a dash
_SIGN = re.compile(r"(?:[+-]|\b(?:minus|plus)|[负負正])\s*+\Z", re.IGNORECASE)
# a negation in the clause before a label; 非常 is "very", 不错 "not bad"
_NEGATION = re.compile(
    r"\b(?:not?|never|neither|nor|hardly|cannot|without|non|\w+n['’]t)\b|不(?![错仅但])|非(?!常)|没|无(?!论)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:.，；：。、]")
# marks that a name in other words does not contain
_SENTENCE = re.compile(r"[:;,：；，。\n]")
_SEPARATORS = re.compile(r"[\s_\\-]+")
# Markdown and quotes around a name
_DECORATION = " \t*`_#>\"'“”‘’[]()（）"


class Aliases(NamedTuple):
    """Other names of targets and labels, as pairs of the alias and the name.

    nothing: other words for a target that is not mentioned, in mention tasks.
    """

    targets: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    nothing: tuple[str, ...] = ()


NO_ALIASES = Aliases()


class Label(NamedTuple):
    """A label in a value: its offsets in the value, and whether the value words it otherwise."""

    label: str
    start: int
    end: int
    reworded: bool


class Matcher:
    """Matches names and rewordings of targets and labels (docs/written-form.md, "Parsing")."""

    def __init__(self, schema: Schema, written: dict[str, str], numbers: bool, aliases: Aliases = NO_ALIASES) -> None:
        """written: each label as an answer of the design writes it. numbers: labels are written as numbers."""
        self.numbers = numbers
        self._targets = schema.index
        self._folded = _unambiguous((folded(target), target) for target in schema.targets)
        self._folded |= {folded(alias): target for alias, target in aliases.targets if target in schema.index}
        guessed = schema.targets if schema.kind == "label" else ()
        self._by_word = _unambiguous((first_word(target), target) for target in guessed)
        self._by_word = {word: target for word, target in self._by_word.items() if folded(target) != folded(word)}
        self.names = (*schema.targets, *(alias for alias, target in aliases.targets if target in schema.index))
        self._label_of = {word: label for label, word in written.items()}
        self._numbers = {word: label for label, word in written.items()} if numbers else {}
        self._words = {_word(alias): label for alias, label in aliases.labels if label in written}
        self._words |= {_word(label): label for label in written}
        self.nothing = frozenset(_word(word) for word in aliases.nothing)

    # answers in the form of their design need none of these patterns, and they take a millisecond each to compile

    @cached_property
    def _label(self) -> re.Pattern[str]:
        return re.compile(_any_of(self._words), re.IGNORECASE)

    @cached_property
    def _beginning(self) -> re.Pattern[str]:
        return re.compile(_any_of(self._targets))

    @cached_property
    def _ending(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{_any_of(self._targets)})\s*+\Z")

    def target(self, name: str, guess: bool = True) -> str | None:
        """Return the target called `name`: equal, equal after folding, a plural, or an alias; None for no target.

        guess: in label tasks also the only target of several words that begins with the same word.
        """
        if name in self._targets:
            return name
        if len(name) > 1000:
            return None
        found = self._spelled(name)
        return self._by_word.get(first_word(name)) if found is None and guess and not _SENTENCE.search(name) else found

    def guessed(self, name: str) -> bool:
        """True where `name` matches a target only by its first word."""
        return len(name) <= 1000 and name not in self._targets and self._spelled(name) is None

    def _spelled(self, name: str) -> str | None:
        key = folded(name)
        if found := self._folded.get(key):
            return found
        if len(key) < 3 or not key.isascii():
            return None
        others = (key.removesuffix("s"), key.removesuffix("es"), key.removesuffix("ies") + "y", key + "s")
        return next((self._folded[other] for other in others if other in self._folded and other != key), None)

    def undecorated(self, name: str) -> str:
        """Return a name without Markdown and quotes around it, unless a target has them."""
        return name if name in self._targets else name.strip(_DECORATION)

    def label(self, value: str) -> Label | None:
        """Return the first label in `value`, by word or alias; None for no label and after a negation. Linear time."""
        if value in self._label_of:
            return Label(self._label_of[value], 0, len(value), False)
        half = value.translate(_PLAIN)
        match, label = self._number(half) if self.numbers else (None, None)
        if match is None:
            match = self._label.search(half)
            label = match and self._words.get(_word(match[0]))
        if match is None or label is None:
            return None
        before = value[: match.start()].strip()
        if before and (_NEGATION.search(_CLAUSE.split(before)[-1]) or self._names_target(before)):
            return None
        exact = not before and value[match.start() : match.end()] in self._label_of
        return Label(label, match.start(), match.end(), not exact)

    def _names_target(self, text: str) -> bool:
        """True for a text before a label that ends with a target and a colon: the label is that of the target."""
        return text[-1] in ":：" and self.target(_CLAUSE.split(text[:-1])[-1].strip(), guess=False) is not None

    def _number(self, half: str) -> tuple[re.Match[str] | None, str | None]:
        """Return the first number in a value and its label; no label where a sign or a label word contradicts it."""
        match = _INTEGER.search(half)
        label = self._numbers.get(match[1].removeprefix("+")) if match else None
        if match is None or label is None:
            return match, None
        word = self._label.search(half)
        if _SIGN.search(half, 0, match.start()) or (word and self._words.get(_word(word[0])) != label):
            return match, None
        return match, label

    def begins_with_label(self, text: str) -> bool:
        """True for a text that begins with a label."""
        half = text.translate(_PLAIN)
        return bool(self._label.match(half) or (self.numbers and _INTEGER.match(half)))

    def no_label(self, value: str, cut: bool) -> str:
        """Return the defect of a value without a label. cut: the answer ends with it, so that it may be unfinished."""
        if cut and any(word.startswith(value) for word in self._label_of):
            return "truncated"
        number = _INTEGER.search(value.translate(_PLAIN)) if self.numbers else None
        is_known = number is None or number[1].removeprefix("+") in self._numbers
        return "unknown_label" if is_known else "number_out_of_range"

    def beginning(self, text: str, position: int) -> int:
        """Return the end of the name of a target that begins at `position`; `position` itself for no target."""
        match = self._beginning.match(text, position)
        return match.end() if match else position

    def ending(self, text: str) -> int | None:
        """Return the beginning of the name of a target at the end of a text; None for no target."""
        match = self._ending.search(text)
        return match.start() if match else None


@lru_cache(maxsize=65536)
def folded(name: str) -> str:
    """Return a name after NFKC and case folding, without blanks, `_`, `-` and backslashes (from Markdown)."""
    return _SEPARATORS.sub("", compatible(name).casefold())


def _word(word: str) -> str:
    """A label word after NFKC and case folding, for comparison."""
    return compatible(word).casefold().strip()


def first_word(name: str) -> str:
    """Return the first word of a name, case-folded; the first two characters of Chinese; empty for none."""
    match = _FIRST_WORD.search(_word(name))
    return match[0] if match else ""


def _unambiguous(pairs) -> dict[str, str]:
    """A dict from key to target, without the empty key and without keys that several targets share."""
    found: dict[str, str | None] = {}
    for key, target in pairs:
        found[key] = None if key in found else target
    return {key: target for key, target in found.items() if target is not None and key}


def _any_of(words) -> str:
    """A pattern that matches the longest of several words, never inside another word."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(_whole(word) for word in longest_first if word) or r"(?!)"


def _whole(word: str) -> str:
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, word) else ""
    after = rf"(?!{_LETTER})" if re.match(_LETTER, word[-1]) else ""
    return before + re.escape(word) + after
