"""Rewrite lines `name - value` whose name is no known target, in blocks of lines in which known targets have that form.

Alone, such a line may be prose or a mention with a dash, and stays as it is.
"""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple

_EMPTY_LINE = re.compile(r"\n[ \t]*\n")


class LineForm(NamedTuple):
    """How a line writes its item: the mark between name and value, and whether a bullet or number precedes it."""

    mark: str
    has_bullet: bool


class UnknownLines:
    """Puts colons into lines of targets outside the schema. The length of the text stays."""

    def __init__(self, bullet: str, edges: tuple[str, str], colon: str, name: str) -> None:
        """bullet, edges, name: patterns of a bullet, of marks before and after a name, and of a name."""
        self._colon = colon
        self._line = re.compile(
            rf"^(?P<lead>[ \t]*)(?P<bullet>{bullet}[ \t]+)?(?P<open>{edges[0]})(?P<name>{name})(?P<close>{edges[1]})"
            r"(?P<mark>[ \t]*(?:->|→|=>|=)[ \t]*|[ \t]+[-–—~][ \t]+)(?=[^\s])",
            re.MULTILINE,
        )

    def rewritten(self, text: str, forms: dict[int, LineForm]) -> str:
        """Return the text with colons in lines of the same forms. forms: of known targets, by the offset of a line."""
        ends = [match.start() for match in _EMPTY_LINE.finditer(text)] + [len(text)]
        parts, begin = [], 0
        for end in ends:
            known = {form for offset, form in forms.items() if begin <= offset < end}
            block = text[begin:end]
            parts.append(self._line.sub(partial(self._item, known), block) if known else block)
            begin = end
        return "".join(parts)

    def _item(self, known: set[LineForm], match: re.Match[str]) -> str:
        if LineForm(match["mark"].strip(), bool(match["bullet"])) not in known:
            return match[0]
        quotes = "\"'“”‘’"
        before, after = ("".join(c if c in quotes else " " for c in match[part]) for part in ("open", "close"))
        lead = match["lead"] + " " * len(match["bullet"] or "") + before + match["name"] + after
        return lead + self._colon.ljust(len(match["mark"]))
