"""Values in natural and lines answers: bare words, JSON strings, names in single quotes.

A value is written bare unless it could be parsed as something else; then it is written as a JSON string. The rule is
the same everywhere, so that an answer in one format is never valid in another by chance.
"""

from __future__ import annotations

import json
import re

from sde_datasets.formats.thoughts import has_tag
from sde_datasets.records.schema import SPECIAL, Schema

_STOPS = re.escape(SPECIAL) + r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_NOT_BARE = re.compile(rf"[{_STOPS}]|->|<-")
_INTEGER = re.compile(r"[+-]?\d+")

# patterns of the parsers; none of them backtracks, so that all of them take linear time. Groups are atomic, since a
# possessive quantifier on a group matches wrongly in the first releases of Python 3.11
BLANK = r"[ \t]*+"
BARE = rf"(?>(?:(?!->|<-)[^{_STOPS}])+)"
STRING = r'"[^"\\\x00-\x1f]*+(?>(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*)"'
QUOTED = r"'[^'\\\x00-\x1f]*+(?>(?:\\(?:['\\bfnrt]|u00[01][0-9a-f])[^'\\\x00-\x1f]*+)*)'"
NUMBER = r"[+-]?[0-9]++"

# the function that json.dumps(value, ensure_ascii=False) calls for a string, without the overhead
json_string = json.encoder.encode_basestring

_ESCAPES = {chr(code): f"\\u{code:04x}" for code in range(0x20)}
_ESCAPES |= {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'"}
_UNESCAPES = {written: char for char, written in _ESCAPES.items()}
_UNESCAPES |= {f"\\u{code:04x}": chr(code) for code in range(0x20)}
_TO_ESCAPE = re.compile(r"[\\'\x00-\x1f]")
_ESCAPED = re.compile(r"\\(?:u00[01][0-9a-f]|.)")


def bare(value: str, reserved: frozenset[str]) -> str:
    """Return `value` as a bare word, or as a JSON string where a bare word could be misread.

    reserved: the case-folded labels and the placeholder of the task. A bare value contains no tag of a reasoning block
    and no special token.
    """
    if (
        not value
        or value != value.strip()
        or _NOT_BARE.search(value)
        or ("<" in value and has_tag(value))
        or value.casefold() in reserved
        or _INTEGER.fullmatch(value)
    ):
        return json_string(value)
    return value


def quoted(value: str) -> str:
    """Return `value` in single quotes, with the escapes `\\'`, `\\\\` and those of JSON for control characters."""
    if _TO_ESCAPE.search(value):
        value = _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], value)
    return f"'{value}'"


def unquoted(token: str) -> str:
    """Return the value that `quoted` wrote as `token`, which matches QUOTED."""
    return _ESCAPED.sub(lambda match: _UNESCAPES[match[0]], token[1:-1]) if "\\" in token else token[1:-1]


def unbare(token: str, reserved: frozenset[str]) -> str | None:
    """Return the value that `bare` writes as `token`, which matches STRING or BARE; None if it writes no such token."""
    if token.startswith('"'):
        return json.loads(token)
    return token if bare(token, reserved) == token else None


def written_targets(schema: Schema, by_index: bool) -> dict[str, str]:
    """Return each target as natural and lines write it. by_index: as its number."""
    if by_index:
        return {target: str(number) for target, number in schema.index.items()}
    return {target: quoted(target) if schema.quoted else bare(target, schema.reserved) for target in schema.targets}
