"""The smallest pieces of natural and lines answers: bare words, JSON strings, names in single quotes.

A value stands bare unless it could be taken for something else; then it is a JSON string. One rule for every bare
place, so that an answer in one format is never legal in another by chance.
"""

from __future__ import annotations

import json
import re

from sde_datasets.schemas import SPECIAL

_STOPS = re.escape(SPECIAL) + r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_NOT_BARE = re.compile(rf"[{_STOPS}]|->|<-")
_INTEGER = re.compile(r"[+-]?\d+")

# patterns of the readers; none of them ever goes back, so that all of them take linear time. Groups are atomic, since
# a possessive quantifier on a group matches wrongly in the first releases of Python 3.11
BLANK = r"[ \t]*+"
BARE = rf"(?>(?:(?!->|<-)[^{_STOPS}])+)"
STRING = r'"[^"\\\x00-\x1f]*+(?>(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*)"'
QUOTED = r"'[^'\\\x00-\x1f]*+(?>(?:\\(?:['\\bfnrt]|u00[01][0-9a-f])[^'\\\x00-\x1f]*+)*)'"
NUMBER = r"[+-]?[0-9]++"

# what json.dumps(value, ensure_ascii=False) calls for a string, without the way there
json_string = json.encoder.encode_basestring

_ESCAPES = {chr(code): f"\\u{code:04x}" for code in range(0x20)}
_ESCAPES |= {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'"}
_UNESCAPES = {written: char for char, written in _ESCAPES.items()}
_UNESCAPES |= {f"\\u{code:04x}": chr(code) for code in range(0x20)}
_TO_ESCAPE = re.compile(r"[\\'\x00-\x1f]")
_ESCAPED = re.compile(r"\\(?:u00[01][0-9a-f]|.)")


def bare(value: str, reserved: frozenset[str]) -> str:
    """`value` as it stands in a bare place: itself, or a JSON string where it could be misread.

    `reserved` are the case-folded labels and the placeholder of the task.
    """
    if (
        not value
        or value != value.strip()
        or _NOT_BARE.search(value)
        or value.casefold() in reserved
        or _INTEGER.fullmatch(value)
    ):
        return json_string(value)
    return value


def quoted(value: str) -> str:
    """`value` in single quotes, with `\\'`, `\\\\` and JSON's control escapes inside and nothing else."""
    if _TO_ESCAPE.search(value):
        value = _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], value)
    return f"'{value}'"


def unquoted(token: str) -> str:
    """The value that `quoted` wrote as `token`, which matches QUOTED."""
    return _ESCAPED.sub(lambda match: _UNESCAPES[match[0]], token[1:-1]) if "\\" in token else token[1:-1]


def unbare(token: str, reserved: frozenset[str]) -> str | None:
    """The value that `bare` wrote as `token`, which matches STRING or BARE; None where it would not have written so."""
    if token.startswith('"'):
        return json.loads(token)
    return token if bare(token, reserved) == token else None
