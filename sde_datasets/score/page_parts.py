"""The parts of the page of scores: escaped text, tables, cards with intervals, bars, shaded cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

# figures that are errors, shown as percent
_PERCENT = ("error_rate", "unusable_rate", "cut_off_rate", "format_error_rate", "share")


def text(value: str) -> str:
    """A text for the page: escaped, and what cannot be shown as its code."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{{{ord(char):x}}}" for char in escape(value))


def number(name: str, value: Any) -> str:
    """A figure as it is shown: counts as they are, shares with three decimals, rates of errors as percent."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{100 * value:.1f} %" if name in _PERCENT else f"{value:.3f}"


def said(name: str) -> str:
    """The name of a figure in words."""
    return text(name.replace("_", " "))


def card(name: str, each: dict) -> str:
    """A headline figure with its interval."""
    why = each.get("undefined", {}).get("value", "")
    between = "95 % interval –"
    if each["low"] is not None:
        between = f"{number(name, each['low'])} to {number(name, each['high'])}"
    title = f' title="{text(why)}"' if why else ""
    value = number(name, each["value"])
    return f'<div class="card"{title}>{said(name)}<b>{value}</b>{_range(each)}<span>{text(why) or between}</span></div>'


def _range(each: dict) -> str:
    """A bar from 0 to 1 with the interval and the value in it."""
    if each["value"] is None or each["low"] is None:
        return ""
    low, high, value = (100 * min(max(each[name], 0), 1) for name in ("low", "high", "value"))
    parts = (
        '<rect class="track" x="0" y="6" width="100" height="2"/>',
        f'<rect class="range" x="{low:.2f}" y="4" width="{max(high - low, 0.5):.2f}" height="6"/>',
        f'<rect class="value" x="{max(value - 0.4, 0):.2f}" y="1" width="0.8" height="12"/>',
    )
    return f'<svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'


def table(title: str, head: str, rows: dict[str, dict], names: Sequence[str], bar: str = "") -> str:
    """A row for each object with its figures; the one named `bar` is drawn too. Reasons stand below."""
    heads = "".join(f'<th scope="col">{said(name)}</th>' for name in (head, *names))
    lines = "".join(_row(key, each, names, bar) for key, each in rows.items())
    return wide(
        f"<table><caption>{text(title)}</caption><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
    ) + why(rows.values())


def _row(key: str, each: dict, names: Sequence[str], bar: str) -> str:
    cells = "".join(_cell(name, each, name == bar) for name in names)
    return f'<tr><th scope="row">{text(key)}</th>{cells}</tr>'


def _cell(name: str, each: dict, bar: bool) -> str:
    reason = each.get("undefined", {}).get(name, "")
    title = f' title="{text(reason)}"' if reason else ""
    drawn = ""
    if bar and each[name] is not None:
        share = 100 * min(max(each[name], 0), 1)
        drawn = f'<span class="bar"><i style="width:{share:.1f}%"></i></span>'
    return f"<td{title}>{drawn}{number(name, each[name])}</td>"


def why(objects: Iterable[dict]) -> str:
    """The reasons for which figures are undefined, each once."""
    reasons = sorted({f"{name.replace('_', ' ')}: {reason}" for name, reason in _reasons(objects)})
    return f'<p class="why">– undefined. {text("; ".join(reasons))}.</p>' if reasons else ""


def _reasons(objects: Iterable[dict]) -> Iterator[tuple[str, str]]:
    for each in objects:
        yield from each.get("undefined", {}).items()


def confusion(title: str, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """A confusion matrix, each cell the darker the greater its share of the row's gold."""
    heads = "".join(f'<th scope="col">{text(label)}</th>' for label in ("gold \\ answer", *classes))
    lines = "".join(
        f'<tr><th scope="row">{text(label)}</th>{"".join(_shaded(count, sum(row)) for count in row)}</tr>'
        for label, row in zip(classes, counts, strict=True)
    )
    caption = f"<caption>{text(title)}</caption>" if title else ""
    return wide(f'<table class="confusion">{caption}<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>')


def _shaded(count: int, whole: int) -> str:
    depth = 0.06 + 0.5 * count / whole if count else 0
    return f'<td class="shade" style="background:rgb(var(--fill) / {depth:.2f})">{count:,}</td>'


def wide(inner: str) -> str:
    """What may be wider than the screen, in a box of its own that scrolls."""
    return f'<div class="wide">{inner}</div>'


def unfold(head: str, inner: str, opened: bool = False) -> str:
    """Something to unfold under a head that is markup already."""
    return f"<details{' open' if opened else ''}><summary>{head}</summary>{inner}</details>"
