"""Tokens of answers that are not in the strict form: strings, quoted names, marks, arrows, and bare text."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from sde_datasets.formats.quoting import QUOTED, unquoted

LINE, STRING, NAME, ARROW, MARK, BARE = "line", "string", "name", "arrow", "mark", "bare"
COLONS = (":", "：")


class Token(NamedTuple):
    """A token of a text: its kind and the characters from `start` to `end`."""

    kind: str
    start: int
    end: int


_MARKS = ",;:，；：。"
# a single quote closes a name only before something that can follow a name, since names contain apostrophes
_CLOSE = rf"['’＇](?=[ \t]*+(?:[{_MARKS}.\n]|<-|->|→|←|\Z)|[ \t]++['‘\"])"
# a string without closing quote ends with its line
_STRING = r'"(?>(?:[^"\\\n]|\\[^\n])*)"?|“[^”\n]*+”?'
_NAME = rf"['‘＇](?>(?:\\[^\n]|(?!{_CLOSE})[^\\\n])*)['’＇]?"
_BARE = rf'[^\s{_MARKS}"“→←](?>(?:(?!->|<-)[^{_MARKS}"“→←\n])*)'
_COMMON = rf"(?P<line>\n)|(?P<string>{_STRING})|(?P<arrow>->|<-|→|←)|(?P<mark>[{_MARKS}])"
_UNQUOTED = re.compile(rf"{_COMMON}|(?P<bare>{_BARE})")
_WITH_NAMES = re.compile(rf"{_COMMON}|(?P<name>{_NAME})|(?P<bare>{_BARE})")
_EXACT_NAME = re.compile(QUOTED)


def tokenize(text: str, names: bool) -> list[Token]:
    """Return the tokens of a text, without the blanks between them. names: names are written in single quotes."""
    pattern = _WITH_NAMES if names else _UNQUOTED
    return [Token(str(match.lastgroup), match.start(), match.end()) for match in pattern.finditer(text)]


def closed(token: str) -> bool:
    """True for a string or name with its closing quote."""
    return len(token) > 1 and token[-1] in {'"': '"', "“": "”"}.get(token[0], "'’＇") and not _escaped(token)


def _escaped(token: str) -> bool:
    """True where a backslash escapes the last quote."""
    return token[0] != "“" and (len(token) - 1 - len(token[:-1].rstrip("\\"))) % 2 == 1


def unwrapped(token: str, kind: str) -> str:
    """Return the text of a token: of a string or name without quotes, unescaped if its escapes are valid."""
    if kind == STRING and token[0] == '"' and closed(token):
        try:
            return json.loads(token, strict=False)
        except ValueError:
            return token[1:-1]
    if kind == NAME and _EXACT_NAME.fullmatch(token):
        return unquoted(token)
    if kind in (STRING, NAME):
        return token[1:-1] if closed(token) else token[1:]
    return token.rstrip()


def exact(token: str, kind: str) -> bool:
    """True for a string or name in the strict form."""
    if kind == NAME:
        return _EXACT_NAME.fullmatch(token) is not None
    if kind != STRING or token[0] != '"':
        return False
    try:
        return isinstance(json.loads(token), str)
    except ValueError:
        return False
