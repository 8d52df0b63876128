"""Reading items in the exact form of natural and lines; whatever departs from it is left to `loose_items`."""

from __future__ import annotations

import json
import re

from sde_datasets.formats.answers import Unreadable
from sde_datasets.formats.collector import Collector
from sde_datasets.formats.tokens import BARE, BLANK, NUMBER, QUOTED, STRING, unbare, unquoted
from sde_datasets.formats.vocabulary import Vocabulary
from sde_datasets.schemas import Schema

# a string that has no end
_OPEN = re.compile(r"""'(?>(?:[^'\\]|\\.)*)\\?|"(?>(?:[^"\\]|\\.)*)\\?""", re.DOTALL)
_BARE = re.compile(BARE)
_NUMBER = re.compile(NUMBER)


class ExactItems:
    """Reads one item, `food: positive` or `'DNA': 'IL-2 gene', 'kappa B'`, at a place in an answer."""

    def __init__(
        self, schema: Schema, vocabulary: Vocabulary, written: dict[str, str], by_index: bool, reasoning: str
    ) -> None:
        self._schema, self._vocabulary, self._by_index, self._reasoning = schema, vocabulary, by_index, reasoning
        self._labelled = schema.kind == "label"
        name = QUOTED if schema.quoted else f"{STRING}|{BARE}"
        target = NUMBER if by_index else name
        self._head = re.compile(rf"({target}){BLANK}{re.escape(schema.colon.strip())}{BLANK}")
        self._before = re.compile(rf"({STRING}){BLANK}->{BLANK}")
        self._after = re.compile(rf"{BLANK}<-{BLANK}({STRING})")
        self._label_of = {word: label for label, word in written.items()}
        longest_first = sorted(self._label_of, key=len, reverse=True)
        self._label = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._surface = re.compile(name)
        self._comma = re.compile(rf"{BLANK}{re.escape(schema.comma.strip())}{BLANK}")

    def read(self, text: str, start: int, at: int, found: Collector) -> int:
        """Read the item at `start` of `text`; the place where it ends. `at` is where `text` begins in the answer.

        Raises Unreadable where it departs from the form.
        """
        head = self._match(self._head, text, start, at)
        name = self._index(head[1], at + start) if self._by_index else self._name(head[1].rstrip(), at)
        target = found.meet(name, at + start)
        description, place = None, head.end()
        before = self._before.match(text, place) if self._reasoning == "cot" else None
        if before:
            description, place = json.loads(before[1]), before.end()
        value, place = (self._read_label if self._labelled else self._read_surfaces)(text, place, at, target, found)
        after = self._after.match(text, place) if self._reasoning == "rcot" else None
        if after:
            description, place = json.loads(after[1]), after.end()
        if target is not None:
            found.add(target, value, description or None, at + start)
        return place

    def _index(self, token: str, at: int) -> str:
        # a number of more digits than any schema has targets is not worth converting
        index = int(token) if len(token) < 10 else -1
        if not 0 <= index < len(self._schema.targets):
            raise Unreadable("number_out_of_range", at)
        if str(index) != token:
            raise Unreadable("malformed", at)
        return self._schema.targets[index]

    def _name(self, token: str, at: int) -> str:
        """The target or surface that a token stands for."""
        name = unquoted(token) if self._schema.quoted else unbare(token, self._schema.reserved)
        if name is None:
            raise Unreadable("malformed", at)
        return name

    def _read_label(self, text: str, place: int, at: int, target: str | None, found: Collector) -> tuple:
        match = self._label.match(text, place)
        if match and not text[match.end() : match.end() + 1].isalnum():
            label, end = self._label_of[match[0]], match.end()
        else:
            bare = _BARE.match(text, place)
            word = self._vocabulary.label(bare[0]) if bare else None
            if word is None:
                number = self._vocabulary.numbers and _NUMBER.match(text, place)
                why = "number_out_of_range" if number else self._why(text, place, "unknown_label")
                raise Unreadable(why, at + place)
            found.note("reworded_label", at + place, target)
            label, end = word.label, place + word.end
        return (None if label == self._schema.placeholder else label), end

    def _read_surfaces(self, text: str, place: int, at: int, target: str | None, found: Collector) -> tuple:
        surfaces: list[tuple[str, int]] = []
        while True:
            match = self._match(self._surface, text, place, at)
            token = match[0] if self._schema.quoted else match[0].rstrip()
            begin, place = match.start(), match.start() + len(token)
            if token == self._schema.placeholder and not surfaces:
                return None, place
            surfaces.append((self._name(token, at + begin), at + begin))
            if not surfaces[-1][0]:
                raise Unreadable("malformed", at + begin)
            comma = self._comma.match(text, place)
            if comma is None:
                return surfaces, place
            place = comma.end()

    def _match(self, wanted: re.Pattern[str], text: str, place: int, at: int) -> re.Match[str]:
        match = wanted.match(text, place)
        if match is None:
            raise Unreadable(self._why(text, place, "malformed"), at + place)
        return match

    @staticmethod
    def _why(text: str, place: int, otherwise: str) -> str:
        """What is wrong where nothing could be read at `place`: the text ended there, or inside a string, or else."""
        return "truncated" if place >= len(text) or _OPEN.fullmatch(text, place) else otherwise
