"""Items, a target with its value each, which natural and lines share. The two formats differ in how items are joined.

food: positive                      'DNA': 'IL-2 gene', 'kappa B'       Motion: flew, landed
food: "great tuna" -> positive      'DNA': "the IL-2 gene" -> 'IL-2 gene'
food: positive <- "great tuna"      0: 'IL-2 gene'                      (numbers)
"""

from __future__ import annotations

from abc import abstractmethod

from sde_datasets.designs.design import Design
from sde_datasets.formats.answers import Answer, Unreadable
from sde_datasets.formats.base import Format
from sde_datasets.formats.lenient.items import LenientItems
from sde_datasets.formats.matcher import NO_ALIASES, Aliases
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.quoting import bare, json_string, quoted, written_targets
from sde_datasets.formats.strict_items import StrictItems
from sde_datasets.records.schema import Schema


class Items(Format):
    """The base class of natural and lines: writes and parses items."""

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        super().__init__(design, schema, aliases)
        write_name = quoted if schema.quoted else lambda name: bare(name, schema.reserved)
        names = written_targets(schema, self.by_index)
        self._heads = {target: name + schema.colon for target, name in names.items()}
        self._write_surface = write_name
        self._nothing = self.written.get(schema.placeholder, schema.placeholder)
        self._absent = {target: head + self._nothing for target, head in self._heads.items()}
        self._strict = StrictItems(self.context)
        self._lenient = LenientItems(self.context, between=self._between, stop=self._stop)

    # writing

    def write(self, answer: Answer) -> str:
        values, descriptions = answer.values, self._described(answer)
        if self.omits:
            items = [self._item(t, values[t], descriptions.get(t)) for t in self.targets if t in values]
            return self._join(items) if items else self.nothing
        item, absent = self._item, self._absent
        return self._join([item(t, values[t], descriptions.get(t)) if t in values else absent[t] for t in self.targets])

    def absent(self, target: str) -> str:
        return self._absent[target]

    def _item(self, target: str, value, description) -> str:
        if self.is_label_task:
            written = self.written[value]
        else:
            written = self.schema.comma.join([self._write_surface(surface) for surface in value])
        return self._arrow(self._heads[target], written, json_string(description) if description else None)

    def _arrow(self, head: str, value: str, description: str | None) -> str:
        if description is None or self.reasoning == "none":
            return head + value
        if self.reasoning == "cot":
            return f"{head}{description} -> {value}"
        return f"{head}{value} <- {description}"

    @property
    @abstractmethod
    def _between(self) -> str:
        """The mark between items; a line feed for lines."""

    @property
    @abstractmethod
    def _stop(self) -> str:
        """The mark at the end of the answer; empty for none."""

    @abstractmethod
    def _join(self, items: list[str]) -> str:
        """Join all items to an answer."""

    @property
    def nothing(self) -> str:
        return self._join([self._nothing])

    # instructions

    def _item_pattern(self) -> str:
        schema = self.schema
        target = "<number>" if self.by_index else f"<{schema.target_word}>"
        value = "<number>" if self.numbers and self.is_label_task else f"<{schema.value_word}>"
        if schema.quoted:
            target, value = target if self.by_index else f"'{target}'", f"'{value}'"
        values = value if self.is_label_task else schema.comma.join([value, value])
        return self._arrow(target + schema.colon, values, f'"<{schema.description_word}>"')

    def absent_pattern(self) -> str:
        target = "<number>" if self.by_index else f"<{self.schema.target_word}>"
        return (
            (f"'{target}'" if self.schema.quoted and not self.by_index else target) + self.schema.colon + self._nothing
        )

    # parsing

    def _parse_body(self, body: str, at: int) -> ParseState:
        state = ParseState(self.schema, self.matcher)
        if body == self.nothing:
            state.mark_nothing_mentioned()
            if not self.omits:
                state.add_defect("malformed", at)
            return state
        try:
            self._read(body, at, state)
        except Unreadable as stop:
            state = ParseState(self.schema, self.matcher)
            self._lenient.read(body, at, state)
            if not state.has_error:
                state.add_defect(stop.defect.name, stop.defect.at)
        return state

    @abstractmethod
    def _read(self, body: str, at: int, state: ParseState) -> None:
        """Parse `body`, which begins at offset `at` of the answer. Raises Unreadable where it is not strict."""
