"""Rewrite Markdown tables of targets and values to one item per line, keeping the length of each line."""

from __future__ import annotations

import re
from collections.abc import Callable

_RULE = re.compile(r"\s*\|?[ \t:|-]*-[ \t:|-]*\|?\s*")


def table_lines(
    text: str, is_name: Callable[[str], bool], is_value: Callable[[str], bool], keeps_unknown: bool = False
) -> str:
    """Return a text with table rows as `target: value`, headers and rules as blanks, and other lines unchanged.

    is_value: true for a text that is a value and cannot be a heading. A first row with such a value is no header.
    keeps_unknown: rows of other targets too, where a table has all known targets in one column.
    """
    lines = text.split("\n")
    rows = [n for n, line in enumerate(lines) if line.count("|") >= 2 or ("|" in line and _RULE.fullmatch(line))]
    column = _column([_cells(lines[n]) for n in rows], is_name) if keeps_unknown else None
    for n in rows:
        following = lines[n + 1] if n + 1 < len(lines) else ""
        header = "|" in following and _RULE.fullmatch(following) is not None
        lines[n] = _row(lines[n], is_name, is_value if header else None, column)
    return "\n".join(lines)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _column(rows: list[list[str]], is_name: Callable[[str], bool]) -> int | None:
    """The number of the only column with known targets; None where there are several or none."""
    columns = {number for cells in rows for number, cell in enumerate(cells) if is_name(cell)}
    return columns.pop() if len(columns) == 1 else None


def _row(
    line: str, is_name: Callable[[str], bool], is_value: Callable[[str], bool] | None, column: int | None = None
) -> str:
    """A row as an item. is_value: None for a row that is no header. column: where rows have their target."""
    if _RULE.fullmatch(line):
        return " " * len(line)
    cells = _cells(line)
    names = [number for number, cell in enumerate(cells) if is_name(cell)]
    if not names and column is not None and column < len(cells) and not is_value:
        names = [column]
    header = " " * len(line) if is_value else line
    if len(names) != 1 or len(cells) < 2:
        return header
    number = names[0]
    value = cells[number + 1] if number + 1 < len(cells) else cells[number - 1]
    if is_value and not is_value(value):
        return header
    return f"{cells[number]}: {value}".ljust(len(line))[: len(line)]
