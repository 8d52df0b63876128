"""List: one JSON list a line, for each target (label tasks) or each mention (mention tasks).

["food", "positive"]                 ["DNA", "IL-2 gene"]
["food", "great tuna", "positive"]   ["RNA", []]             (not mentioned)
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

from sde_datasets.formats.answers import Answer
from sde_datasets.formats.collector import Collector
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
                lines.append(self.absent(target))
        return "\n".join(lines) if lines else self.nothing

    def absent(self, target: str) -> str:
        return self._list(self._targets[target], self._nothing, '""')

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

    # reading

    def _is_item(self, value: Any) -> bool:
        return isinstance(value, list) and bool(value) and type(value[0]) in (str, int)

    def _item(self, value: list, at: int, whole: bool, found: Collector) -> None:
        target = self._target(value[0], at, found)
        length = 2 if self.reasoning == "none" else 3
        if len(value) != length and whole:
            late = self.labelled and len(value) > length
            found.note("note_after_label" if late else "malformed", at, target)
        if len(value) < (2 if whole else length):
            return
        # of a description and a value that should be three, two are taken for target and value
        described = self.reasoning != "none" and len(value) >= length
        said = value[2] if described and self.reasoning == "cot" else value[1]
        words = value[1] if self.reasoning == "cot" else value[2] if described else ""
        words = self._description(words, target, at, found) if described else ""
        if self.labelled:
            label, read = self._label(said, target, at, found)
            if target is not None and read:
                found.add(target, label, words or None, at)
        else:
            # without descriptions, whatever follows the first surface can only be more of them
            more = value[1:] if self.reasoning == "none" and len(value) > 2 else said
            self._mention(more, words, target, at, found)

    def _mention(self, said: Any, words: str, target: str | None, at: int, found: Collector) -> None:
        if type(said) is str and said:
            surfaces = [said]
        else:
            surfaces = self._surfaces(said, target, at, found)
            if surfaces:
                found.note("malformed", at, target)
        if target is not None:
            for surface in surfaces or [None]:
                found.extend(target, surface, words, at)
