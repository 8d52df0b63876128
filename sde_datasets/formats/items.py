"""The item: one target with its value, as natural and lines both write it. They differ in how items are joined.

food: positive                      'DNA': 'IL-2 gene', 'kappa B'       Motion: flew, landed
food: "great tuna" -> positive      'DNA': "the IL-2 gene" -> 'IL-2 gene'
food: positive <- "great tuna"      0: 'IL-2 gene'                      (numbers)
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Answer, Collector, Format, Unreadable
from sde_datasets.formats.tokens import BARE, BLANK, NUMBER, QUOTED, STRING, bare, json_string, quoted, unbare, unquoted
from sde_datasets.schemas import Schema

# a string that has no end
_OPEN = re.compile(r"""'(?:[^'\\]|\\.)*\\?|"(?:[^"\\]|\\.)*\\?""", re.DOTALL)


class Items(Format):
    """What natural and lines share: writing one item, and reading one at a place in the answer."""

    def __init__(self, design: Design, schema: Schema) -> None:
        super().__init__(design, schema)
        write_name = quoted if schema.quoted else lambda name: bare(name, schema.reserved)
        self._by_index = self.numbers and not self.labelled
        names = [str(i) if self._by_index else write_name(name) for i, name in enumerate(schema.targets)]
        self._heads = {target: name + schema.colon for target, name in zip(schema.targets, names, strict=True)}
        self._labels = {label: str(n) if self.numbers else label for label, n in schema.number_of.items()}
        self._write_surface = write_name
        absent = self._labels.get(schema.placeholder, schema.placeholder)
        self._absent = {target: head + absent for target, head in self._heads.items()}
        self._nothing = absent
        self._compile()

    # writing

    def write(self, answer: Answer) -> str:
        values, descriptions = answer.values, self._described(answer)
        if self.omits:
            items = [self._item(t, values[t], descriptions.get(t)) for t in self.targets if t in values]
            return self._join(items) if items else self.nothing
        item, absent = self._item, self._absent
        return self._join([item(t, values[t], descriptions.get(t)) if t in values else absent[t] for t in self.targets])

    def _item(self, target: str, value, description) -> str:
        if self.labelled:
            written = self._labels[value]
        else:
            written = self.schema.comma.join([self._write_surface(surface) for surface in value])
        return self._arrow(self._heads[target], written, json_string(description) if description else None)

    def _arrow(self, head: str, value: str, description: str | None) -> str:
        if description is None or self.reasoning == "none":
            return head + value
        if self.reasoning == "cot":
            return f"{head}{description} -> {value}"
        return f"{head}{value} <- {description}"

    @abstractmethod
    def _join(self, items: list[str]) -> str:
        """All items as one answer."""

    @property
    def nothing(self) -> str:
        return self._join([self._nothing])

    # instructions

    def _item_pattern(self) -> str:
        schema = self.schema
        target = "<number>" if self._by_index else f"<{schema.target_word}>"
        value = "<number>" if self.numbers and self.labelled else f"<{schema.value_word}>"
        if schema.quoted:
            target, value = target if self._by_index else f"'{target}'", f"'{value}'"
        values = value if self.labelled else schema.comma.join([value, value])
        return self._arrow(target + schema.colon, values, f'"<{schema.description_word}>"')

    def absent_pattern(self) -> str:
        target = "<number>" if self._by_index else f"<{self.schema.target_word}>"
        return (
            (f"'{target}'" if self.schema.quoted and not self._by_index else target) + self.schema.colon + self._nothing
        )

    # reading

    def _compile(self) -> None:
        schema = self.schema
        name = QUOTED if schema.quoted else f"{STRING}|{BARE}"
        target = NUMBER if self._by_index else name
        self._head = re.compile(rf"({target}){BLANK}{re.escape(schema.colon.strip())}{BLANK}")
        self._before = re.compile(rf"({STRING}){BLANK}->{BLANK}")
        self._after = re.compile(rf"{BLANK}<-{BLANK}({STRING})")
        longest_first = sorted(self._labels.values(), key=len, reverse=True)
        self._label = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._label_of = {written: label for label, written in self._labels.items()}
        self._number = re.compile(NUMBER)
        self._surface = re.compile(name)
        self._comma = re.compile(rf"{BLANK}{re.escape(schema.comma.strip())}{BLANK}")
        self._between = re.compile(rf"{BLANK}{re.escape(schema.between.strip())}{BLANK}")

    def _read_item(self, text: str, start: int, at: int, found: Collector) -> int:
        """Read the item at `start` of `text`; the place where it ends. `at` is where `text` begins in the answer."""
        head = self._match(self._head, text, start, at)
        description, place = None, head.end()
        before = self._before.match(text, place) if self.reasoning == "cot" else None
        if before:
            description, place = json.loads(before[1]), before.end()
        value, place = self._read_label(text, place, at) if self.labelled else self._read_surfaces(text, place, at)
        after = self._after.match(text, place) if self.reasoning == "rcot" else None
        if after:
            description, place = json.loads(after[1]), after.end()
        target = self._target(head[1], at + start)
        found.add(target, value, description or None, at + start)
        return place

    def _target(self, token: str, at: int) -> str:
        if not self._by_index:
            return self._name(token.rstrip(), at)
        # a number of more digits than any schema has targets is not worth converting
        index = int(token) if len(token) < 10 else -1
        if not 0 <= index < len(self.targets):
            raise Unreadable("number_out_of_range", at)
        if str(index) != token:
            raise Unreadable("malformed", at)
        return self.targets[index]

    def _name(self, token: str, at: int) -> str:
        """The target or surface that a token stands for."""
        name = unquoted(token) if self.schema.quoted else unbare(token, self.schema.reserved)
        if name is None:
            raise Unreadable("malformed", at)
        return name

    def _read_label(self, text: str, place: int, at: int) -> tuple[str | None, int]:
        match = self._label.match(text, place)
        if match is None or text[match.end() : match.end() + 1].isalnum():
            number = self.numbers and self._number.match(text, place)
            raise Unreadable("number_out_of_range" if number else self._why(text, place, "unknown_label"), at + place)
        label = self._label_of[match[0]]
        return (None if label == self.schema.placeholder else label), match.end()

    def _read_surfaces(self, text: str, place: int, at: int) -> tuple[tuple[str, ...] | None, int]:
        surfaces: list[str] = []
        while True:
            match = self._match(self._surface, text, place, at)
            token = match[0] if self.schema.quoted else match[0].rstrip()
            place = match.start() + len(token)
            if token == self.schema.placeholder and not surfaces:
                return None, place
            surfaces.append(self._name(token, at + match.start()))
            if not surfaces[-1]:
                raise Unreadable("malformed", at + match.start())
            comma = self._comma.match(text, place)
            if comma is None:
                return tuple(surfaces), place
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
