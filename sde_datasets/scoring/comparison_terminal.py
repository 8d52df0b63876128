"""Comparisons of scorings at a terminal, as tables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from sde_datasets.scoring.comparison import Comparison, Comparisons, Difference
from sde_datasets.scoring.report_terminal import plain_table, spaced, visible
from sde_datasets.scoring.view_tables import interval_text, label, percent_or_number


def comparison_table(comparison: Comparison) -> Group:
    """Return the paired differences of two scorings."""
    about = [f"a {comparison.a.design}, b {comparison.b.design}: {comparison.samples:,} samples that both have"]
    about += [f"{comparison.only_a:,} only in a"] if comparison.only_a else []
    about += [f"{comparison.only_b:,} only in b"] if comparison.only_b else []
    table = plain_table("figure", "a", "b", "b - a", "95 % interval", "p")
    for name, figure in comparison.figures.items():
        table.add_row(name, percent_or_number(name, figure.a) or "-", *_cells(name, figure), _p(figure.p))
    parts: list[RenderableType] = [Text(visible(", ".join(about))), table, Text(_draws(comparison))]
    return spaced([*parts, *_notes([comparison])])


def comparisons_table(comparisons: Comparisons) -> Group:
    """Return the paired differences of several scorings from the first one: a table for each headline figure."""
    first, *others = comparisons.names
    pairs = list(zip(others, comparisons.comparisons, comparisons.holm, strict=True))
    about = plain_table("scoring", "design", "samples", "shared with the first")
    about.add_row(visible(first), pairs[0][1].a.design, f"{pairs[0][1].a.samples:,}", "")
    for name, comparison, _ in pairs:
        about.add_row(visible(name), comparison.b.design, f"{comparison.b.samples:,}", f"{comparison.samples:,}")
    parts: list[RenderableType] = [about]
    for name in comparisons.comparisons[0].figures:
        table = plain_table("scoring", "value", "difference", "95 % interval", "p", "p (Holm)", title=label(name))
        table.add_row(visible(first), percent_or_number(name, pairs[0][1].figures[name].a) or "-", "", "", "", "")
        for other, comparison, corrected in pairs:
            figure = comparison.figures[name]
            table.add_row(visible(other), *_cells(name, figure), _p(figure.p), _p(corrected[name]))
        parts.append(table)
    count = len(others)
    parts.append(Text(f"{_draws(comparisons.comparisons[0])}; p (Holm) is corrected for {count} comparisons"))
    return spaced([*parts, *_notes(comparisons.comparisons)])


def _cells(name: str, figure: Difference) -> tuple[str, str, str]:
    """The value of b, the difference and its interval."""
    value, difference = percent_or_number(name, figure.b), percent_or_number(name, figure.difference.value, sign=True)
    return value or "-", difference or "-", interval_text(name, figure.low, figure.high, sign=True) or "-"


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _draws(comparison: Comparison) -> str:
    units = f" of {comparison.documents:,} documents" if comparison.documents else ""
    draws = f"{comparison.resamples:,} resamples{units}, {comparison.permutations:,} permutations"
    return f"{draws}, seed {comparison.seed}"


def _notes(comparisons: list[Comparison] | tuple[Comparison, ...]) -> list[RenderableType]:
    """Warnings, and the reasons for differences that are undefined, each once."""
    warnings = dict.fromkeys(warning for each in comparisons for warning in each.warnings or ())
    reasons = {figure.difference.reason for each in comparisons for figure in each.figures.values()} - {""}
    notes: list[RenderableType] = [Text(warning) for warning in warnings]
    return [*notes, *([Text("-  " + "; ".join(sorted(reasons)))] if reasons else [])]
