"""Look at a source without building: its first records, and counts of targets, labels, splits and rejects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sde_datasets.dataset.rejects import REJECTS
from sde_datasets.dataset.report import Report, annotation_remarks
from sde_datasets.errors import InputError
from sde_datasets.ingest.plan import Plan, ViewPlan
from sde_datasets.ingest.rejects import RejectGroup, group_rejects
from sde_datasets.ingest.validate import RecordValidator
from sde_datasets.ingest.view import View
from sde_datasets.records.record import Record
from sde_datasets.records.schema import Schema


@dataclass
class Look:
    """What was seen of one view. records: the first ones. targets: annotations by target, in the order of the schema.

    labels: annotations by label. rejects: their groups, the most frequent first. warning: why a build would stop.
    """

    plan: ViewPlan
    schema: Schema
    label: str
    records: list[Record] = field(default_factory=list)
    targets: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    report: Report = field(default_factory=Report)
    rejects: list[RejectGroup] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    warning: str = ""

    def warnings(self) -> Iterator[str]:
        """Lines about what was left out, corrected or rejected, and about what would stop a build."""
        yield from (f"{note}: {count:,}" for note, count in self.notes.items())
        yield from self.remarks
        yield from annotation_remarks(self.report)
        yield from ([self.warning] if self.warning else [])


def look(plan: Plan, count: int) -> list[Look]:
    """Read every view of a plan and keep `count` records of each. Raises UsageError and InputError as a build does."""
    return [_look(plan, view, count) for view in plan.view]


def _look(plan: Plan, planned: ViewPlan, count: int) -> Look:
    with TemporaryDirectory() as folder:
        view = View.from_plan(plan, planned, Path(folder))
        view.context.schema, schema = view.schemas()
        source = view.context.source
        found = Look(planned, schema, source.label if source else planned.corpus)
        validator = RecordValidator(
            planned.name, view.context, schema, planned.rename, Path(folder), found.report, planned.window
        )
        for record in validator.records(view.builder):
            if len(found.records) < count:
                found.records.append(record)
            found.targets.update(annotation.target for annotation in record.annotations)
            found.labels.update(annotation.label for annotation in record.annotations if annotation.label)
            found.splits[record.split or "none"] += 1
        validator.seen.close()
        found.report.word_edges = validator.edges.found()
        found.rejects = group_rejects(Path(folder) / REJECTS)
        found.notes, found.remarks = view.context.notes, view.context.remarks
        try:
            validator.edges.check(found.label)
        except InputError as error:
            found.warning = f"a build stops here: {error}"
        return found
