"""Test a builder on a corpus: read it twice, check everything, and print the counts for its author."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from sde_datasets.dataset.manifest import WORK
from sde_datasets.dataset.rejects import REJECTS, read_rejects
from sde_datasets.dataset.report import annotation_remarks
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import builder_in
from sde_datasets.ingest.plan import Plan
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.ingest.view import View
from sde_datasets.records.record import Reject
from sde_datasets.utils.progress import Progress

SHOWN_REJECTS = 5


def check_builder(name: str, path: str, task: str, language: str, progress: Progress) -> Iterator[str]:
    """Read the corpus at `path` twice with a builder (its name, or a Python file) and yield the lines of a report.

    Raises UsageError and InputError as a build does, and InputError if the second reading gives other records.
    """
    files = (name,) if name.endswith(".py") else ()
    corpus = builder_in(Path(name)).name if files else name
    plan = source_plan([f"{corpus}={path}"], task, language, builders=files)
    first, rejects = _read(plan, progress)
    yield from _lines(corpus, first, rejects)
    second, again = _read(plan, progress)
    if (first, rejects) != (second, again):
        names = [field.name for field in fields(ViewState)]
        keys = [name for name in names if getattr(first, name) != getattr(second, name)] or ["rejects"]
        hint = "Sort the items of sets and folders, and use neither the clock nor random numbers."
        raise InputError(f"builder {corpus!r}", f"a second reading differs ({', '.join(keys)})", hint)
    yield "read again   the same records"


def _read(plan: Plan, progress: Progress) -> tuple[ViewState, list[Reject]]:
    """The state and the rejects of the only view of a plan."""
    (view,) = plan.view
    with TemporaryDirectory() as folder:
        state = View.from_plan(plan, view, Path(folder)).load_or_ingest(None, progress)
        rejects = read_rejects(Path(folder) / WORK / f"{view.name}.{REJECTS}")
        return state, [found.reject for found in rejects]


def _lines(corpus: str, state: ViewState, rejects: list[Reject]) -> Iterator[str]:
    report, targets = state.report, state.schema.targets
    yield f"builder      {corpus}: {state.task}, {len(targets)} targets ({', '.join(targets[:10])})"
    for name, counts in (("records", report.records), ("annotations", report.annotations), ("splits", report.splits)):
        yield f"{name:<12} " + ", ".join(f"{count:,} {key.replace('_', ' ')}" for key, count in counts.items())
    yield from (f"left out     {note}: {count:,}" for note, count in report.notes.items())
    yield from (f"remark       {remark}" for remark in annotation_remarks(report))
    for reject in islice(rejects, SHOWN_REJECTS):
        yield f"rejected     {reject.file}:{reject.line}: {reject.reason}"
    if len(rejects) > SHOWN_REJECTS:
        yield f"rejected     and {len(rejects) - SHOWN_REJECTS:,} more"
