"""First pass over a corpus: validate what a builder yields, spool the valid records, and list the rejects.

Splits cannot be assigned before the whole corpus was read (does it have a train split? which texts occur in two
splits?), so records go to a spool, from which `split_assigner.py` writes the records of the view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from sde_datasets.dataset.rejects import REJECT_ERRORS, REJECTS, ViewReject
from sde_datasets.dataset.report import Report
from sde_datasets.errors import InputError
from sde_datasets.ingest.bad_annotations import BadAnnotations
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.ingest.clauses import Clauses
from sde_datasets.ingest.contract import checked_items
from sde_datasets.ingest.mentions import align_mention
from sde_datasets.ingest.offsets import Unit, requested_unit
from sde_datasets.ingest.rejects import group_rejects
from sde_datasets.ingest.seen import SeenIndex, digest
from sde_datasets.ingest.splits import split_hash
from sde_datasets.ingest.windows import CUT, WHOLE, windows
from sde_datasets.ingest.word_edges import WordEdges
from sde_datasets.records.columns import RECORD_SCHEMA, record_rows
from sde_datasets.records.record import (
    Annotation,
    Record,
    Reject,
    annotation_problem,
    field_problem,
    label_conflict,
    sort_annotations,
)
from sde_datasets.records.schema import Schema

# a batch ends at this many records or characters, whichever comes first
BATCH_RECORDS = 2048
BATCH_CHARACTERS = 1 << 21

SPOOL_SCHEMA = pa.schema([*RECORD_SCHEMA, pa.field("hash", pa.uint64()), pa.field("digest", pa.binary(16))])


@dataclass
class RecordValidator:
    """Validates what one builder yields for one view, counts it in the report, and writes rejects to `folder`.

    window: the length and the stride of windows of long texts, see `windows.py`; no windows if the length is 0.
    schema: that of the view; `context.schema` has the targets as the corpus names them, before `rename`.
    """

    view: str
    context: ReadContext
    schema: Schema
    rename: Mapping[str, str]
    folder: Path
    report: Report
    window: tuple[int, int] = (0, 0)
    seen: SeenIndex = field(init=False)
    edges: WordEdges = field(default_factory=lambda: WordEdges(Unit(), False))

    def __post_init__(self) -> None:
        self.seen = SeenIndex(self.folder / "seen")

    def records(self, builder: Builder) -> Iterator[Record]:
        """Yield the valid records of a corpus, with unique ids and ordered annotations; reject everything else."""
        with (self.folder / REJECTS).open("w", encoding="utf-8", errors=REJECT_ERRORS) as out:
            options = {"offsets": builder.offsets, **self.context.options}
            self.edges = WordEdges(requested_unit(options), bool(self.context.options.get("offsets")))
            rule = self.context.options.get("bad_annotations") or builder.bad_annotations
            bad_annotations = BadAnnotations(rule, self.report, lambda reject: self._write(reject, out))
            for item in checked_items(builder, self.context):
                if isinstance(item, Record):
                    if self.context.source is not None:
                        item.split = self.context.source.split_of(item.file) or item.split
                    if problem := self._validate(item, bad_annotations):
                        self.report.records["rejected"] += 1
                        self._write(Reject(item.file, item.line, problem, item.id), out)
                    else:
                        yield from self._windows(item)
                elif item.what == "record":
                    self.report.records["read"] += 1
                    self.report.records["rejected"] += 1
                    self._write(item, out)
                else:
                    bad_annotations.found(item)
            bad_annotations.close()

    def _windows(self, record: Record) -> Iterator[Record]:
        """The record, or its windows if it is a long one of a mention task; they count as records that were read."""
        size, stride = self.window
        if not size or len(record.text) <= size:
            yield record
            return
        if self.schema.kind == "label":
            self.context.note(WHOLE)
            yield record
            return
        self.context.note(CUT)
        found = list(windows(record, size, stride))
        self.report.records["read"] += len(found) - 1
        self.report.annotations["read"] += sum(len(r.annotations) for r in found) - len(record.annotations)
        yield from found

    def _write(self, reject: Reject, out: TextIO) -> None:
        out.write(ViewReject(self.view, reject).to_line())

    def _validate(self, record: Record, bad_annotations: BadAnnotations) -> str | None:
        """Validate and complete a record, and count it. Return the reason if it is invalid, else None."""
        count = len(record.annotations)
        self.report.records["read"] += 1
        self.report.annotations["read"] += count
        if self.rename:
            record.annotations = [a._replace(target=self.rename.get(a.target, a.target)) for a in record.annotations]
        problem = field_problem(record)
        pairs, bad = ([], []) if problem else self._valid_annotations(record)
        merged = _merged(normalised for _, normalised in pairs)
        problem = problem or bad_annotations.reason(record, bad) or label_conflict(merged) or self._duplicate_id(record)
        if problem:
            self.report.annotations["with_record"] += count
            return problem
        bad_annotations.drop(bad)
        self._complete(record, pairs, merged)
        return None

    def _valid_annotations(self, record: Record) -> tuple[list[tuple[Annotation, Annotation]], list[Reject]]:
        """The annotations with a target of the view, as read and as normalised, and a reject for each invalid one."""
        schema = self.schema
        pairs: list[tuple[Annotation, Annotation]] = []
        bad: list[Reject] = []
        for annotation in record.annotations:
            if annotation.target not in schema.index:
                continue
            normalised, notes = align_mention(annotation, record.text) if schema.kind == "mention" else (annotation, [])
            if problem := annotation_problem(normalised, record.text, schema):
                bad.append(Reject(record.file, record.line, problem, record.id, "annotation"))
            else:
                pairs.append((annotation, normalised))
                for note in notes:
                    self.context.note(note)
        return pairs, bad

    def _duplicate_id(self, record: Record) -> str | None:
        """The reason to reject a record whose id occurred before, or None."""
        first = self.seen.first_location(record.id, f"{record.file}:{record.line}")
        return f"duplicate id {record.id!r}, which occurs first at {first}" if first else None

    def _complete(self, record: Record, pairs: list[tuple[Annotation, Annotation]], merged: list[Annotation]) -> None:
        """Give a valid record its final annotations, and count them."""
        outside = [a.target for a in record.annotations if a.target not in self.schema.index]
        record.annotations = sort_annotations(merged, self.schema)
        if self.schema.kind == "mention":
            for annotation, normalised in pairs:
                self.edges.add(record, annotation, normalised)
            record.annotations = _with_context(record)
        self.report.annotations["outside"] += len(outside)
        self.report.outside.update(outside)
        self.report.evidence.update(annotation.origin for annotation in record.annotations)
        self.report.annotations["merged"] += len(pairs) - len(merged)


def _merged(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Merge annotations with equal target, label and spans, and their evidence."""
    seen: dict[tuple, Annotation] = {}
    for annotation in annotations:
        key = annotation[:4]
        if key in seen:
            both = sorted({*seen[key].evidence, *annotation.evidence})
            annotation = seen[key]._replace(evidence=tuple(both), origin="annotated" if both else "none")
        seen[key] = annotation
    return list(seen.values())


