"""Parse JSON that is broken, inside prose or fences, or spread over lines: its values and its defects.

One pass with an explicit stack, so that no nesting is too deep. A string ends at the end of its line at the latest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sde_datasets.formats.matcher import HALF_WIDTH
from sde_datasets.formats.parse_state import ParseState

# deeper than any answer needs; deeper values are skipped
_DEEPEST = 8
_LONGEST_NUMBER = 9
# longer answers are cut, to bound memory
LONGEST = 1_000_000
_TOKEN = re.compile(
    r"""
    (?P<string>"(?>(?:[^"\\\n]|\\[^\n])*)"?|“[^”\n]*+”?|'(?>(?:[^'\\\n]|\\[^\n]|'(?![ \t]*+(?:[\]},:，：]|\n|\Z)))*)'?)
    |(?P<number>[+-]?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)
    |(?P<open>[\[{［｛【])|(?P<close>[\]}］｝】])|(?P<mark>[,:;，：；])
    |(?P<word>[^\W\d]\w*+)|(?P<other>\S)
    """,
    re.VERBOSE,
)
_BRACKETS = HALF_WIDTH | str.maketrans("【】", "[]")
_CLOSING = {"[": "]", "{": "}"}
_QUOTES = {'"': '"', "“": "”", "'": "'"}
_CONSTANTS = {"null": None, "None": None}

# `take(value, at, whole)` takes a list or object if it is an item and returns whether it is; whole: it is not cut off
Take = Callable[[list | dict, int, bool], bool]


class _Unsaid:
    """A placeholder for values without content: items that were taken, words, numbers that are too long."""


_TAKEN, _NOTHING = _Unsaid(), _Unsaid()


class _Frame:
    """An open list or object: its offset, its values or pairs, and the key that has no value yet."""

    def __init__(self, bracket: str, at: int) -> None:
        self.bracket, self.at = bracket, at
        self.values: list | dict = [] if bracket == "[" else {}
        self.key: Any = None
        self.holds_items = False

    def put(self, value: Any) -> None:
        """Add a value; in an object, a key and its value alternate, and a key keeps its first value."""
        if value is _TAKEN:
            self.holds_items, self.key = True, None
        elif isinstance(self.values, list):
            self.values.append(value)
        elif self.key is None:
            self.key = value
        else:
            if isinstance(self.key, str):
                self.values.setdefault(self.key, value)
            self.key = None

    @property
    def begun(self) -> bool:
        """True for a list that begins with a scalar, so that a list in it is a value, not an item."""
        return isinstance(self.values, list) and bool(self.values)


class LenientJson:
    """Parses a part of an answer and offers every list and object in it to `take`."""

    def __init__(self, take: Take, state: ParseState) -> None:
        self._take, self._state = take, state
        self._frames: list[_Frame] = []
        self._deeper, self._cut = 0, False
        # True where items are inside a list or object, or separated by commas
        self._is_joined = False

    def read(self, text: str, at: int, final: bool) -> None:
        """Parse `text`, which begins at offset `at` of the answer. final: the answer ends with it.

        Adds at least one error, since only text that is not in the strict form is parsed here.
        """
        self._state.has_error = False
        last, last_end = "", 0
        for match in _TOKEN.finditer(text, 0, LONGEST):
            kind, token, begin = str(match.lastgroup), match[0], match.start()
            inside = self._frames or kind == "open"
            if inside and kind in ("open", "close", "mark", "string") and not token[0].isascii():
                self._state.add_defect("wrong_punctuation", at + begin)
            if kind == "open" and last not in ",:，：[{［｛【":
                if "\n" in text[last_end:begin]:
                    self._finish(at + begin, cut=False)
                elif not self._frames:
                    self._state.add_defect("malformed", at + begin)
            self._token(kind, token, at + begin, final and match.end() == len(text))
            last, last_end = token, match.end()
        self._finish(at + len(text), cut=final)
        if self._is_joined:
            self._state.add_defect("other_format", at)
        elif not self._state.has_error:
            self._state.add_defect("malformed", at)
        self._state.has_error = True

    def _token(self, kind: str, token: str, at: int, ends: bool) -> None:
        if kind == "open":
            self._open(token.translate(_BRACKETS), at)
        elif kind == "close":
            self._close(token.translate(_BRACKETS), at)
        elif not self._frames:
            if kind != "mark":
                self._state.mark_unparsed(at)
            elif not ends and not self._state.is_empty:
                self._is_joined = True
        elif kind == "mark":
            if token in ",，;；":
                self._frames[-1].key = None
        elif ends and not _closed(token):
            self._state.add_defect("truncated", at)
            self._cut = True
        elif not self._deeper:
            self._frames[-1].put(self._value(kind, token, at))

    def _value(self, kind: str, token: str, at: int) -> Any:
        if kind == "string":
            return self._string(token, at)
        if kind == "number" and len(token) <= _LONGEST_NUMBER and token.lstrip("+-").isdigit():
            return int(token)
        if token in _CONSTANTS:
            return _CONSTANTS[token]
        if kind != "number":
            self._state.add_defect("malformed", at)
        return _NOTHING

    def _string(self, token: str, at: int) -> str:
        inner = token[1:-1] if _closed(token) else token[1:]
        if token[0] == '"' and _closed(token):
            try:
                return json.loads(token)
            except ValueError:
                self._state.add_defect("malformed", at)
        elif token[0] != "“":
            self._state.add_defect("malformed", at)
        return inner

    def _open(self, bracket: str, at: int) -> None:
        if len(self._frames) < _DEEPEST:
            self._frames.append(_Frame(bracket, at))
        else:
            self._deeper += 1

    def _close(self, bracket: str, at: int) -> None:
        if self._deeper:
            self._deeper -= 1
        elif not self._frames:
            self._state.mark_unparsed(at)
        else:
            if bracket != _CLOSING[self._frames[-1].bracket]:
                self._state.add_defect("malformed", at)
            self._end(whole=True)

    def _end(self, whole: bool) -> None:
        """Close the innermost list or object: it is an item, a value of its parent, or unparsed text."""
        frame = self._frames.pop()
        parent = self._frames[-1] if self._frames else None
        if not whole and not frame.values:
            return
        is_value = parent is not None and (parent.begun or parent.key is not None)
        if not is_value and self._take(frame.values, frame.at, whole):
            frame.holds_items = True
            self._is_joined = self._is_joined or parent is not None
        if parent is not None:
            parent.put(_TAKEN if frame.holds_items else frame.values)
        elif not frame.holds_items:
            self._state.mark_unparsed(frame.at)

    def _finish(self, end: int, cut: bool) -> None:
        """Close all open lists and objects; keep what is complete in them."""
        if self._frames and not self._cut:
            self._state.add_defect("truncated" if cut else "malformed", end if cut else self._frames[0].at)
        self._deeper = 0
        while self._frames:
            self._end(whole=False)


def _closed(token: str) -> bool:
    """True for a string with its closing quote."""
    if token[0] not in _QUOTES or len(token) == 1 or token[-1] != _QUOTES[token[0]]:
        return False
    return token[0] == "“" or (len(token) - 1 - len(token[:-1].rstrip("\\"))) % 2 == 0
