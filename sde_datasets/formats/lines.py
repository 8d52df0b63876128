"""Lines: one item per line, `food: positive` or `'DNA': 'IL-2 gene', 'kappa B'`."""

from __future__ import annotations

from sde_datasets.formats.answers import Unreadable
from sde_datasets.formats.items import Items
from sde_datasets.formats.parse_state import ParseState


class Lines(Items):
    """Items joined by line feeds, without a mark at the end of a line."""

    _between = "\n"
    _stop = ""

    def _join(self, items: list[str]) -> str:
        return "\n".join(items)

    def pattern(self) -> str:
        return self._item_pattern()

    def _read(self, body: str, at: int, state: ParseState) -> None:
        for line in body.split("\n"):
            text = line.strip()
            if text:
                begin = at + len(line) - len(line.lstrip())
                end = self._strict.read(text, 0, begin, state)
                if end < len(text):
                    raise Unreadable("trailing_text", begin + end)
            at += len(line) + 1
