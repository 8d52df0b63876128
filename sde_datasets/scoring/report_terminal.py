"""Scores at a terminal, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sde_datasets.scoring.answer_figures import DefectExample
from sde_datasets.scoring.score_view import DefectRow, ScoreView, score_view
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.view_tables import ConfusionTable, FigureTable, Section

# the most rows of a table; scores.json has the others
ROWS = 30
_BEFORE, _AFTER = 24, 32


def scores_table(scores: Scores) -> Group:
    """Return all figures of a scoring: what was scored, figures, format errors and defects."""
    view = score_view(scores)
    heading = f"{view.title}, {view.source}" if view.source else view.title
    parts: list[RenderableType] = [Text(visible(f"{heading}: {'; '.join(view.about)}")), _headline(view)]
    parts += [Text(visible(warning)) for warning in view.warnings]
    for section in (*view.figures, view.format):
        parts += _section(section)
    if view.defects:
        parts.append(_defects(view.defects))
    if reasons := _undefined(view):
        parts.append(Text(visible("-  undefined: " + "; ".join(reasons))))
    return spaced(parts)


def visible(text: str) -> str:
    """Return a text on one line, in which characters that cannot be printed are replaced by their codes."""
    return "".join(char if char.isprintable() else _code(char) for char in text)


def _code(char: str) -> str:
    return "\\n" if char == "\n" else f"\\u{{{ord(char):x}}}"


def spaced(parts: Iterable[RenderableType]) -> Group:
    """Return parts with an empty line after each."""
    return Group(*(line for part in parts for line in (part, Text(""))))


def plain_table(*heads: str, title: str | None = None) -> Table:
    """Return an empty table whose first column is aligned to the left, and figures to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), title=title, title_justify="left", title_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    return table


def _headline(view: ScoreView) -> Table:
    table = plain_table("figure", "value", "95 % interval")
    for figure in view.headline:
        table.add_row(figure.name, figure.value or "-", figure.interval or "-")
    return table


def _section(section: Section) -> Iterator[RenderableType]:
    for table in section.tables:
        if isinstance(table, ConfusionTable):
            yield _confusion(table)
        else:
            yield _figures(table)
            if len(table.rows) > ROWS:
                yield Text(f"scores.json has {len(table.rows) - ROWS:,} more targets with less gold")
    for sentence in section.sentences:
        yield Text(visible(sentence))


def _confusion(confusion: ConfusionTable) -> Table:
    table = plain_table("gold \\ answer", *map(visible, confusion.classes), title=confusion.title)
    for name, row in zip(confusion.classes, confusion.counts, strict=True):
        table.add_row(visible(name), *(f"{count:,}" for count in row))
    return table


def _figures(figures: FigureTable) -> Table:
    """A table of figures; of very many rows those with the most gold."""
    table = plain_table(figures.head, *figures.columns, title=figures.title)
    largest = sorted(range(len(figures.rows)), key=lambda number: -figures.rows[number].size)[:ROWS]
    for number in sorted(largest):
        row = figures.rows[number]
        table.add_row(visible(row.name), *(cell.text or "-" for cell in row.cells))
    return table


def _defects(defects: Iterable[DefectRow]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("defect", "kind", "samples", "times"):
        table.add_column(head, justify="right" if head in ("samples", "times") else "left", no_wrap=True)
    table.add_column("an example, the place after ▸")
    for row in defects:
        counts = (f"{row.counts.samples:,}", f"{row.counts.times:,}")
        table.add_row(row.name, row.kind, *counts, _example(row.counts.examples[0]))
    return table


def _example(example: DefectExample) -> Text:
    before, after = visible(example.before), visible(example.after)
    while cell_len(before) > _BEFORE:
        before = before[1:]
    while cell_len(after) > _AFTER:
        after = after[:-1]
    return Text(f"{visible(example.id)}: {before}▸{after}", no_wrap=True, overflow="ellipsis")


def _undefined(view: ScoreView) -> list[str]:
    """The reasons why figures are undefined, each once."""
    reasons = {figure.reason for figure in view.headline if figure.reason}
    for section in (*view.figures, view.format):
        named = [*section.undefined, *(r for t in section.tables if isinstance(t, FigureTable) for r in t.undefined)]
        reasons |= {reason.split(": ", 1)[1] for reason in named}
    return sorted(reasons)
