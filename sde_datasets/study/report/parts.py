"""What a report consists of; the reports of choices have the same parts."""

from __future__ import annotations

from dataclasses import dataclass

from sde_datasets.study.report.figures import Figure


@dataclass(frozen=True)
class Table:
    """A table of words. note: what its numbers are."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Report:
    """What a report shows, in this order. facts: about the study; limits: what it does not say."""

    title: str
    facts: tuple[str, ...]
    sentences: tuple[str, ...]
    limits: tuple[str, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
    cells: Table
