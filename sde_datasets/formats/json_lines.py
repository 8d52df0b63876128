"""JSON: one object a line for each target.

{"aspect": "food", "sentiment": "positive"}
{"aspect": "food", "description": "great tuna", "sentiment": "positive"}
{"entity_type": "DNA", "entity_names": ["IL-2 gene", "kappa B"]}
"""

from __future__ import annotations

from typing import Any

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Answer
from sde_datasets.formats.collector import Collector
from sde_datasets.formats.json_values import JsonFormat
from sde_datasets.formats.tokens import json_string
from sde_datasets.formats.vocabulary import NO_ALIASES, Aliases
from sde_datasets.schemas import Schema


class JsonLines(JsonFormat):
    """Objects with the schema's words as keys; the description stands before or after the value, `""` for none."""

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        super().__init__(design, schema, aliases)
        self._keys = {schema.target_word, schema.value_word}
        if self.reasoning != "none":
            self._keys.add(schema.description_word)
        self._value_key = f", {json_string(schema.value_word)}: "
        self._description_key = f", {json_string(schema.description_word)}: "
        self._heads = {t: f"{{{json_string(schema.target_word)}: {written}" for t, written in self._targets.items()}
        nothing = self._labels[schema.placeholder] if self.labelled else "[]"
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
        written = self._labels[value] if self.labelled else "[" + ", ".join([json_string(v) for v in value]) + "]"
        return self._object(self._heads[target], written, json_string(description) if description else '""')

    def _object(self, head: str, value: str, description: str) -> str:
        if self.reasoning == "none":
            return f"{head}{self._value_key}{value}}}"
        if self.reasoning == "cot":
            return f"{head}{self._description_key}{description}{self._value_key}{value}}}"
        return f"{head}{self._value_key}{value}{self._description_key}{description}}}"

    def pattern(self) -> str:
        value = self._value_pattern if self.labelled else f"[{self._value_pattern}, {self._value_pattern}]"
        return self._object(self._head_pattern(), value, self._description_pattern)

    def absent_pattern(self) -> str:
        nothing = self._labels[self.schema.placeholder] if self.labelled else "[]"
        return self._object(self._head_pattern(), nothing, '""')

    def _head_pattern(self) -> str:
        return f"{{{json_string(self.schema.target_word)}: {self._target_pattern}"

    # reading

    def _is_item(self, value: Any) -> bool:
        return isinstance(value, dict) and self.schema.target_word in value

    def _item(self, value: dict, at: int, whole: bool, found: Collector) -> None:
        target = self._target(value[self.schema.target_word], at, found)
        if self.schema.value_word not in value:
            if whole:
                found.note("malformed", at, target)
            return
        if whole and value.keys() != self._keys:
            late = self.labelled and list(value)[-1] not in self._keys and self._keys <= value.keys()
            found.note("note_after_label" if late else "malformed", at, target)
        given, read = value[self.schema.value_word], True
        if self.labelled:
            said, read = self._label(given, target, at, found)
        else:
            said = [(surface, at) for surface in self._surfaces(given, target, at, found)] or None
        described = self.reasoning != "none" and self.schema.description_word in value
        words = self._description(value[self.schema.description_word], target, at, found) if described else ""
        if target is not None and read:
            found.add(target, said, words or None, at)
