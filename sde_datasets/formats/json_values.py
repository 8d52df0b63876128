"""JSON in answers: read without NaN, with the first of two equal keys, with bounded depth and number length."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from sde_datasets.designs import Design
from sde_datasets.formats.base import Format
from sde_datasets.formats.collector import Collector
from sde_datasets.formats.loose_json import LooseJson
from sde_datasets.formats.tokens import json_string
from sde_datasets.formats.vocabulary import NO_ALIASES, Aliases
from sde_datasets.schemas import Schema


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    return given if len(given) == len(pairs) else dict(reversed(pairs))


# what is no JSON at all; and what may stand around an answer that says nothing is mentioned
_NONE = object()
_AROUND = " \t\n.。`"
_MARKS = " .,;:!。，；：！"
_scan = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_first_wins).scan_once


def _value(text: str) -> Any:
    """The JSON value that `text`, without blanks at its edges, is; `_NONE` where it is none."""
    try:
        value, end = _scan(text, 0)
    except (ValueError, RecursionError, StopIteration):
        return _NONE
    return value if end == len(text) else _NONE


class JsonFormat(Format):
    """What the two JSON formats share: targets and labels as JSON, and a JSON value for each line."""

    nothing = "[]"

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        super().__init__(design, schema, aliases)
        self._targets = {t: str(i) if self.by_index else json_string(t) for i, t in enumerate(schema.targets)}
        self._labels = {label: n if self.numbers else json_string(n) for label, n in self.written.items()}
        self._label_of = {(n if self.numbers else label): label for label, n in schema.number_of.items()}
        self._target_pattern = "<number>" if self.by_index else f'"<{schema.target_word}>"'
        self._value_pattern = "<number>" if self.numbers and self.labelled else f'"<{schema.value_word}>"'
        self._description_pattern = f'"<{schema.description_word}>"'

    # reading: a line that is an item is taken as it is, and what is between such lines is read as broken JSON

    def _gather(self, body: str, at: int) -> Collector:
        found = Collector(self.schema, self.vocabulary)
        if body.strip(_AROUND) == self.nothing:
            found.nothing()
            if not self.omits or body != self.nothing:
                found.note("malformed", at)
            return found
        place, broken = 0, None
        for line in body.split("\n"):
            text = line.strip()
            if text:
                begin = place if text == line else place + line.index(text[0])
                value = _value(text)
                if self._is_item(value):
                    if broken is not None:
                        self._loose(found).read(body[broken:begin], at + broken, final=False)
                        broken = None
                    self._item(value, at + begin, True, found)
                elif broken is None:
                    broken = begin
            place += len(line) + 1
        if broken is not None:
            self._loose(found).read(body[broken:], at + broken, final=True)
        return found

    def _loose(self, found: Collector) -> LooseJson:
        def take(value: Any, at: int, whole: bool) -> bool:
            fits = self._is_item(value)
            if fits:
                self._item(value, at, whole, found)
            return fits

        return LooseJson(take, found)

    @abstractmethod
    def _is_item(self, value: Any) -> bool:
        """True for a JSON value that is an item of the format, be it a bad one."""

    @abstractmethod
    def _item(self, value: Any, at: int, whole: bool, found: Collector) -> None:
        """Take an item, naming what is wrong with it; one that was cut off is not `whole`."""

    def _target(self, given: Any, at: int, found: Collector) -> str | None:
        """The target that a JSON value names, None with its defect where it names none."""
        if not self.by_index:
            if type(given) is str:
                return found.meet(given, at)
            found.note("malformed", at)
            return None
        number = given
        if type(given) is str and len(given) < 10 and given.isascii() and given.isdigit():
            found.note("malformed", at)
            number = int(given)
        if type(number) is not int or not 0 <= number < len(self.targets):
            found.note("number_out_of_range" if type(number) is int else "malformed", at)
            return None
        return found.meet(self.targets[number], at)

    def _label(self, given: Any, target: str | None, at: int, found: Collector) -> tuple[str | None, bool]:
        """The label that a JSON value names, None for the placeholder, and whether it names any."""
        right = type(given) is (int if self.numbers else str)
        label = self._label_of.get(given) if right else None
        if label is None and type(given) is str:
            label = self._worded(given, target, at, found)
        elif label is None:
            found.note("number_out_of_range" if right and self.numbers else "unknown_label", at, target)
        return (None if label == self.schema.placeholder else label), label is not None

    def _worded(self, given: str, target: str | None, at: int, found: Collector) -> str | None:
        """The label that a string contains, with the defects of its wording; of a number, that it stands in quotes."""
        word = self.vocabulary.label(given)
        if word is None:
            found.note(self.vocabulary.no_label(given, cut=False), at, target)
            return None
        after = given[word.end :].strip()
        if self.numbers:
            found.note("malformed", at, target)
        elif after.strip(_MARKS):
            found.note("note_after_label", at, target)
        elif after or word.reworded:
            found.note("reworded_label", at, target)
        return word.label

    def _description(self, given: Any, target: str | None, at: int, found: Collector) -> str:
        if type(given) is str:
            return given
        found.note("malformed", at, target)
        return ""

    def _surfaces(self, given: Any, target: str | None, at: int, found: Collector) -> list[str]:
        """The surfaces in a list; whatever else is given is malformed, and a string of its own is one surface."""
        if not isinstance(given, list):
            found.note("malformed", at, target)
            given = [given] if given else []
        surfaces = [surface for surface in given if type(surface) is str and surface]
        if len(surfaces) < len(given):
            found.note("malformed", at, target)
        return surfaces
