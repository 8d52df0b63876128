"""The rule of clauses, by examples and by property.

pytest tests/ingest/test_clauses.py
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.ingest.clauses import Clauses

MARKS = ",;:.!?，；：。！？\n"
texts = st.text(
    st.sampled_from([*MARKS, " ", "\t", "\u3000", "\u00a0", "a", "b", "好", "1", "\U0001f600"]), max_size=30
)


def is_mark(text: str, at: int) -> bool:
    """The rule in other words: a full-width mark or newline anywhere, an ASCII one before a blank."""
    before_blank = text[at + 1 : at + 2].isspace()
    return text[at] in "，；：。！？\n" or (text[at] in ",;:.!?" and before_blank)


def all_of(text: str) -> list[str]:
    return [text[start:end] for start, end in Clauses(text).all()]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        ("  ", []),
        (". ", []),
        ("one", ["one"]),
        (" the soup was cold , but the waiter smiled . ", ["the soup was cold", "but the waiter smiled"]),
        ("Why? Because; so: yes!", ["Why", "Because", "so", "yes!"]),
        ("3.5 stars at 10:30,so we left", ["3.5 stars at 10:30,so we left"]),
        ("wait... what", ["wait..", "what"]),
        ("味道好，服务差；环境：一般。值！吗？", ["味道好", "服务差", "环境", "一般", "值", "吗"]),
        ("1.5元，不贵", ["1.5元", "不贵"]),
        ("first\nsecond\n\nthird", ["first", "second", "third"]),
        ("a, , b", ["a", "b"]),
    ],
)
def test_all_clauses(text, clauses):
    assert all_of(text) == clauses


@pytest.mark.parametrize(
    ("stretch", "clause"),
    [
        ("soup", "The soup was cold"),
        ("cold", "The soup was cold"),
        ("waiter", "but the waiter smiled"),
        ("cold, but", "The soup was cold, but the waiter smiled"),
        (", ", "The soup was cold, but the waiter smiled"),
        ("soup was cold, but the waiter smiled. N", "The soup was cold, but the waiter smiled. Never 9.5 again!"),
        ("9.5", "Never 9.5 again!"),
    ],
)
def test_clause_around(stretch, clause):
    text = "The soup was cold, but the waiter smiled. Never 9.5 again!"
    at = text.index(stretch)
    start, end = Clauses(text).enclosing(at, at + len(stretch))
    assert text[start:end] == clause


def test_nothing_around_blanks():
    assert Clauses("a,  ; b").enclosing(2, 3) is None
    assert Clauses("").enclosing(0, 0) is None


@given(texts, st.data())
def test_around_holds_the_stretch_and_does_not_cut(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = Clauses(text).enclosing(start, end)
    if found is None:
        assert not text[start:end].strip()
        return
    left, right = found
    assert 0 <= left < right <= len(text)
    assert text[left:right] == text[left:right].strip()
    # the stretch lies inside, but for blanks at its edges
    stretch = text[start:end]
    if stretch.strip():
        assert left <= start + len(stretch) - len(stretch.lstrip())
        assert start + len(stretch.rstrip()) <= right
    # marks inside are those of the stretch, and only blanks part the clause from the marks around it
    assert not [i for i in range(left, right) if is_mark(text, i) and not start <= i < end]
    before = text[:left].rstrip(" \t\u3000\u00a0")
    after = text[right:].lstrip(" \t\u3000\u00a0")
    assert not before or is_mark(text, len(before) - 1)
    assert not after or is_mark(text, len(text) - len(after))


@given(texts)
def test_all_covers_every_character_once(text):
    covered = [i for start, end in Clauses(text).all() for i in range(start, end)]
    assert covered == sorted(set(covered))
    assert not [i for i in covered if is_mark(text, i)]
    assert {i for i in range(len(text)) if not text[i].isspace() and not is_mark(text, i)} <= set(covered)


@given(texts)
def test_all_agrees_with_around(text):
    clauses = Clauses(text)
    for start, end in clauses.all():
        assert text[start:end].strip() == text[start:end] != ""
        assert clauses.enclosing(start, end) == (start, end)
