"""Write the marks of the format inline: `[surface|TARGET]` in the text, nested, and the mentions that follow the text.

Two marks are nested or apart, never crossing. A mention that crosses an earlier one, or consists of several pieces,
follows the text after a line `\\+`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sde_datasets.formats.thoughts import TAG_WITHOUT_BARS
from sde_datasets.records.schema import Schema

# the line between the text and the mentions that follow it
SEPARATOR = "\\+"


class Place(NamedTuple):
    """Where a mention is in the text. Places in order: what begins first, then the longer one, then the later target.

    A place that is opened before another one in this order surrounds it, so that of equal spans the first target is
    inside. before_end, before_target: the negated end and the negated number of the target.
    """

    start: int
    before_end: int
    before_target: int

    @classmethod
    def of(cls, start: int, end: int, target: int) -> Place:
        """The place of a span from `start` to `end` of the target with this number."""
        return cls(start, -end, -target)


def crossing(places: Sequence[tuple[int, int, int]]) -> list[int]:
    """The indices of those of the sorted `places` that cross one before them which crosses none itself."""
    found, open_ends = [], [places[0][1] if places else 0]
    for number, (start, before_end, _) in enumerate(places):
        while open_ends and -open_ends[-1] <= start:
            open_ends.pop()
        if open_ends and before_end < open_ends[-1]:
            found.append(number)
        else:
            open_ends.append(before_end)
    return found


class MarkWriter:
    """Writes texts with marks, for the targets of one schema."""

    def __init__(self, schema: Schema, by_index: bool) -> None:
        """by_index: a mark has the number of its target instead of the name."""
        names = [str(number) if by_index else name for number, name in enumerate(schema.targets)]
        # models also mark mentions by tags: `<DNA>` in a text is written `\<DNA>`, like the tags around an answer
        self.target_tag = rf"</?(?:{'|'.join(map(re.escape, filter(None, names))) or '(?!)'})>"
        self._special = re.compile(rf"[\[\]|\\]|(?={TAG_WITHOUT_BARS}|{self.target_tag})<")
        self.names = [self.escaped(name) for name in names]
        self.ends = [f"|{name}]" for name in self.names]

    def escaped(self, text: str) -> str:
        """Return a text with `\\` before every character that could be read as part of a mark or as a tag."""
        return self._special.sub(r"\\\g<0>", text)

    def escaped_pieces(self, text: str, edges: Sequence[int]) -> list[str]:
        """Return the pieces of a text between `edges` with `\\` before the characters that `escaped` puts it before."""
        special = {match.start() for match in self._special.finditer(text)}
        escaped = ["\\" + char if at in special else char for at, char in enumerate(text)]
        return ["".join(escaped[start:end]) for start, end in pairwise(edges)]

    def marked(self, text: str, places: Iterable[tuple[int, int, int]]) -> str:
        """Return a text with marks at the sorted `places`, of which none cross, without blanks at its edges."""
        escaped = self.escaped if self._special.search(text) else str
        parts: list[str] = []
        open_marks: list[tuple[int, str]] = []
        position = 0
        for start, before_end, before_target in places:
            while open_marks and open_marks[-1][0] <= start:
                end, name = open_marks.pop()
                parts += (escaped(text[position:end]), name)
                position = end
            parts += (escaped(text[position:start]), "[")
            position = start
            open_marks.append((-before_end, self.ends[-before_target]))
        while open_marks:
            end, name = open_marks.pop()
            parts += (escaped(text[position:end]), name)
            position = end
        parts.append(escaped(text[position:]))
        return "".join(parts).strip()
