"""The pieces of an answer that departs from the form: strings, names in quotes, marks, arrows, and what is between."""

from __future__ import annotations

import json
import re

from sde_datasets.formats.tokens import QUOTED, unquoted

LINE, STRING, NAME, ARROW, MARK, BARE = "line", "string", "name", "arrow", "mark", "bare"
COLONS = (":", "：")
# a kind and the characters between which the token stands
Token = tuple[str, int, int]

_MARKS = ",;:，；：。"
# a single quote closes a name only where something follows that can follow a name: a name may hold an apostrophe
_CLOSE = rf"['’＇](?=[ \t]*+(?:[{_MARKS}.\n]|<-|->|→|←|\Z)|[ \t]++['‘\"])"
# written without its end, a string ends with its line
_STRING = r'"(?>(?:[^"\\\n]|\\[^\n])*)"?|“[^”\n]*+”?'
_NAME = rf"['‘＇](?>(?:\\[^\n]|(?!{_CLOSE})[^\\\n])*)['’＇]?"
_BARE = rf'[^\s{_MARKS}"“→←](?>(?:(?!->|<-)[^{_MARKS}"“→←\n])*)'
_COMMON = rf"(?P<line>\n)|(?P<string>{_STRING})|(?P<arrow>->|<-|→|←)|(?P<mark>[{_MARKS}])"
_UNQUOTED = re.compile(rf"{_COMMON}|(?P<bare>{_BARE})")
_WITH_NAMES = re.compile(rf"{_COMMON}|(?P<name>{_NAME})|(?P<bare>{_BARE})")
_EXACT_NAME = re.compile(QUOTED)


def tokenize(text: str, names: bool) -> list[Token]:
    """The tokens of a text, without the blanks between them. `names` stand in single quotes where there are any."""
    pattern = _WITH_NAMES if names else _UNQUOTED
    return [(match.lastgroup, match.start(), match.end()) for match in pattern.finditer(text)]


def closed(token: str) -> bool:
    """True for a string or name whose closing quote is there."""
    return len(token) > 1 and token[-1] in {'"': '"', "“": "”"}.get(token[0], "'’＇") and not _escaped(token)


def _escaped(token: str) -> bool:
    """True where the last quote belongs to a backslash, so that it closes nothing."""
    return token[0] != "“" and (len(token) - 1 - len(token[:-1].rstrip("\\"))) % 2 == 1


def unwrapped(token: str, kind: str) -> str:
    """What a token says: a string or name without its quotes, as far as its escapes can be read."""
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
    """True where a string or name is written just as the form wants it."""
    if kind == NAME:
        return _EXACT_NAME.fullmatch(token) is not None
    if kind != STRING or token[0] != '"':
        return False
    try:
        return isinstance(json.loads(token), str)
    except ValueError:
        return False
