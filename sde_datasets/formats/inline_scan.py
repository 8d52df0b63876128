"""Scan an answer of the format inline in one pass: the bare text, its marks, and the mentions that follow the text."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import NamedTuple

from sde_datasets.formats.thoughts import TAG

_LONGEST_NUMBER = 9
# the most blanks before and after the separator in its line
_BLANKS = 16
_ESCAPED = frozenset("[]|\\<")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class ScannedMark(NamedTuple):
    """A mark: its span in the bare text, the name of its target, and the offset of the mark in the answer."""

    start: int
    end: int
    name: str
    at: int


class FollowingMention(NamedTuple):
    """A mention that follows the text: the name or number of its target, its surface, and its offset in the answer."""

    name: str
    surface: str
    at: int


class Scan(NamedTuple):
    """A scanned answer. marks: in the order in which they end. defects: errors, as pairs of name and offset.

    tag: the offset of the first tag that is not escaped, which is no part of the text; None without one.
    """

    text: str
    marks: list[ScannedMark]
    following: list[FollowingMention]
    defects: list[tuple[str, int]]
    tag: int | None


class InlineScanner:
    """Scans answers of one design. In the strict form every `[` is closed by `|TARGET]` and nothing has a defect."""

    def __init__(self, names: list[str], target_tag: str, by_index: bool) -> None:
        """names: of the targets, as marks have them. target_tag: a pattern of the tags in which models mark mentions.

        by_index: names are numbers.
        """
        self._names, self._by_index = names, by_index
        # a name ends at the first mark, so that no character is scanned more than twice
        self._token = re.compile(
            r"\\(?P<escaped>.?)|(?P<open>\[)|\|(?P<name>(?>[^\[\]|\\]+|\\.)*+)\]|(?P<other>[\]|])"
            rf"|(?P<tag>{TAG}|{target_tag})",
            re.DOTALL,
        )

    def scan(self, body: str, at: int) -> Scan:
        """Scan `body`, which begins at offset `at` of the answer."""
        return _Pass(self._token, self._names, self._by_index, body, at).run()


class _Pass:
    """One pass over an answer. parts: of the bare text, in which a `[` becomes empty when its mark is closed."""

    def __init__(self, token: re.Pattern[str], names: list[str], by_index: bool, body: str, at: int) -> None:
        self.token, self.names, self.by_index, self.body, self.at = token, names, by_index, body, at
        self.parts: list[str] = []
        self.open_marks: list[tuple[int, int]] = []
        self.marks: list[tuple[int, int, str, int]] = []
        self.defects: list[tuple[str, int]] = []
        self.tag: int | None = None

    def run(self) -> Scan:
        body, position, end = self.body, 0, len(self.body)
        for match in self.token.finditer(body):
            start, kind = match.start(), match.lastgroup
            if kind == "escaped" and match[kind] == "+" and self._is_alone(start, match.end()):
                end = start
                break
            if start > position:
                self.parts.append(body[position:start])
            position = match.end()
            if kind == "name" and self.open_marks:
                self._close(match[kind], start)
            elif kind == "open":
                self.open_marks.append((len(self.parts), start))
                self.parts.append("[")
            elif kind == "escaped" and match[kind] and match[kind] in _ESCAPED:
                self.parts.append(match[kind])
            else:
                self._literal(match[0], kind, start)
        self.parts.append(body[position:end].rstrip() if end < len(body) else body[position:])
        following = self._following(end) if end < len(body) else []
        if self.open_marks:
            self._cut_off(end < len(body))
        offsets = [0, *accumulate(map(len, self.parts))]
        marks = [ScannedMark(offsets[start], offsets[stop], name, at) for start, stop, name, at in self.marks]
        return Scan("".join(self.parts), marks, following, self.defects, self.tag)

    def _is_alone(self, start: int, end: int) -> bool:
        """True where `\\+` is the only word of its line, with a few blanks around it."""
        before, after = self.body[max(start - _BLANKS, 0) : start], self.body[end : end + _BLANKS]
        left, right = before.rstrip(" \t\r"), after.lstrip(" \t\r")
        begins = left.endswith("\n") or (not left and start < _BLANKS)
        return begins and (right.startswith("\n") or (not right and end + _BLANKS > len(self.body)))

    def _close(self, name: str, start: int) -> None:
        part, begin = self.open_marks.pop()
        self.parts[part] = ""
        self.marks.append((part, len(self.parts), _ESCAPE.sub(r"\1", name), self.at + begin))

    def _literal(self, token: str, kind: str | None, start: int) -> None:
        """Take a token that is not in the strict form as text. A bracket without a target closes nothing."""
        self.parts.append(token)
        if kind == "tag":
            self.tag = start if self.tag is None else self.tag
        elif kind == "other" and token == "]" and self.open_marks:
            self.open_marks.pop()
        self.defects.append(("malformed", self.at + start))

    def _cut_off(self, has_following: bool) -> None:
        """Close the marks that are open at the end of the text; the last one may have the beginning of its target."""
        self.defects.append(("malformed" if has_following else "truncated", self.at + len(self.body)))
        if not has_following and self.parts[-2:-1] == ["|"]:
            begun = self.parts[-1]
            names = [name for name in self.names if name == begun] or [n for n in self.names if n.startswith(begun)]
            if begun and len(names) == 1:
                # the bar before the name is no character of the text
                self.defects.remove(("malformed", self.at + len(self.body) - len(self.parts[-1]) - 1))
                self.parts[-2:] = ["", ""]
                part, begin = self.open_marks.pop()
                self.parts[part] = ""
                self.marks.append((part, len(self.parts), names[0], self.at + begin))
        for part, _ in self.open_marks:
            self.parts[part] = ""

    def _following(self, start: int) -> list[FollowingMention]:
        """The mentions in the lines after the separator at `start`."""
        found: list[FollowingMention] = []
        position = start
        lines = self.body[start:].split("\n")
        for number, line in enumerate(lines):
            text = line.strip()
            if number and text:
                begin = self.at + position + line.index(text[0])
                if mention := self._mention(text, begin):
                    found.append(mention)
                else:
                    is_cut = number + 1 == len(lines) and text[0] == "[" and text[-1] != "]"
                    self.defects.append(("truncated" if is_cut else "malformed", begin))
            position += len(line) + 1
        if not found and not self.defects and any(map(str.strip, self.parts)):
            self.defects.append(("truncated", self.at + len(self.body)))
        return found

    def _mention(self, line: str, at: int) -> FollowingMention | None:
        """The mention that a JSON list of target and surface gives; None for anything else."""
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, list) or len(value) != 2 or type(value[0]) is not (int if self.by_index else str):
            return None
        if type(value[1]) is not str or not value[1].strip():
            return None
        name = str(value[0])
        return FollowingMention(name, value[1], at) if len(name) <= _LONGEST_NUMBER or not self.by_index else None
