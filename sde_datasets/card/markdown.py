"""Markdown as the Hub renders it: tables, folded parts, and escaping of any text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_ENDS = re.compile(r"[\r\n]")
# characters that can be markup within a line; an underscore within a word is not markup
_MARKS = re.compile(r"[\\`*~\[\]|]|(?<!\w)_|_(?!\w)")


class Marked(str):
    """Text that is Markdown, and is not escaped again."""


def inline(text: str) -> str:
    """Escape a text for use within a line: no markup, tag, entity or line end of it takes effect."""
    return html.escape(_MARKS.sub(r"\\\g<0>", _ENDS.sub(" ", text)), quote=False)


def code(text: str) -> Marked:
    """A text as inline code, with more backticks around it than inside."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    ticks, blank = "`" * (longest + 1), " " if longest else ""
    return Marked(f"{ticks}{blank}{_ENDS.sub(' ', text)}{blank}{ticks}")


def link(text: str, address: str) -> Marked:
    """A link. The address is in angle brackets, which may contain anything but angle brackets and line ends."""
    return Marked(f"[{inline(text)}](<{re.sub('[<>]', '', _ENDS.sub('', address))}>)")


def cell(value: object) -> str:
    """A value as a table cell: numbers with separators, and nothing that ends the cell or the row."""
    if isinstance(value, Marked):
        return value.replace("|", "\\|")
    return f"{value:,}" if isinstance(value, int) else inline(str(value))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; columns of numbers are aligned to the right."""
    rows = [list(row) for row in rows]
    numeric = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(head))]
    lines = [map(cell, head), ["---:" if right else "---" for right in numeric], *(map(cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_number(value: object) -> bool:
    return isinstance(value, int) or value == "" or str(value).replace(".", "", 1).replace(",", "").isdigit()


def folded(summary: str, body: str) -> str:
    """A part that is folded until the reader opens it."""
    return f"<details>\n<summary>{html.escape(summary, quote=False)}</summary>\n\n{body}\n\n</details>"


def side_by_side(columns: dict[str, str]) -> str:
    """Texts in columns, each under its heading; long lines wrap to the width of the page.

    This is HTML, since a Markdown table has no line breaks, and one line, since a blank line would end the HTML.
    """
    heads = "".join(f"<th><code>{html.escape(head)}</code></th>" for head in columns)
    cells = "".join(f'<td valign="top">{_lines(text)}</td>' for text in columns.values())
    return f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"


def _lines(text: str) -> str:
    return "<br>".join(f"<code>{_escaped(line)}</code>" for line in text.split("\n"))


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\r", "&#13;").replace("\n", "&#10;")


def preformatted(text: str) -> str:
    """A text with its line breaks and spaces."""
    return f"<pre>{_escaped(text)}</pre>"


def fenced(text: str, language: str = "") -> str:
    """A block of code, with a fence that is longer than any in the text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
