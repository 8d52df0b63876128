"""List: one JSON list per line, for each target (label tasks) or each mention (mention tasks).

["food", "positive"]                 ["DNA", "IL-2 gene"]
["food", "great tuna", "positive"]   ["RNA", []]             (not mentioned)
"""

from __future__ import annotations

from functools import cached_property
from itertools import repeat
from typing import Any

from sde_datasets.formats.answers import Answer
from sde_datasets.formats.json_values import JsonFormat
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.quoting import json_string


class ListLines(JsonFormat):
    """Lists of target and value. The description is between them or at the end; `""` for none."""

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
        if self.is_label_task:
            return [self._list(head, self._labels[value], json_string(description or ""))]
        described = zip(value, description or repeat(""))  # noqa: B905, an endless repeat has no length
        return [self._list(head, json_string(surface), json_string(words)) for surface, words in described]

    @property
    def _nothing(self) -> str:
        return self._labels[self.schema.placeholder] if self.is_label_task else "[]"

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

    # parsing

    @cached_property
    def _is_plain_mention(self) -> bool:
        return self.reasoning == "none" and not self.is_label_task

    def _is_item(self, value: Any) -> bool:
        return isinstance(value, list) and bool(value) and type(value[0]) in (str, int)

    def _item(self, value: list, at: int, whole: bool, state: ParseState) -> None:
        target = self._target(value[0], at, state)
        if self._is_plain_mention and len(value) == 2:
            self._mention(value[0], value[1], "", target, at, state)
            return
        length = 2 if self.reasoning == "none" else 3
        if len(value) != length and whole:
            late = self.is_label_task and len(value) > length
            state.add_defect("note_after_label" if late else "malformed", at, target)
        if len(value) < (2 if whole else length):
            return
        # a list of two in a design with descriptions is taken as target and value
        described = self.reasoning != "none" and len(value) >= length
        element = value[2] if described and self.reasoning == "cot" else value[1]
        words = value[1] if self.reasoning == "cot" else value[2] if described else ""
        words = self._description(words, target, at, state) if described else ""
        if self.is_label_task:
            label, read = self._label(element, target, at, state)
            if target is not None and read:
                state.add(target, label, words or None, at)
        else:
            # without descriptions, all elements after the target are surfaces
            more = value[1:] if self.reasoning == "none" and len(value) > 2 else element
            self._mention(value[0], more, words, target, at, state)

    def _mention(self, name: Any, element: Any, words: str, target: str | None, at: int, state: ParseState) -> None:
        if type(element) is str and element:
            surfaces = [element]
        else:
            surfaces = self._surfaces(element, target, at, state)
            if surfaces:
                state.add_defect("malformed", at, target)
        if target is None:
            self._unknown(name, surfaces, state)
            return
        for surface in surfaces or (None,):
            state.extend(target, surface, words, at)
