"""What a target or a label may be called in an answer: by its name, by a rewording that is understood, or neither."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from sde_datasets.schemas import Schema

# full-width ASCII and the ideographic blank, sign for sign: places in the text stay what they are
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}
# letters of scripts that part words by blanks; Chinese, Japanese and Korean follow from U+2E80 on
_LETTER = r"[^\W\u2e80-\U0010ffff]"
_FIRST_WORD = re.compile(r"[\u2e80-\U0010ffff]{2}|[^\W_\u2e80-\U0010ffff]+")
_INTEGER = re.compile(rf"(?<!{_LETTER})(?<![.+-])[+-]?[0-9]++(?!\.?{_LETTER})")


class Aliases(NamedTuple):
    """Other names by which an answer may call a target or a label: pairs of the alias and what it stands for."""

    targets: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


NO_ALIASES = Aliases()


class Label(NamedTuple):
    """A label that a value contains: the label, where its word stands in the value, and whether it is another word."""

    label: str
    start: int
    end: int
    reworded: bool


class Vocabulary:
    """The names of the targets and labels of a schema, and what else is taken for them (format.md, lenient reading)."""

    def __init__(self, schema: Schema, written: dict[str, str], numbers: bool, aliases: Aliases = NO_ALIASES) -> None:
        """`written` are the labels as an answer of the design writes them; `numbers`: these are numbers."""
        self.numbers = numbers
        self._targets = schema.index
        self._folded = _unambiguous((folded(target), target) for target in schema.targets)
        self._folded |= {folded(alias): target for alias, target in aliases.targets if target in schema.index}
        self._by_word = _unambiguous((first_word(target), target) for target in schema.targets)
        self._label_of = {word: label for label, word in written.items()}
        self._words = {folded(word): label for label, word in written.items()}
        if not numbers:
            self._words = {folded(alias): label for alias, label in aliases.labels if label in written} | self._words
        self._label = _INTEGER if numbers else re.compile(_any_of(self._words), re.IGNORECASE)
        self._beginning = re.compile(_any_of(schema.targets))
        self._ending = re.compile(rf"(?:{_any_of(schema.targets)})\s*+\Z")

    def target(self, name: str, guess: bool = True) -> str | None:
        """The target that `name` calls: equal, equal after NFKC and case folding, an alias, the only one with its
        first word. Without `guess` the last of these is left out.
        """
        if name in self._targets:
            return name
        if len(name) > 1000:
            return None
        found = self._folded.get(folded(name))
        return self._by_word.get(first_word(name)) if found is None and guess else found

    def label(self, value: str) -> Label | None:
        """The label whose word or alias `value` contains first, or None. Takes linear time."""
        if value in self._label_of:
            return Label(self._label_of[value], 0, len(value), False)
        match = self._label.search(value.translate(HALF_WIDTH))
        label = match and self._words.get(match[0] if match.re is _INTEGER else folded(match[0]))
        if not match or label is None:
            return None
        before = value[: match.start()].strip()
        return Label(
            label, match.start(), match.end(), bool(before) or value[match.start() : match.end()] not in self._label_of
        )

    def begins_with_label(self, text: str) -> bool:
        """True where a text begins with the word of a label."""
        return self._label.match(text.translate(HALF_WIDTH)) is not None

    def no_label(self, value: str, cut: bool) -> str:
        """The defect of a value that holds no label; `cut`: the answer ends with it, so that it may be unfinished."""
        if cut and any(word.startswith(value) for word in self._label_of):
            return "truncated"
        return (
            "number_out_of_range" if self.numbers and _INTEGER.search(value.translate(HALF_WIDTH)) else "unknown_label"
        )

    def beginning(self, text: str, place: int) -> int:
        """Where the name of a target that stands at `place` ends; `place` itself where there is none."""
        match = self._beginning.match(text, place)
        return match.end() if match else place

    def ending(self, text: str) -> int | None:
        """Where the name of a target with which a text ends begins, None where it ends with no target."""
        match = self._ending.search(text)
        return match.start() if match else None


@lru_cache(maxsize=65536)
def folded(name: str) -> str:
    """A name after NFKC and case folding, without blanks at its edges."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def first_word(name: str) -> str:
    """The first word of a name, case-folded; of Chinese the first two characters. Empty where there is none."""
    match = _FIRST_WORD.search(folded(name))
    return match[0] if match else ""


def _unambiguous(pairs) -> dict[str, str]:
    """Each key with its target, without the keys that several targets share, and without the empty one."""
    found: dict[str, str | None] = {}
    for key, target in pairs:
        found[key] = None if key in found else target
    return {key: target for key, target in found.items() if target is not None and key}


def _any_of(words) -> str:
    """A pattern of several words, the longest where several begin, never inside another word."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(_whole(word) for word in longest_first if word) or r"(?!)"


def _whole(word: str) -> str:
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, word) else ""
    after = rf"(?!{_LETTER})" if re.match(_LETTER, word[-1]) else ""
    return before + re.escape(word) + after
