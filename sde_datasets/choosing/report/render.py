"""Render the report of a choice: CHOICE.md, choice.html and figures, and a page for the terminal."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table as RichTable

from sde_datasets.choosing.finish import Finished
from sde_datasets.choosing.report.content import choice_report
from sde_datasets.study.report.parts import Report, Table
from sde_datasets.study.report.render import save_report

# rows of a table on the terminal
_ROWS = 10


def write_report(finished: Finished) -> Report:
    """Write CHOICE.md, choice.html and the figures into the folder `report` of a choice; return the report."""
    report = choice_report(finished)
    save_report(report, finished.race.folder.report, "CHOICE.md", "choice.html")
    return report


def terminal(report: Report) -> Group:
    """Return the report for the terminal: its sentences, and the first rows of its tables."""
    parts: list[object] = [report.title, *(f"  {fact}" for fact in report.facts), ""]
    parts += [f"- {sentence}" for sentence in report.sentences]
    parts += ["", *(_rich_table(table) for table in report.tables)]
    parts += ["Limits", *(f"- {limit}" for limit in report.limits)]
    return Group(*parts)  # type: ignore[arg-type]


def _rich_table(table: Table) -> RichTable:
    most = len(table.rows) if table.title != "Designs that cannot be told from the best" else _ROWS
    more = f" (the first {most} of {len(table.rows)})" if len(table.rows) > most else ""
    shown = RichTable(*table.columns, title=table.title + more, title_justify="left")
    for row in table.rows[:most]:
        shown.add_row(*row)
    return shown
