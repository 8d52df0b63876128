"""List: one JSON list a line, for each target (label tasks) or each mention (mention tasks).

["food", "positive"]                 ["DNA", "IL-2 gene"]
["food", "great tuna", "positive"]   ["RNA", []]             (not mentioned)
"""

from __future__ import annotations

from itertools import repeat

from sde_datasets.formats.answers import Answer, Collector, Unreadable
from sde_datasets.formats.json_values import JsonFormat
from sde_datasets.formats.tokens import json_string


class ListLines(JsonFormat):
    """Lists of target and value, with the description between them or at the end, `""` for none."""

    def write(self, answer: Answer) -> str:
        values, descriptions = answer.values, self._described(answer)
        lines: list[str] = []
        for target in self.targets:
            if target in values:
                lines += self._lines_of(target, values[target], descriptions.get(target))
            elif not self.omits:
                lines.append(self._list(self._targets[target], self._nothing, '""'))
        return "\n".join(lines) if lines else self.nothing

    def _lines_of(self, target: str, value, description) -> list[str]:
        head = self._targets[target]
        if self.labelled:
            return [self._list(head, self._labels[value], json_string(description or ""))]
        described = zip(value, description or repeat(""))  # noqa: B905, an endless repeat has no length
        return [self._list(head, json_string(surface), json_string(words)) for surface, words in described]

    @property
    def _nothing(self) -> str:
        return self._labels[self.schema.placeholder] if self.labelled else "[]"

    def _list(self, target: str, value: str, description: str) -> str:
        if self.reasoning == "none":
            return f"[{target}, {value}]"
        if self.reasoning == "cot":
            return f"[{target}, {description}, {value}]"
        return f"[{target}, {value}, {description}]"

    def pattern(self) -> str:
        return self._list(self._target_pattern, self._value_pattern, self._description_pattern)

    def absent_pattern(self) -> str:
        return self._list(self._target_pattern, self._nothing, '""')

    def _read(self, body: str, at: int, found: Collector) -> None:
        length = 2 if self.reasoning == "none" else 3
        for given, begin in self._lines(body, at, found):
            if not isinstance(given, list) or len(given) != length:
                raise Unreadable("malformed", begin)
            target = self._read_target(given[0], begin)
            value = given[2] if self.reasoning == "cot" else given[1]
            description = None
            if self.reasoning != "none":
                description = self._read_description(given[1] if self.reasoning == "cot" else given[2], begin)
            if self.labelled:
                found.add(target, self._read_label(value, begin), description or None, begin)
            else:
                found.extend(target, self._read_surface(value, begin), description, begin)

    @staticmethod
    def _read_surface(given, at: int) -> str | None:
        if given == []:
            return None
        if type(given) is not str or not given:
            raise Unreadable("malformed", at)
        return given
