"""JSON: one object per line for each target.

{"aspect": "food", "sentiment": "positive"}
{"aspect": "food", "description": "great tuna", "sentiment": "positive"}
{"entity_type": "DNA", "entity_names": ["IL-2 gene", "kappa B"]}
"""

from __future__ import annotations

from typing import Any

from sde_datasets.designs.design import Design
from sde_datasets.formats.answers import Answer
from sde_datasets.formats.json_values import JsonFormat
from sde_datasets.formats.matcher import NO_ALIASES, Aliases
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.quoting import json_string
from sde_datasets.records.schema import Schema


class JsonLines(JsonFormat):
    """Objects with the words of the schema as keys. The description precedes or follows the value; `""` for none."""

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        super().__init__(design, schema, aliases)
        self._keys = {schema.target_word, schema.value_word}
        if self.reasoning != "none":
            self._keys.add(schema.description_word)
        self._value_key = f", {json_string(schema.value_word)}: "
        self._description_key = f", {json_string(schema.description_word)}: "
        self._heads = {t: f"{{{json_string(schema.target_word)}: {written}" for t, written in self._targets.items()}
        nothing = self._labels[schema.placeholder] if self.is_label_task else "[]"
        self._absent = {target: self._object(head, nothing, '""') for target, head in self._heads.items()}

    def write(self, answer: Answer) -> str:
        values, descriptions = answer.values, self._described(answer)
        if self.omits:
            lines = [self._line(t, values[t], descriptions.get(t)) for t in self.targets if t in values]
            return "\n".join(lines) if lines else self.nothing
        line, absent = self._line, self._absent
        return "\n".join([line(t, values[t], descriptions.get(t)) if t in values else absent[t] for t in self.targets])

    def absent(self, target: str) -> str:
        return self._absent[target]

    def _line(self, target: str, value, description) -> str:
        written = self._labels[value] if self.is_label_task else "[" + ", ".join([json_string(v) for v in value]) + "]"
        return self._object(self._heads[target], written, json_string(description) if description else '""')

    def _object(self, head: str, value: str, description: str) -> str:
        if self.reasoning == "none":
            return f"{head}{self._value_key}{value}}}"
        if self.reasoning == "cot":
            return f"{head}{self._description_key}{description}{self._value_key}{value}}}"
        return f"{head}{self._value_key}{value}{self._description_key}{description}}}"

    def pattern(self) -> str:
        value = self._value_pattern if self.is_label_task else f"[{self._value_pattern}, {self._value_pattern}]"
        return self._object(self._head_pattern(), value, self._description_pattern)

    def absent_pattern(self) -> str:
        nothing = self._labels[self.schema.placeholder] if self.is_label_task else "[]"
        return self._object(self._head_pattern(), nothing, '""')

    def _head_pattern(self) -> str:
        return f"{{{json_string(self.schema.target_word)}: {self._target_pattern}"

    # parsing

    def _is_item(self, value: Any) -> bool:
        return isinstance(value, dict) and self.schema.target_word in value

    def _item(self, value: dict, at: int, whole: bool, state: ParseState) -> None:
        target = self._target(value[self.schema.target_word], at, state)
        if self.schema.value_word not in value:
            if whole:
                state.add_defect("malformed", at, target)
            return
        if whole and value.keys() != self._keys:
            late = self.is_label_task and list(value)[-1] not in self._keys and self._keys <= value.keys()
            state.add_defect("note_after_label" if late else "malformed", at, target)
        written, is_readable = value[self.schema.value_word], True
        parsed: str | list[tuple[str, int]] | None
        if self.is_label_task:
            parsed, is_readable = self._label(written, target, at, state)
        else:
            parsed = [(surface, at) for surface in self._surfaces(written, target, at, state)] or None
        described = self.reasoning != "none" and self.schema.description_word in value
        words = self._description(value[self.schema.description_word], target, at, state) if described else ""
        if target is not None and is_readable:
            state.add(target, parsed, words or None, at)
        elif target is None and isinstance(parsed, list):
            self._unknown(value[self.schema.target_word], [surface for surface, _ in parsed], state)
