"""Scores for a person at a terminal: tables of what `scores.json` holds, and of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

# targets shown in a table; the others stand in scores.json
TARGETS = 30
_RATES = ("format_error_rate",)
_BEFORE, _AFTER = 24, 32
_KINDS = {"inside": "inside another", "holding": "holding another", "flat": "neither"}


def scores_table(scores: dict) -> Group:
    """All figures of a scoring, from what was scored to what was wrong."""
    parts: list[RenderableType] = [Text(_about(scores)), _headline(scores["headline"])]
    parts += (
        _label_parts(scores["figures"]) if scores["schema"]["kind"] == "label" else _mention_parts(scores["figures"])
    )
    parts += _format_parts(scores)
    if reasons := sorted(set(_reasons([scores["headline"], scores["figures"], scores["format_errors"]]))):
        parts.append(Text("-  undefined: " + "; ".join(reasons)))
    return _spaced(parts)


def comparison_table(comparison: dict) -> Group:
    """The paired differences of two scorings."""
    a, b = comparison["a"], comparison["b"]
    about = f"a {a['design']}, b {b['design']}: {comparison['samples']:,} samples that both have"
    only = [f"{comparison[f'only_{side}']:,} only in {side}" for side in "ab" if comparison[f"only_{side}"]]
    table = _table("figure", "a", "b", "b - a", "95 % interval", "p")
    for name, each in comparison["figures"].items():
        values = (_rate(name, each["a"]), _rate(name, each["b"]), _rate(name, each["difference"], sign=True))
        p = "-" if each["p"] is None else f"{each['p']:.4f}"
        table.add_row(name, *values, _interval(name, each, sign=True), p)
    how = (
        f"{comparison['resamples']:,} resamples, {comparison['permutations']:,} permutations, seed {comparison['seed']}"
    )
    parts = [Text(visible(", ".join([about, *only]))), table, Text(how)]
    if reasons := sorted(set(_reasons([comparison["figures"]]))):
        parts.append(Text("-  " + "; ".join(reasons)))
    return _spaced(parts)


def visible(text: str) -> str:
    """A text on one line in which what cannot be shown stands as its code."""
    return "".join(char if char.isprintable() else _code(char) for char in text)


def _code(char: str) -> str:
    return "\\n" if char == "\n" else f"\\u{{{ord(char):x}}}"


def _spaced(parts: Iterable[RenderableType]) -> Group:
    return Group(*(line for part in parts for line in (part, Text(""))))


def _table(*heads: str, title: str | None = None) -> Table:
    """A plain table: the first column to the left, figures to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), title=title, title_justify="left", title_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    return table


def _about(scores: dict) -> str:
    gold, schema = scores["inputs"]["gold"], scores["schema"]
    where = f", {gold['name']} {gold['config']} {gold['split']}" if gold else ""
    words = f"{scores['design']}, {schema['task']} ({schema['language']}){where}: {scores['samples']:,} samples"
    if made := (scores["inputs"]["predictions"] or {}).get("made"):
        words += f"; {made.get('decoding')}{', constrained' if made.get('constrained') else ''} decoding"
    if scores["unanswered"]:
        words += f"; {scores['unanswered']:,} without a prediction are left out"
    if scores["rejected"]:
        first = scores["rejected"][0]
        rows = f"{len(scores['rejected']):,} row{'s' * (len(scores['rejected']) != 1)}"
        words += f"; {rows} rejected, the first at {first['place']}: {first['reason']}"
    return visible(words)


def _headline(headline: dict[str, dict]) -> Table:
    table = _table("figure", "value", "95 % interval")
    for name, each in headline.items():
        table.add_row(name, _rate(name, each["value"]), _interval(name, each))
    return table


def _rate(name: str, value: float | None, sign: bool = False) -> str:
    if value is None:
        return "-"
    if name in _RATES:
        return f"{100 * value:{'+' if sign else ''}.1f} %"
    return f"{value:{'+' if sign else ''}.3f}"


def _interval(name: str, each: dict, sign: bool = False) -> str:
    if each["low"] is None:
        return "-"
    return f"{_rate(name, each['low'], sign)} to {_rate(name, each['high'], sign)}"


