"""The bare, the JSON string and the single quotes, rule by rule as docs/written-form.md gives them.

pytest tests/formats/test_tokens.py
"""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.formats.quoting import BARE, QUOTED, STRING, bare, quoted, unbare, unquoted
from tests.strategies import words

RESERVED = frozenset({"positive", "unmentioned", "none", "strasse"})
# docs/written-form.md, "Bare or quoted"
MARKS = '"\\,;:，；：。[]{}'

reserved_words = st.sampled_from(["Positive", "NONE", "none", "Straße", "12", "+1", "-2", "１２", "1.5", "12a"])


def must_be_quoted(value: str) -> bool:
    """The rule in the words of docs/written-form.md, one character after the other."""
    return (
        value == ""
        or value[0].isspace()
        or value[-1].isspace()
        or any(c in MARKS or unicodedata.category(c) == "Cc" or c in "\x85\u2028\u2029" for c in value)
        or "->" in value
        or "<-" in value
        or value.casefold() in RESERVED
        or re.fullmatch(r"[+-]?\d+", value) is not None
    )


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_anywhere_makes_a_json_string(mark):
    assert bare(f"a{mark}b", RESERVED) == json.dumps(f"a{mark}b", ensure_ascii=False)


@pytest.mark.parametrize(
    "char", ["\x00", "\t", "\n", "\r", "\x1f", "\x7f", "\x85", "\x9f", "\u2028", "\u2029"], ids=ascii
)
def test_a_control_character_or_line_separator_makes_a_json_string(char):
    assert bare(f"a{char}b", RESERVED) == json.dumps(f"a{char}b", ensure_ascii=False)


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000", "\u2003"], ids=ascii)
@pytest.mark.parametrize("form", ["{}a", "a{}"])
def test_a_blank_at_an_edge_makes_a_json_string(blank, form):
    value = form.format(blank)
    assert bare(value, RESERVED) == f'"{value}"'


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000"], ids=ascii)
def test_a_blank_inside_stays_bare(blank):
    assert bare(f"a{blank}b", RESERVED) == f"a{blank}b"


@pytest.mark.parametrize("arrow", ["->", "<-"])
def test_an_arrow_makes_a_json_string(arrow):
    assert bare(f"a {arrow} b", RESERVED) == f'"a {arrow} b"'


@pytest.mark.parametrize("value", ["positive", "Positive", "UNMENTIONED", "NONE", "None", "STRASSE", "Straße"])
def test_a_label_or_placeholder_in_any_case_makes_a_json_string(value):
    assert bare(value, RESERVED) == f'"{value}"'


@pytest.mark.parametrize("value", ["0", "7", "-2", "+1", "007", "１２", "٣"])
def test_an_integer_makes_a_json_string(value):
    assert bare(value, RESERVED) == f'"{value}"'


def test_the_empty_value_is_a_json_string():
    assert bare("", RESERVED) == '""'


@pytest.mark.parametrize(
    "value",
    [
        "it's",
        "'",
        "''",
        "a.b",
        "e.g.",
        "1.5",
        "- 2",
        "2nd",
        "positively",
        "a - > b",
        "a/b",
        "(x)",
        "“x”",
        "a|b",
        "😀",
        "、",
    ],
)
def test_everything_else_stays_bare(value):
    assert bare(value, RESERVED) == value


@given(st.one_of(words, reserved_words))
def test_bare_is_the_value_itself_exactly_when_the_rule_says_so(value):
    written = bare(value, RESERVED)
    assert written == (json.dumps(value, ensure_ascii=False) if must_be_quoted(value) else value)


@given(st.one_of(words, reserved_words))
def test_a_bare_value_is_read_back_whole(value):
    written = bare(value, RESERVED)
    assert re.fullmatch(f"{STRING}|{BARE}", written)
    assert unbare(written, RESERVED) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", "''"),
        ("5'-UTR", r"'5\'-UTR'"),
        ("a\\b", r"'a\\b'"),
        ("a\nb\r\tc", r"'a\nb\r\tc'"),
        ("\b\f", r"'\b\f'"),
        ("\x00\x0b\x1f", r"'\u0000\u000b\u001f'"),
        ('say "a", b: c; -> d [e]', "'say \"a\", b: c; -> d [e]'"),
        ("a/b", "'a/b'"),
        ("\x7f\x85\u2028é中😀", "'\x7f\x85\u2028é中😀'"),
    ],
)
def test_single_quotes_escape_what_they_must_and_nothing_else(value, written):
    assert quoted(value) == written


@given(words)
def test_single_quotes_are_read_back_whole(value):
    assert re.fullmatch(QUOTED, quoted(value))
    assert unquoted(quoted(value)) == value


@given(words)
def test_single_quotes_hold_no_escape_but_the_listed_and_no_line_feed(value):
    inside = quoted(value)[1:-1]
    left = re.sub(r"\\(?:['\\bfnrt]|u00[01][0-9a-f])", "", inside)
    assert not re.search(r"[\\'\x00-\x1f]", left)


@pytest.mark.parametrize("token", [r"'\x'", r"'\"'", r"'\/'", r"'\u0041'", "'a'b'", "'a", "'a\nb'", "'\\'"])
def test_other_escapes_and_open_quotes_are_no_token(token):
    assert re.fullmatch(QUOTED, token) is None


@pytest.mark.parametrize("token", ['"a', '"a"b"', r'"\x"', r'"\'"', r'"\u12"', '"a\nb"', '"\\"'])
def test_what_json_refuses_is_no_string(token):
    assert re.fullmatch(STRING, token) is None


@pytest.mark.parametrize("token", ["None", "5", "a, b", " a", "a -> b"])
def test_a_bare_token_that_the_writer_would_quote_is_no_value(token):
    assert unbare(token, RESERVED) is None