def _with_context(record: Record) -> list[Annotation]:
    """The annotations of a record; a mention without annotated evidence gets the clause around it."""
    clauses = Clauses(record.text)
    found = []
    for annotation in record.annotations:
        if not annotation.evidence:
            span = clauses.enclosing(annotation.spans[0][0], annotation.spans[-1][1])
            if span:
                annotation = annotation._replace(evidence=(span,), origin="context")
        found.append(annotation)
    return found


def spool_records(
    validator: RecordValidator, corpus: str, builder: Builder, max_rejected: float, advance: Callable[[int], None]
) -> None:
    """Write the valid records of a view to `spool.parquet` in the folder of the validator.

    advance: called with the size of each batch. Raises InputError if no record is valid, or if a larger share than
    `max_rejected` is rejected.
    """
    context, report, folder = validator.context, validator.report, validator.folder
    schema = validator.schema.to_json()
    constant = {"corpus": corpus, "view": validator.view, "language": context.language, "schema": schema}
    with pq.ParquetWriter(folder / "spool.parquet", SPOOL_SCHEMA, compression="lz4") as writer:
        for batch in _batches(validator.records(builder)):
            hashes = [split_hash(record.document or record.id) for record in batch]
            keys = [digest(record.text) for record in batch]
            rows = record_rows(batch, constant)
            extra = [pa.array(hashes, pa.uint64()), pa.array(keys, pa.binary(16))]
            writer.write_batch(pa.RecordBatch.from_arrays([*rows.columns, *extra], schema=SPOOL_SCHEMA))
            report.splits.update(record.split or "none" for record in batch)
            advance(len(batch))
    report.notes.update(context.notes)
    report.word_edges = validator.edges.found()
    location = context.source.label if context.source else corpus
    validator.edges.check(location)
    _check_rejected(report, location, folder / REJECTS, max_rejected)


def _check_rejected(report: Report, location: str, rejects: Path, max_rejected: float) -> None:
    """Raise InputError with the reasons if all or too many of the records were rejected."""
    read, rejected = report.records["read"], report.records["rejected"]
    if not read:
        raise InputError(location, "there are no records")
    if report.splits and rejected <= max_rejected * read:
        return
    kinds = [kind for kind in group_rejects(rejects) if kind.what == "record"]
    reasons = "; ".join(f"{kind.count:,} times, first at {kind.location}: {kind.reason}" for kind in kinds[:3])
    more = f"; and {len(kinds) - 3:,} other reasons" if len(kinds) > 3 else ""
    hint = "Correct the rows" + (", or give --max-rejected 1 to build with the others." if report.splits else ".")
    share = "all" if not report.splits else f"{rejected:,} of"
    raise InputError(location, f"{share} {read:,} records were rejected. {reasons}{more}", hint)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    characters = 0
    for record in records:
        batch.append(record)
        characters += len(record.text)
        if len(batch) == BATCH_RECORDS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