def _figures(each: dict, names: Iterable[str]) -> list[str]:
    """Counts and shares of an object as they are shown."""
    return [f"{each[name]:,}" if isinstance(each[name], int) else _rate(name, each[name]) for name in names]


def _label_parts(figures: dict) -> Iterator[Table | Text]:
    confusion = _table("gold \\ answer", *map(visible, figures["classes"]), title="Confusion")
    for label, row in zip(figures["classes"], figures["confusion"], strict=True):
        confusion.add_row(visible(label), *(f"{count:,}" for count in row))
    yield confusion
    names = ("gold", "predicted", "precision", "recall", "f1")
    yield _rows("By label", "label", figures["by_label"], names)
    yield from _by_target(figures["by_target"], "mentioned", ("mentioned", "kappa", "accuracy", "macro_f1"))


def _mention_parts(figures: dict) -> Iterator[Table | Text]:
    table = _table("", "precision", "recall", "f1", title="Mentions")
    for mean in ("micro", "macro"):
        for how in ("hard", "soft"):
            table.add_row(f"{mean}, {how}", *_figures(figures[mean][how], ("precision", "recall", "f1")))
    yield table
    flat = {target: {**each["hard"], "soft f1": each["soft"]["f1"]} for target, each in figures["by_target"].items()}
    yield from _by_target(flat, "gold", ("gold", "predicted", "precision", "recall", "f1", "soft f1"))
    names = ("gold", "hard_recall", "soft_recall")
    if "inside" in figures["nested"]:
        kinds = {_KINDS[kind]: each for kind, each in figures["nested"].items()}
        yield _rows("Recall of nested mentions", "mentions", kinds, names)
    lengths = figures["by_length"]
    yield _rows("Recall by length", lengths["unit"], lengths["lengths"], names)
    absent = figures["not_in_text"]
    if absent["share"] is not None:
        yield Text(f"{absent['strings']:,} of {absent['predicted']:,} predicted strings do not stand in their text")


def _rows(title: str, head: str, objects: dict[str, dict], names: tuple[str, ...]) -> Table:
    table = _table(head, *(name.replace("_", " ") for name in names), title=title)
    for key, each in objects.items():
        table.add_row(visible(key), *_figures(each, names))
    return table


def _by_target(objects: dict[str, dict], most: str, names: tuple[str, ...]) -> Iterator[Table | Text]:
    """A row for each target; of very many those with the most gold."""
    shown = sorted(objects, key=lambda target: -objects[target][most])[:TARGETS] if len(objects) > TARGETS else objects
    yield _rows("By target", "target", {target: objects[target] for target in objects if target in set(shown)}, names)
    if len(objects) > TARGETS:
        yield Text(f"{len(objects) - TARGETS:,} more targets with less gold stand in scores.json")


def _format_parts(scores: dict) -> Iterator[Table | Text]:
    errors = scores["format_errors"]
    words = {"error_rate": "format errors", "unusable_rate": "nothing could be read", "cut_off_rate": "cut off"}
    yield Text(", ".join(f"{said} {_rate('format_error_rate', errors[name])}" for name, said in words.items()))
    if not scores["defects"]:
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("defect", "kind", "samples", "times"):
        table.add_column(head, justify="right" if head in ("samples", "times") else "left", no_wrap=True)
    table.add_column("an example, the place after ▸")
    for name, each in scores["defects"].items():
        counts = (f"{each['samples']:,}", f"{each['times']:,}")
        table.add_row(name, "error" if each["error"] else "note", *counts, _example(each["examples"][0]))
    yield table


def _example(example: dict) -> Text:
    before, after = visible(example["before"]), visible(example["after"])
    while cell_len(before) > _BEFORE:
        before = before[1:]
    while cell_len(after) > _AFTER:
        after = after[:-1]
    return Text(f"{visible(example['id'])}: {before}▸{after}", no_wrap=True, overflow="ellipsis")


def _reasons(value: Any) -> Iterator[str]:
    """Every reason for which something is undefined."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from each.values() if key == "undefined" else _reasons(each)
    elif isinstance(value, list):
        for each in value:
            yield from _reasons(each)
