"""Parse literals in answers: JSON, lists, tuples and dicts of Python, and similar text without quotes. No evaluation.

One pass with an explicit stack; depth and length are bounded. Complete parts of a literal that is cut off are kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

DEEPEST, LONGEST = 8, 1_000_000
_TOKEN = re.compile(
    r"""
    (?P<string>"(?>(?:[^"\\\n]|\\[^\n])*)"?|“[^”\n]*+”?|‘[^’\n]*+’?
      |'(?>(?:[^'\\\n]|\\[^\n]|'(?![ \t]*+(?:[\])},:;，：；）}]|\n|\Z)))*)'?)
    |(?P<open>[\[{(［｛（【])|(?P<close>[\]})］｝）】])|(?P<colon>[:：]|=>|->|→)|(?P<comma>[,;，；、])|(?P<line>\n)
    |(?P<bare>[^\s,:;，：；、\[\]{}()［］｛｝（）【】](?>(?:(?!->|=>)[^,:;，：；、\[\]{}()［］｛｝（）【】"“”→\n])*))|(?P<other>\S)
    """,
    re.VERBOSE,
)
_ASCII = str.maketrans("［］｛｝（）【】", "[]{}()[]")
_CLOSING = {"[": "]", "{": "}", "(": ")"}
_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’"}
_CONSTANTS = {"null": None, "None": None, "nil": None, "true": True, "True": True, "false": False, "False": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_ESCAPED = re.compile(r"\\(.)")
# a round bracket before a string begins a tuple, not a remark; before words with commas it does on a line of its own
_TUPLE = re.compile(r"[(（]\s*[\"'“‘]")
_WORDS = r"[^()（）\[\]{}:：\n]{1,200}"
_PLAIN_TUPLE = re.compile(rf"[(（]{_WORDS}[,，]{_WORDS}[)）][ \t]{{0,8}}(?:[,;，；.]|\n|\Z)")


@dataclass(slots=True)
class Node:
    """A value and its offset in the answer: a scalar, a list of nodes, or a map as a list of pairs of nodes."""

    kind: str
    at: int
    value: Any = None
    key: Node | None = field(default=None)
    # True where a separator follows the last value of a list or map
    ready: bool = True

    def put(self, node: Node) -> None:
        """Add a value or, in a map, a key."""
        if not self.ready:
            return
        if self.kind == "list":
            self.value.append(node)
        elif self.key is None:
            self.key = node
        else:
            self.value.append((self.key, node))
            self.key = None
        self.ready = False


@dataclass(slots=True)
class Literals:
    """The values of a text, the offset of the first other text (`stray`), and whether the last value is cut off."""

    values: list[Node]
    stray: int | None = None
    cut: bool = False


def literals(text: str, at: int) -> Literals:
    """Return the lists and maps in `text`, which begins at offset `at` of the answer."""
    found, deeper, last = Literals([]), 0, "line"
    frames: list[Node] = []
    for match in _TOKEN.finditer(text, 0, LONGEST):
        kind, token, position = str(match.lastgroup), match[0], at + match.start()
        if kind == "open" and (frames or token.translate(_ASCII) != "(" or _is_tuple(text, match.start(), last)):
            if len(frames) < DEEPEST:
                bracket = token.translate(_ASCII)
                frames.append(Node("map" if bracket == "{" else "list", position, []))
            else:
                deeper += 1
        elif not frames:
            if kind not in ("line", "comma") and found.stray is None:
                found.stray = position
        elif kind == "close":
            if deeper:
                deeper -= 1
            else:
                _end(frames, found.values)
        elif not deeper:
            _token(frames[-1], kind, token, position, match.end() == len(text))
        last = kind
    found.cut = bool(frames)
    while frames:
        _end(frames, found.values)
    return found


def _is_tuple(text: str, position: int, last: str) -> bool:
    """True for a round bracket that begins a tuple. last: the kind of the token before it."""
    if _TUPLE.match(text, position):
        return True
    return last in ("line", "comma", "close") and _PLAIN_TUPLE.match(text, position) is not None


def _token(frame: Node, kind: str, token: str, position: int, last: bool) -> None:
    if kind == "colon" or (kind == "line" and frame.kind == "map" and frame.key is not None):
        frame.ready = frame.kind == "map"
    elif kind in ("comma", "line"):
        frame.ready, frame.key = True, None
    elif kind in ("string", "bare") and not (last and not _closed(token)):
        frame.put(Node("scalar", position, _scalar(token, kind)))
    elif kind in ("string", "bare"):
        frame.ready = False


def _end(frames: list[Node], values: list[Node]) -> None:
    """Close the innermost list or map and add it to its parent."""
    node = frames.pop()
    node.key, node.ready = None, False
    if frames:
        frames[-1].put(node)
    else:
        values.append(node)


def _closed(token: str) -> bool:
    """True for a string with its closing quote."""
    closing = _QUOTES.get(token[0])
    return closing is not None and len(token) > 1 and token[-1] == closing


def _scalar(token: str, kind: str) -> Any:
    if kind == "bare":
        word = token.strip()
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        number = word.removesuffix(".0")
        return int(number) if _INTEGER.fullmatch(number) and number.isascii() else word
    inner = token[1:-1] if _closed(token) else token[1:]
    if token[0] == '"' and _closed(token):
        try:
            return json.loads(token, strict=False)
        except ValueError:
            return inner
    return _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner
