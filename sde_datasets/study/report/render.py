"""Render a report: REPORT.md, report.html with its figures, and a table for the terminal."""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup
from rich.console import Group
from rich.table import Table as RichTable

from sde_datasets.card.markdown import inline
from sde_datasets.study.analysis.study_analysis import analyse
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.report.content import study_report
from sde_datasets.study.report.parts import Report, Table
from sde_datasets.utils.files import atomic_dir, write_text
from sde_datasets.utils.pages import page_environment

# columns of the terminal's table of differences, which is narrower than the page
_SHORT = (
    "axis",
    "option",
    "against",
    "domain",
    "score",
    "reference",
    "difference",
    "95 % interval",
    "p (Holm)",
    "paper",
)


def write_report(folder: StudyFolder) -> Report:
    """Analyse a study and write REPORT.md, report.html and the figures into its folder `report`. Raises InputError."""
    report = study_report(analyse(folder))
    save_report(report, folder.report, "REPORT.md", "report.html")
    return report


def save_report(report: Report, folder: Path, text: str, html: str) -> None:
    """Replace a folder by a report: a Markdown file and a page of the given names, and the figures as SVG."""
    with atomic_dir(folder) as part:
        (part / "figures").mkdir()
        for figure in report.figures:
            write_text(part / "figures" / f"{figure.name}.svg", figure.svg)
        write_text(part / text, markdown(report))
        write_text(part / html, page(report))


def page(report: Report) -> str:
    """Return the report as one HTML page without external resources."""
    environment = page_environment("sde_datasets.study.report")
    figures = [(figure, Markup(_scaled(figure.svg, figure.title))) for figure in report.figures]
    return environment.get_template("study.html.jinja").render(report=report, figures=figures)


def _scaled(svg: str, title: str) -> str:
    """Return an SVG that takes the width of the page, with a name for readers that do not see it."""
    start, end = svg.split(">", 1)
    start = re.sub(r' (width|height)="[^"]*"', "", start)
    name = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return f'{start} role="img" aria-label="{name}">{end}'


def markdown(report: Report) -> str:
    """Return the report as Markdown, with links to the figures."""
    lines = [f"# {inline(report.title)}", "", *(f"- {inline(fact)}" for fact in report.facts)]
    lines += ["", "## What can be concluded", "", *(f"- {inline(sentence)}" for sentence in report.sentences)]
    lines += ["", "## Limits", "", *(f"- {inline(limit)}" for limit in report.limits)]
    for figure in report.figures:
        lines += ["", f"## {figure.title}", "", f"![{figure.title}](figures/{figure.name}.svg)", "", figure.caption]
    for table in (*report.tables, report.cells):
        lines += ["", f"## {table.title}", "", *_markdown_table(table)]
    return "\n".join(lines) + "\n"


def _markdown_table(table: Table) -> list[str]:
    rows = [table.columns, ("---",) * len(table.columns), *(tuple(map(inline, row)) for row in table.rows)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [*lines, "", table.note] if table.note else lines


def terminal(report: Report) -> Group:
    """Return the report for the terminal: the tables, and the sentences."""
    parts: list[object] = [report.title, *(f"  {fact}" for fact in report.facts), ""]
    parts += [_rich_table(table) for table in report.tables]
    parts += ["What can be concluded", *(f"- {sentence}" for sentence in report.sentences)]
    parts += ["Limits", *(f"- {limit}" for limit in report.limits)]
    return Group(*parts)  # type: ignore[arg-type]


def _rich_table(table: Table) -> RichTable:
    places = [n for n, name in enumerate(table.columns) if table.title != "Differences" or name in _SHORT]
    shown = RichTable(*(table.columns[n] for n in places), title=table.title, title_justify="left")
    for row in table.rows:
        shown.add_row(*(row[n] for n in places))
    return shown
