"""Markdown as the Hub renders it: tables, folded parts, and texts of anybody's that must not be read as marks."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def cell(value: object) -> str:
    """A value as the text of a table's cell: numbers with separators, nothing that ends the cell or the row."""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; columns of numbers stand to the right."""
    rows = [list(row) for row in rows]
    numeric = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(head))]
    lines = [head, ["---:" if right else "---" for right in numeric], *(map(cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _is_number(value: object) -> bool:
    return isinstance(value, int) or value == "" or str(value).replace(".", "", 1).replace(",", "").isdigit()


def folded(summary: str, body: str) -> str:
    """A part that a reader unfolds."""
    return f"<details>\n<summary>{html.escape(summary, quote=False)}</summary>\n\n{body}\n\n</details>"


def side_by_side(columns: dict[str, str]) -> str:
    """Texts beside each other, each under its heading, line by line; long lines are broken where the page needs it.

    HTML, since a Markdown table has no line breaks, and on one line, since a blank line would end the HTML.
    """
    heads = "".join(f"<th><code>{html.escape(head)}</code></th>" for head in columns)
    cells = "".join(f'<td valign="top">{_lines(text)}</td>' for text in columns.values())
    return f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"


def _lines(text: str) -> str:
    return "<br>".join(f"<code>{html.escape(line, quote=False)}</code>" for line in text.split("\n"))


def preformatted(text: str) -> str:
    """A text in its own lines and blanks."""
    return f"<pre>{html.escape(text, quote=False).replace(chr(10), '&#10;')}</pre>"


def fenced(text: str, language: str = "") -> str:
    """A block of code; the fence is longer than any in the text."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
