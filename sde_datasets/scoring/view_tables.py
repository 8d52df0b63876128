"""Tables and sections of a report, and figures as text: percent or number, counts with their noun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sde_datasets.scoring.json_object import JsonObject, Ratio

# figures that are shown as percent
_PERCENT = frozenset(("error_rate", "unusable_rate", "cut_off_rate", "runaway_rate", "format_error_rate", "share"))
PRECISION_RECALL_F1 = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Cell:
    """A figure in a table. text: empty where it is undefined, for the `reason`. bar: 0 to 1, or None for no bar."""

    text: str
    reason: str = ""
    bar: float | None = None


@dataclass(frozen=True)
class FigureRow:
    """A row of a table. size: how much gold it is about, which decides what a short table shows."""

    name: str
    cells: tuple[Cell, ...]
    size: int


@dataclass(frozen=True)
class FigureTable:
    """A table of figures. head: what the rows are. undefined: the reasons for figures that are undefined."""

    title: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    undefined: tuple[str, ...]

    @property
    def bars(self) -> tuple[bool, ...]:
        """For each column, whether its cells have bars."""
        return tuple(any(row.cells[n].bar is not None for row in self.rows) for n in range(len(self.columns)))


@dataclass(frozen=True)
class ConfusionTable:
    """A confusion matrix: rows gold, columns answers."""

    title: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Section:
    """Some tables and sentences under a title. by_target: confusion matrices that the page shows folded."""

    title: str
    tables: tuple[FigureTable | ConfusionTable, ...] = ()
    sentences: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    by_target: tuple[ConfusionTable, ...] = ()


# numbers and words


def percent_or_number(name: str, value: float | None, sign: bool = False) -> str:
    """Return a figure as text, rates of errors as percent; empty for None. sign: with a plus sign."""
    if value is None:
        return ""
    return f"{100 * value:{'+' if sign else ''}.1f} %" if name in _PERCENT else f"{value:{'+' if sign else ''}.3f}"


def interval_text(name: str, low: float | None, high: float | None, sign: bool = False) -> str:
    """Return an interval as text; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{percent_or_number(name, low, sign)} to {percent_or_number(name, high, sign)}"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural where that is right."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names separated by commas; of more than `most` the first, and how many others there are."""
    more = f" and {len(names) - most:,} others" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def label(name: str) -> str:
    """Return the name of a figure or defect with spaces."""
    return name.replace("_", " ")


def reasons(objects: Iterable[JsonObject]) -> tuple[str, ...]:
    """Return the reasons why figures of some objects are undefined, each once."""
    return tuple(sorted({f"{label(name)}: {reason}" for item in objects for name, reason in item.undefined()}))


# tables


def clipped(value: float) -> float:
    """Return a value as the length of a bar, from 0 to 1."""
    return min(max(value, 0.0), 1.0)


def figure_table(
    title: str, head: str, objects: dict[str, JsonObject], names: Sequence[str], bar: str, size: str = ""
) -> FigureTable:
    """Return a table with a row for each object and a column for each of its fields in `names`.

    bar: the field that has a bar. size: the field by which a short table chooses its rows.
    """
    rows = []
    for name, item in objects.items():
        cells = tuple(figure_cell(column, getattr(item, column), column == bar) for column in names)
        rows.append(FigureRow(name, cells, getattr(item, size) if size else 0))
    return FigureTable(title, head, tuple(map(label, names)), tuple(rows), reasons(objects.values()))


def figure_cell(name: str, value: int | Ratio, has_bar: bool) -> Cell:
    """Return a count or a figure as a cell."""
    if not isinstance(value, Ratio):
        return Cell(f"{value:,}")
    bar = clipped(value.value) if has_bar and value.value is not None else None
    return Cell(percent_or_number(name, value.value), value.reason, bar)
