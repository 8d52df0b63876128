"""Natural: all items in one sentence, `food: positive, price: negative.` or `Motion: flew; Attack: raid`."""

from __future__ import annotations

import re

from sde_datasets.designs.design import Design
from sde_datasets.formats.answers import Unreadable
from sde_datasets.formats.items import Items
from sde_datasets.formats.matcher import NO_ALIASES, Aliases
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.quoting import BLANK
from sde_datasets.records.schema import Schema


class Natural(Items):
    """Items joined by the mark of the task, with the full stop of the task if it has one."""

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        super().__init__(design, schema, aliases)
        self._mark = re.compile(rf"{BLANK}{re.escape(self._between)}{BLANK}")

    @property
    def _between(self) -> str:
        return self.schema.between.strip()

    @property
    def _stop(self) -> str:
        return self.schema.stop

    def _join(self, items: list[str]) -> str:
        return self.schema.between.join(items) + self.schema.stop

    def pattern(self) -> str:
        item = self._item_pattern()
        return self._join([item, item])

    def _read(self, body: str, at: int, state: ParseState) -> None:
        position = self._strict.read(body, 0, at, state)
        while mark := self._mark.match(body, position):
            position = self._strict.read(body, mark.end(), at, state)
        rest = body[position:]
        stop = rest.lstrip() if self.schema.stop else rest
        if not stop.startswith(self.schema.stop):
            raise Unreadable("trailing_text" if stop else "truncated", at + position)
        if len(stop) > len(self.schema.stop):
            raise Unreadable("trailing_text", at + len(body) - len(stop) + len(self.schema.stop))
