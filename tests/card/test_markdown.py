"""Whatever a text holds: a table keeps its cells, HTML its tags, and code its fence.

pytest tests/card/test_markdown.py
"""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.card.markdown import cell, fenced, folded, preformatted, side_by_side, table
from tests.card.reading import cells, tables, tags, tokens

MARKS = ["|", "\\", "\\|", "`", "```", "<b>", "</pre>", "</td>", "<!--", "-->", "$", "*", "_", "~~", "[a](b)", "#"]
MARKS += [
    "---",
    "| --- |",
    "&lt;",
    "&",
    "\n",
    "\n\n",
    "    ",
    "<script>alert(1)</script>",
    "> ",
    "- ",
    "1. ",
    "a",
    "中",
    "\u2028",
]
# every sign but lone surrogates and the other ends of a line
SIGNS = st.characters(exclude_categories=("Cs", "Cc"))
awkward = st.lists(st.one_of(st.sampled_from(MARKS), st.text(SIGNS, max_size=5)), max_size=8).map("".join)


@given(awkward)
def test_a_cell_is_one_cell_and_one_line(text):
    assert "\n" not in cell(text)
    assert cells(f"| {cell(text)} | x |") == [text.replace("\n", " "), "x"]


@given(awkward)
def test_a_cell_opens_no_tag(text):
    assert "<" not in cell(text)


@given(st.integers())
def test_a_number_is_written_with_separators_and_read_back(number):
    assert int(cell(number).replace(",", "")) == number
    assert abs(number) < 1000 or "," in cell(number)


@given(st.lists(st.tuples(awkward, awkward), max_size=4))
def test_a_table_has_the_rows_that_were_given(rows):
    (read,) = tables(table(("one", "other"), rows))
    assert read == [["one", "other"], *([text.replace("\n", " ") for text in row] for row in rows)]


@given(st.lists(st.tuples(awkward, awkward), max_size=4))
def test_a_parser_sees_one_table_with_these_rows(rows):
    found = [token.type for token in tokens(table(("one", "other"), rows))]
    assert found.count("table_open") == 1 and found.count("tr_open") == 1 + len(rows)
    assert found.count("td_open") == 2 * len(rows) and "html_inline" not in found


@pytest.mark.parametrize(
    ("column", "line"),
    [
        ([1, 20], "---:"),
        (["1,200", "7"], "---:"),
        (["1.5", "20"], "---:"),
        (["", "20"], "---:"),
        (["a", "20"], "---"),
        (["`a-1`", "b"], "---"),
        ([], "---"),
    ],
)
def test_columns_of_numbers_stand_to_the_right(column, line):
    assert table(("n",), [(value,) for value in column]).split("\n")[1] == f"| {line} |"


def one_line(block: str) -> bool:
    return "\n" not in block


@given(awkward)
def test_preformatted_is_one_tag_on_one_line_with_the_text(text):
    block = preformatted(text)
    assert one_line(block) and tags(block) == [("pre", text)]


@given(awkward)
def test_preformatted_is_html_to_a_parser_and_ends_with_its_line(text):
    after = [(t.type, t.content) for t in tokens(f"{preformatted(text)}\n\nthen") if t.type in ("html_block", "inline")]
    assert after[-1] == ("inline", "then")
    assert "".join(content for kind, content in after if kind == "html_block").strip("\n") == preformatted(text)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,9}", fullmatch=True), awkward, min_size=1, max_size=4))
def test_side_by_side_has_each_text_under_its_head(columns):
    block = side_by_side(columns)
    found = tags(block.replace("<br>", "\n"))
    assert one_line(block)
    assert [text for tag, text in found if tag == "th"] == list(columns)
    assert [text for tag, text in found if tag == "td"] == list(columns.values())


@given(awkward, awkward)
def test_a_fence_holds_any_text(before, text):
    found = list(tokens(f"x\n\n{fenced(text, 'toml')}\n\nthen"))
    (block,) = [token for token in found if token.type == "fence"]
    assert block.info == "toml" and block.content.rstrip() == text.rstrip()
    assert [token.content for token in found if token.type == "inline"] == ["x", "then"]


@given(awkward.filter(lambda text: text.strip() and "\n" not in text))
def test_a_summary_shows_any_line(text):
    block = folded(text, "body")
    assert ("summary", text) in tags(block) and html.unescape(block).startswith(f"<details>\n<summary>{text}</summary>")


@pytest.mark.parametrize("count", range(2, 8))
def test_a_fence_is_longer_than_any_in_the_text(count):
    text = f"a\n{'`' * count}\nb"
    (block,) = [token for token in tokens(fenced(text)) if token.type == "fence"]
    assert block.content == text + "\n"
