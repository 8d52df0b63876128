"""What the two JSON formats share. JSON is parsed without NaN, and the first of two equal keys counts."""

from __future__ import annotations

import json
from abc import abstractmethod
from functools import cached_property
from typing import Any

from sde_datasets.designs.design import Design
from sde_datasets.formats.base import Format
from sde_datasets.formats.lenient.json import LenientJson
from sde_datasets.formats.matcher import NO_ALIASES, Aliases
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.quoting import json_string
from sde_datasets.records.schema import Schema


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    return entries if len(entries) == len(pairs) else dict(reversed(pairs))


# the result for a text that is not JSON
_NONE = object()
# characters around an answer which says that nothing is mentioned
_AROUND = " \t\n.。`"
_MARKS = " .,;:!。，；：！"
_decode = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_first_wins).raw_decode


def _value(text: str) -> Any:
    """Parse a text without blanks at its edges as one JSON value; `_NONE` where it is not one."""
    try:
        value, end = _decode(text)
    except (ValueError, RecursionError):
        return _NONE
    return value if end == len(text) else _NONE


class JsonFormat(Format):
    """The base class of the JSON formats: targets and labels are JSON, and each line has one JSON value."""

    nothing = "[]"

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        super().__init__(design, schema, aliases)
        self._targets = {t: str(i) if self.by_index else json_string(t) for i, t in enumerate(schema.targets)}
        self._labels = {label: n if self.numbers else json_string(n) for label, n in self.written.items()}
        self._label_of = {(n if self.numbers else label): label for label, n in schema.number_of.items()}
        self._target_pattern = "<number>" if self.by_index else f'"<{schema.target_word}>"'
        self._value_pattern = "<number>" if self.numbers and self.is_label_task else f'"<{schema.value_word}>"'
        self._description_pattern = f'"<{schema.description_word}>"'

    # parsing: lines that are items are taken as they are; the text between them is parsed as broken JSON

    def _parse_body(self, body: str, at: int) -> ParseState:
        state = ParseState(self.schema, self.matcher)
        if body.strip(_AROUND) == self.nothing:
            state.mark_nothing_mentioned()
            if not self.omits or body != self.nothing:
                state.add_defect("malformed", at)
            return state
        position, broken = 0, None
        for line in body.split("\n"):
            text = line.strip()
            if text:
                begin = position if text == line else position + line.index(text[0])
                absent = self._target_absent.get(text)
                value = _NONE if absent is not None else _value(text)
                if absent is not None or self._is_item(value):
                    if broken is not None:
                        self._lenient(state).read(body[broken:begin], at + broken, final=False)
                        broken = None
                    if absent is None:
                        self._item(value, at + begin, True, state)
                    else:
                        state.add(state.resolve_target(absent, at + begin) or absent, None, None, at + begin)
                elif broken is None:
                    broken = begin
            position += len(line) + 1
        if broken is not None:
            self._lenient(state).read(body[broken:], at + broken, final=True)
        return state

    @cached_property
    def _target_absent(self) -> dict[str, str]:
        """The lines that the format writes for targets that are not mentioned, which are parsed without JSON."""
        return {self.absent(target): target for target in self.targets}

    def _lenient(self, state: ParseState) -> LenientJson:
        def take(value: Any, at: int, whole: bool) -> bool:
            fits = self._is_item(value)
            if fits:
                self._item(value, at, whole, state)
            return fits

        return LenientJson(take, state)

    @abstractmethod
    def _is_item(self, value: Any) -> bool:
        """True for a JSON value that is meant as an item of the format, even if it is malformed."""

    @abstractmethod
    def _item(self, value: Any, at: int, whole: bool, state: ParseState) -> None:
        """Add an item and its defects to the state. whole: False for an item that is cut off."""

    def _target(self, value: Any, at: int, state: ParseState) -> str | None:
        """Return the target that a JSON value names; None, with a defect, where it names none."""
        if not self.by_index:
            if type(value) is str:
                return state.resolve_target(value, at)
            state.add_defect("malformed", at)
            return None
        number = value
        if type(value) is str and len(value) < 10 and value.isascii() and value.isdigit():
            state.add_defect("malformed", at)
            number = int(value)
        if type(number) is not int or not 0 <= number < len(self.targets):
            state.add_defect("number_out_of_range" if type(number) is int else "malformed", at)
            return None
        return state.resolve_target(self.targets[number], at)

    @staticmethod
    def _unknown(name: Any, surfaces: list[str], state: ParseState) -> None:
        """Add the mentions of a target that is not in the schema; `name` is a string or a number."""
        if type(name) in (str, int):
            state.add_unknown(str(name), surfaces)

    def _label(self, value: Any, target: str | None, at: int, state: ParseState) -> tuple[str | None, bool]:
        """Return the label that a JSON value names, None for the placeholder, and whether it names any label."""
        if self.numbers and type(value) is float and value.is_integer():
            state.add_defect("reworded_label", at, target)
            value = int(value)
        right = type(value) is (int if self.numbers else str)
        label = self._label_of.get(value) if right else None
        if label is None and type(value) is str:
            label = self._worded(value, target, at, state)
        elif label is None:
            state.add_defect("number_out_of_range" if right and self.numbers else "unknown_label", at, target)
        return (None if label == self.schema.placeholder else label), label is not None

    def _worded(self, value: str, target: str | None, at: int, state: ParseState) -> str | None:
        """Return the label that a string contains, with defects for another wording and for a number in quotes."""
        word = self.matcher.label(value)
        if word is None:
            state.add_defect(self.matcher.no_label(value, cut=False), at, target)
            return None
        after = value[word.end :].strip()
        if self.numbers:
            number = value[word.start : word.end].lstrip("+-")[:1].isdigit()
            state.add_defect("malformed" if number else "reworded_label", at, target)
        elif after.strip(_MARKS):
            state.add_defect("note_after_label", at, target)
        elif after or word.reworded:
            state.add_defect("reworded_label", at, target)
        return word.label

    def _description(self, value: Any, target: str | None, at: int, state: ParseState) -> str:
        if type(value) is str:
            return value
        state.add_defect("malformed", at, target)
        return ""

    def _surfaces(self, value: Any, target: str | None, at: int, state: ParseState) -> list[str]:
        """Return the surfaces of a list. Other values are malformed; a single string is one surface."""
        if not isinstance(value, list):
            state.add_defect("malformed", at, target)
            value = [value] if value else []
        surfaces = [surface for surface in value if type(surface) is str and surface]
        if len(surfaces) < len(value):
            state.add_defect("malformed", at, target)
        return surfaces
