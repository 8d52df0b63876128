"""Natural: all items in one sentence, `food: positive, price: negative.` or `Motion: flew; Attack: raid`."""

from __future__ import annotations

from sde_datasets.formats.answers import Collector, Unreadable
from sde_datasets.formats.items import Items


class Natural(Items):
    """Items joined by the task's mark, with its full stop where it has one."""

    def _join(self, items: list[str]) -> str:
        return self.schema.between.join(items) + self.schema.stop

    def pattern(self) -> str:
        item = self._item_pattern()
        return self._join([item, item])

    def _read(self, body: str, at: int, found: Collector) -> None:
        if self.omits and body == self.nothing:
            found.nothing()
            return
        place = self._read_item(body, 0, at, found)
        while mark := self._between.match(body, place):
            place = self._read_item(body, mark.end(), at, found)
        rest = body[place:]
        stop = rest.lstrip() if self.schema.stop else rest
        if not stop.startswith(self.schema.stop):
            raise Unreadable("trailing_text" if stop else "truncated", at + place)
        if len(stop) > len(self.schema.stop):
            raise Unreadable("trailing_text", at + len(body) - len(stop) + len(self.schema.stop))
