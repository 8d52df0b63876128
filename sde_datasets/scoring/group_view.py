"""What reports show of groups of samples: a table of headline figures for each grouping."""

from __future__ import annotations

from sde_datasets.scoring.group_figures import GroupFigures, Grouping
from sde_datasets.scoring.groups import CORPUS, NESTING, TARGETS, TEXT_LENGTH
from sde_datasets.scoring.view_tables import Cell, FigureRow, FigureTable, Section, counted, label, percent_or_number

_TITLES = {
    TEXT_LENGTH: ("By length of text in characters", "characters"),
    TARGETS: ("By number of targets in gold", "targets"),
    NESTING: ("By nesting of gold", "mentions"),
    CORPUS: ("By corpus", "corpus"),
}


def group_section(groups: dict[str, Grouping]) -> Section:
    """Return the section of all groupings."""
    tables = tuple(_table(name, grouping) for name, grouping in groups.items())
    sentences = tuple(
        f"{counted(grouping.other, 'sample')} of smaller groups by {label(name)} are left out."
        for name, grouping in groups.items()
        if grouping.other
    )
    return Section("Groups of samples", tables, sentences)


def _table(name: str, grouping: Grouping) -> FigureTable:
    title, head = _TITLES.get(name, (f"By {name}", name))
    names = list(next(iter(grouping.groups.values())).figures) if grouping.groups else []
    rows = tuple(FigureRow(group or "-", _cells(names, each), each.samples) for group, each in grouping.groups.items())
    return FigureTable(title, head, ("samples", *map(label, names)), rows, ())


def _cells(names: list[str], group: GroupFigures) -> tuple[Cell, ...]:
    figures = (Cell(percent_or_number(name, group.figures[name])) for name in names)
    return (Cell(f"{group.samples:,}"), *figures)
