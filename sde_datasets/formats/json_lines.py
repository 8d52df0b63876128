"""JSON: one object a line for each target.

{"aspect": "food", "sentiment": "positive"}
{"aspect": "food", "description": "great tuna", "sentiment": "positive"}
{"entity_type": "DNA", "entity_names": ["IL-2 gene", "kappa B"]}
"""

from __future__ import annotations

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Answer, Collector, Unreadable
from sde_datasets.formats.json_values import JsonFormat
from sde_datasets.formats.tokens import json_string
from sde_datasets.schemas import Schema


class JsonLines(JsonFormat):
    """Objects with the schema's words as keys; the description stands before or after the value, `""` for none."""

    def __init__(self, design: Design, schema: Schema) -> None:
        super().__init__(design, schema)
        self._keys = [schema.target_word, schema.value_word]
        if self.reasoning != "none":
            self._keys.append(schema.description_word)
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

    def _read(self, body: str, at: int, found: Collector) -> None:
        for given, begin in self._lines(body, at, found):
            if not isinstance(given, dict) or sorted(given) != sorted(self._keys):
                raise Unreadable("malformed", begin)
            target = self._read_target(given[self.schema.target_word], begin)
            value = given[self.schema.value_word]
            read = self._read_label(value, begin) if self.labelled else self._read_surfaces(value, begin)
            description = self._read_description(given.get(self.schema.description_word, ""), begin)
            found.add(target, read, description or None, begin)

    def _read_surfaces(self, given, at: int) -> tuple[str, ...] | None:
        if not isinstance(given, list) or not all(type(surface) is str and surface for surface in given):
            raise Unreadable("malformed", at)
        return tuple(given) or None
