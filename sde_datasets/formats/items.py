"""The item: one target with its value, as natural and lines both write it. They differ in how items are joined.

food: positive                      'DNA': 'IL-2 gene', 'kappa B'       Motion: flew, landed
food: "great tuna" -> positive      'DNA': "the IL-2 gene" -> 'IL-2 gene'
food: positive <- "great tuna"      0: 'IL-2 gene'                      (numbers)
"""

from __future__ import annotations

from abc import abstractmethod

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Answer, Unreadable
from sde_datasets.formats.base import Format
from sde_datasets.formats.collector import Collector
from sde_datasets.formats.exact_items import ExactItems
from sde_datasets.formats.loose_items import LooseItems
from sde_datasets.formats.tokens import bare, json_string, quoted
from sde_datasets.formats.vocabulary import NO_ALIASES, Aliases
from sde_datasets.schemas import Schema


class Items(Format):
    """What natural and lines share: writing one item, and reading one at a place in the answer."""

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        super().__init__(design, schema, aliases)
        write_name = quoted if schema.quoted else lambda name: bare(name, schema.reserved)
        names = [str(i) if self.by_index else write_name(name) for i, name in enumerate(schema.targets)]
        self._heads = {target: name + schema.colon for target, name in zip(schema.targets, names, strict=True)}
        self._write_surface = write_name
        self._nothing = self.written.get(schema.placeholder, schema.placeholder)
        self._absent = {target: head + self._nothing for target, head in self._heads.items()}
        words = (schema, self.vocabulary, self.written, self.by_index, self.reasoning)
        self._exact = ExactItems(*words)
        self._loose = LooseItems(*words, between=self._between, stop=self._stop)

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
        if self.labelled:
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
        """The mark between items, a line feed for lines."""

    @property
    @abstractmethod
    def _stop(self) -> str:
        """The mark at the end, empty where there is none."""

    @abstractmethod
    def _join(self, items: list[str]) -> str:
        """All items as one answer."""

    @property
    def nothing(self) -> str:
        return self._join([self._nothing])

    # instructions

    def _item_pattern(self) -> str:
        schema = self.schema
        target = "<number>" if self.by_index else f"<{schema.target_word}>"
        value = "<number>" if self.numbers and self.labelled else f"<{schema.value_word}>"
        if schema.quoted:
            target, value = target if self.by_index else f"'{target}'", f"'{value}'"
        values = value if self.labelled else schema.comma.join([value, value])
        return self._arrow(target + schema.colon, values, f'"<{schema.description_word}>"')

    def absent_pattern(self) -> str:
        target = "<number>" if self.by_index else f"<{self.schema.target_word}>"
        return (
            (f"'{target}'" if self.schema.quoted and not self.by_index else target) + self.schema.colon + self._nothing
        )

    # reading

    def _gather(self, body: str, at: int) -> Collector:
        found = Collector(self.schema, self.vocabulary)
        if body == self.nothing:
            found.nothing()
            if not self.omits:
                found.note("malformed", at)
            return found
        try:
            self._read(body, at, found)
        except Unreadable as stop:
            found = Collector(self.schema, self.vocabulary)
            self._loose.read(body, at, found)
            if not found.wrong:
                found.note(*stop.defect)
        return found

    @abstractmethod
    def _read(self, body: str, at: int, found: Collector) -> None:
        """Read `body`, which begins at character `at` of the answer. Raises Unreadable where it is not exact."""
