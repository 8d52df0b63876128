"""The table that ends a build: what was read, kept, rejected and written, by view."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sde_datasets.building.pipeline import Built
from sde_datasets.dataset.rejects import REJECTS
from sde_datasets.dataset.report import Report, annotation_remarks
from sde_datasets.ingest.rejects import group_rejects

# the kinds of rejects that are listed; the others are counted
MOST_KINDS = 8
_RECORDS = ("read", "kept", "rejected", "dropped")
_SPLITS = ("train", "validation", "test")
# counts of annotations that are not kept, with their words
_NOT_KEPT = {
    "merged": "duplicates merged",
    "outside": "outside the targets",
    "rejected": "rejected",
    "with_record": "removed with their record",
}


def built_table(built: Built, out: str) -> Group:
    """Return the table of a build into the folder `out`, with the remarks of each view."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("view", *_RECORDS, *_SPLITS, "annotations", "designs"):
        table.add_column(head, justify="left" if head == "view" else "right")
    lines = []
    for view, state in built.manifest.views.items():
        report = state.report
        counts = [report.records[name] for name in _RECORDS] + [report.splits[split] for split in _SPLITS]
        counts += [report.annotations["kept"], len(state.designs)]
        table.add_row(view, *(f"{count:,}" for count in counts))
        lines += [f"{view}: {line}" for line in [*_remarks(report), *_rejects(report, view, out)]]
    lines.append(f"{built.written:,} files written, {built.kept:,} unchanged: {out}")
    return Group(table, Text("\n".join(["", *lines])))


def _rejects(report: Report, view: str, out: str) -> list[str]:
    """List the kinds of rejects, each with its count and first location, and the file that holds all of them.

    Of a folder at an address of an object store, only the file is named.
    """
    if not report.rejected:
        return []
    path = Path(out) / REJECTS
    kinds = group_rejects(path, view) if path.is_file() else []
    lines = [f"rejected: {_plural(k.count, k.what)}, first {k.location}: {k.reason}" for k in kinds[:MOST_KINDS]]
    if len(kinds) > MOST_KINDS:
        rest = sum(kind.count for kind in kinds[MOST_KINDS:])
        lines.append(f"rejected: {rest:,} more for {_plural(len(kinds) - MOST_KINDS, 'other reason')}")
    return [*lines, f"all rejects, with file, line and reason: {out}/{REJECTS}"]


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _remarks(report: Report) -> list[str]:
    annotations = report.annotations
    lines = [f"splits {report.split_rule}"]
    if parts := [f"{annotations[name]:,} {words}" for name, words in _NOT_KEPT.items() if annotations[name]]:
        lines.append(f"annotations: {annotations['read']:,} read, {', '.join(parts)}")
    lines += [f"{count:,} records dropped: {option}" for option, count in report.dropped.items()]
    lines += [f"{count:,} texts occur in {pair.replace('+', ' and ')}" for pair, count in report.shared_texts.items()]
    lines += [f"{note}: {count:,}" for note, count in report.notes.items()]
    lines += annotation_remarks(report)
    lines += report.remarks
    origins = ", ".join(f"{origin} {count:,}" for origin, count in report.evidence.items())
    return [*lines, f"evidence: {origins}"] if origins else lines
