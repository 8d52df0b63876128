"""The first pass over a corpus: what a builder yields is checked, put in order and spooled; the wrong is kept apart.

Splits cannot be settled before the whole corpus was seen (has it a train split? which texts stand in two splits?), so
records go into a spool of their own first, and `settle.py` makes the records of the view from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sde_datasets.arrow import RECORD_SCHEMA, record_rows
from sde_datasets.builder import Builder, Job
from sde_datasets.clauses import Clauses
from sde_datasets.errors import InputError
from sde_datasets.ledger import Ledger, digest, hashed_split
from sde_datasets.records import Annotation, Record, Reject, in_order, problem
from sde_datasets.report import Report

# a batch ends at this many records or characters, whichever comes first
BATCH_RECORDS = 2048
BATCH_CHARACTERS = 1 << 21

SPOOL_SCHEMA = pa.schema([*RECORD_SCHEMA, pa.field("hashed", pa.string()), pa.field("digest", pa.binary(16))])


@dataclass
class Collector:
    """Takes what one builder yields for one view. `rejects` are lines of JSON beside the spool."""

    view: str
    job: Job
    folder: Path
    report: Report
    ledger: Ledger

    def records(self, builder: Builder) -> Iterator[Record]:
        """The valid records of a corpus, ids unique, annotations in order; everything else is rejected and counted."""
        with (self.folder / "rejects.jsonl").open("w", encoding="utf-8", errors="backslashreplace") as out:
            for item in builder.read(self.job):
                if isinstance(item, Reject):
                    self._reject(item, out)
                    continue
                self.report.records["read"] += 1
                self.report.annotations["read"] += len(item.annotations)
                given = len(item.annotations)
                wrong = self._tidy(item)
                if wrong:
                    self.report.records["rejected"] += 1
                    self.report.annotations["with_record"] += given
                    self._write(Reject(item.file, item.line, wrong, item.id), out)
                else:
                    yield item

    def _reject(self, reject: Reject, out) -> None:
        whole = reject.what == "record"
        counts = self.report.records if whole else self.report.annotations
        counts["read"] += 1
        counts["rejected"] += 1
        self._write(reject, out)

    def _write(self, reject: Reject, out) -> None:
        out.write(json.dumps({"view": self.view, **reject._asdict()}, ensure_ascii=False) + "\n")

    def _tidy(self, record: Record) -> str | None:
        """Put a record into its final form; what makes it invalid, or None."""
        schema = self.job.schema
        inside = [a for a in record.annotations if a.target in schema.index]
        outside = [a.target for a in record.annotations if a.target not in schema.index]
        merged = _merged(inside)
        record.annotations = in_order(merged, schema)
        wrong = problem(record, schema)
        if wrong is None:
            first = self.ledger.first(record.id, f"{record.file}:{record.line}")
            wrong = first and f"the id {record.id!r} stands already at {first}"
        if wrong:
            return wrong
        if schema.kind == "mention":
            record.annotations = _with_context(record)
        self.report.annotations["outside"] += len(outside)
        self.report.outside.update(outside)
        self.report.evidence.update(annotation.origin for annotation in record.annotations)
        self.report.annotations["merged"] += len(inside) - len(merged)
        return None


def _merged(annotations: list[Annotation]) -> list[Annotation]:
    """Annotations with equal target, label and spans as one, their evidence together."""
    seen: dict[tuple, Annotation] = {}
    for annotation in annotations:
        key = annotation[:4]
        if key in seen:
            both = sorted({*seen[key].evidence, *annotation.evidence})
            annotation = seen[key]._replace(evidence=tuple(both), origin="annotated" if both else "none")
        seen[key] = annotation
    return list(seen.values())


def _with_context(record: Record) -> list[Annotation]:
    """Mentions with the clause in which they stand as their evidence, unless somebody marked another."""
    clauses = Clauses(record.text)
    found = []
    for annotation in record.annotations:
        if not annotation.evidence:
            span = clauses.around(annotation.spans[0][0], annotation.spans[-1][1])
            if span:
                annotation = annotation._replace(evidence=(span,), origin="context")
        found.append(annotation)
    return found


def collect(
    view: str, corpus: str, builder: Builder, job: Job, folder: Path, report: Report, seen: Callable[[int], None]
) -> Ledger:
    """Spool the records of a view into `folder` (spool.parquet, rejects.jsonl, ledger), counting into `report`.

    `seen` is told of each batch's size. Raises InputError where nothing could be taken at all.
    """
    ledger = Ledger(folder / "ledger")
    collector = Collector(view, job, folder, report, ledger)
    constant = {"corpus": corpus, "view": view, "language": job.language, "schema": job.schema.to_json()}
    with pq.ParquetWriter(folder / "spool.parquet", SPOOL_SCHEMA, compression="lz4") as writer:
        for batch in _batches(collector.records(builder)):
            hashed = [hashed_split(record.document or record.id) for record in batch]
            keys = [digest(record.text) for record in batch]
            declared = [record.split or "train" for record in batch]
            ledger.texts(zip(keys, declared, hashed, strict=True))
            rows = record_rows(batch, constant)
            extra = [pa.array(hashed, pa.string()), pa.array(keys, pa.binary(16))]
            writer.write_batch(pa.RecordBatch.from_arrays([*rows.columns, *extra], schema=SPOOL_SCHEMA))
            report.splits.update(record.split or "none" for record in batch)
            seen(len(batch))
    report.notes.update(job.notes)
    if not report.splits:
        rejected = report.records["rejected"]
        why = f"all {rejected} records were rejected" if rejected else "there are no records"
        raise InputError(job.source.label if job.source else corpus, why, _first_reason(folder))
    return ledger


def _first_reason(folder: Path) -> str:
    with (folder / "rejects.jsonl").open(encoding="utf-8") as lines:
        first = next(lines, None)
    if first is None:
        return ""
    reject = json.loads(first)
    return f"The first: {reject['file']}:{reject['line']}: {reject['reason']}"


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
