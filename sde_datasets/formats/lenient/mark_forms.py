"""Rewrite other forms in which models mark mentions in a text to the marks of the format inline.

<DNA>IL-2 gene</DNA>     [IL-2 gene](DNA)     **IL-2 gene** (DNA)     promoter [DNA]
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple


class Rewritten(NamedTuple):
    """A rewritten answer. places: pairs of an offset in it and in the answer, at the ends of the rewritten parts."""

    text: str
    places: list[tuple[int, int]]

    def at(self, offset: int) -> int:
        """The offset in the answer of an offset in the rewritten text."""
        number = bisect_right(self.places, (offset, 1 << 62)) - 1
        new, old = self.places[number]
        following = self.places[number + 1][1] if number + 1 < len(self.places) else 1 << 62
        return min(old + offset - new, following)


class MarkForms:
    """Finds the other forms of marks of the targets of a schema."""

    def __init__(self, names: list[str]) -> None:
        """names: of the targets, as marks have them."""
        longest_first = sorted(filter(None, names), key=len, reverse=True)
        name = "|".join(map(re.escape, longest_first)) or "(?!)"
        # every pattern begins with a mark or at the edge of a word, and is short, so that the time is linear
        self._form = re.compile(
            rf"<(?P<opening>{name})(?:[ ][^<>\n]{{0,80}})?>|</(?P<closing>{name})>"
            rf"|\[(?P<link>[^\[\]\n]{{1,300}})\]\((?P<link_name>{name})\)"
            rf"|\*\*(?P<bold>[^*\n]{{1,300}})\*\*[ ]?[(\[](?P<bold_name>{name})[)\]]"
            rf"|(?<![^\s\[\]|*])(?P<word>[^\s\[\]|*]{{1,100}})[ ]?\[(?P<word_name>{name})\]",
            re.IGNORECASE,
        )

    def rewritten(self, body: str) -> Rewritten | None:
        """Return an answer with its marks as `[surface|TARGET]`; None where it has no other form."""
        parts: list[str] = []
        places = [(0, 0)]
        length = position = 0
        for match in self._form.finditer(body):
            new = self._mark(match)
            parts += (body[position : match.start()], new)
            length += match.start() - position
            places.append((length, match.start()))
            length += len(new)
            position = match.end()
            places.append((length, position))
        if not parts:
            return None
        parts.append(body[position:])
        return Rewritten("".join(parts), places)

    @staticmethod
    def _mark(match: re.Match[str]) -> str:
        if match["opening"]:
            return "["
        if match["closing"]:
            return f"|{_escaped(match['closing'])}]"
        kind = next(kind for kind in ("link", "bold", "word") if match[kind])
        return f"[{match[kind].replace('|', chr(92) + '|')}|{_escaped(match[kind + '_name'])}]"


def _escaped(name: str) -> str:
    return re.sub(r"[\[\]|\\]", r"\\\g<0>", name)
