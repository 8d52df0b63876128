"""Second pass over a corpus: assign splits, drop records by options, add evidence, and write the record shards.

The records are the config `<view>-records`. A shard of records becomes one shard of every design, so the size of shards
is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sde_datasets.dataset.parquet import open_writer, row_groups
from sde_datasets.dataset.report import Report
from sde_datasets.ingest.seen import SeenIndex
from sde_datasets.ingest.splits import SplitRule
from sde_datasets.ingest.validate import BATCH_CHARACTERS, BATCH_RECORDS
from sde_datasets.records.columns import RECORD_SCHEMA
from sde_datasets.records.record import SPLITS
from sde_datasets.records.schema import Schema

# bytes of text of one shard: a shard of samples is about ten times as large before compression
SHARD_BYTES = 16 << 20
# records of one shard: writers keep the statistics of all row groups of a shard in memory
SHARD_RECORDS = 32 * BATCH_RECORDS

# why records are dropped, for the report
DUPLICATE = "text also in validation or test"
EMPTY = "without annotations"


@dataclass(frozen=True)
class IngestSettings:
    """The options of a build that change records, see `Plan`. split: shares for all records, even with a split."""

    evidence: str = "all"
    dedupe: bool = False
    max_empty: float = 1.0
    max_rejected: float = 0.5
    split: str = ""


@dataclass
class SplitAssigner:
    """Assigns the splits of one view. folder: holds the spool of its records, and takes the shards."""

    folder: Path
    schema: Schema
    settings: IngestSettings
    report: Report
    seen: SeenIndex
    rule: SplitRule = field(init=False)

    def __post_init__(self) -> None:
        self.rule = SplitRule.from_counts(self.report.splits, self.settings.split)
        self.report.split_rule = self.rule.text
        self.report.splits.clear()
        for batch in row_groups(self._spool, ("split", "hash", "digest")):
            self.seen.add_texts(zip(batch.column("digest").to_pylist(), self._splits(batch).to_pylist(), strict=True))

    @property
    def _spool(self) -> Path:
        return self.folder / "spool.parquet"

    def _splits(self, batch: pa.RecordBatch) -> pa.Array:
        """The assigned split of each record of a batch of the spool."""
        return self.rule.assign(batch.column("split"), batch.column("hash"))

    def write_records(self, metadata: dict[str, str]) -> dict[str, list[Path]]:
        """Write the shards and complete the report; the files of each split that has records, in order.

        metadata: key-value metadata of every file.
        """
        allowed = self._allowed_empty() if self.settings.max_empty < 1 else {}
        describe = self._describe()
        shards = {split: Shards(self.folder, split, metadata) for split in SPLITS}
        for split, batch in self._kept(allowed):
            batch = describe(batch)
            self._count(split, batch)
            shards[split].add(batch)
        self.report.records["kept"] = self.report.splits.total()
        shared = self.seen.shared_counts()
        if self.settings.dedupe:
            shared = {pair: count for pair, count in shared.items() if not pair.startswith("train+")}
        self.report.shared_texts = shared
        return {split: files for split in SPLITS if (files := shards[split].close())}

    def _batches(self) -> Iterator[tuple[str, pa.RecordBatch, pa.RecordBatch]]:
        """Yield each batch of the spool by split: the split, its records, and duplicates of held-out texts."""
        for batch in row_groups(self._spool):
            splits = self._splits(batch)
            for split in SPLITS:
                part = batch.filter(pc.equal(splits, split))
                duplicates = part.slice(0, 0)
                if self.settings.dedupe and split == "train":
                    held_out = pa.array(self.seen.are_held_out(part.column("digest").to_pylist()), pa.bool_())
                    part, duplicates = part.filter(pc.invert(held_out)), part.filter(held_out)
                if len(part) + len(duplicates):
                    yield split, part, duplicates

    def _allowed_empty(self) -> dict[str, tuple[int, int]]:
        """For each split: the number of records without annotations to keep, and their number in the corpus."""
        empty, full = dict.fromkeys(SPLITS, 0), dict.fromkeys(SPLITS, 0)
        for split, part, _ in self._batches():
            count = pc.sum(_has_no_annotations(part)).as_py() or 0
            empty[split] += count
            full[split] += len(part) - count
        share = self.settings.max_empty
        return {split: (min(empty[split], int(share * full[split] / (1 - share))), empty[split]) for split in SPLITS}

    def _kept(self, allowed: dict[str, tuple[int, int]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the batches of records that are kept, with the columns of records and their assigned split."""
        visited = dict.fromkeys(SPLITS, 0)
        for split, part, duplicates in self._batches():
            self._drop(DUPLICATE, duplicates)
            if allowed:
                keep_count, count = allowed[split]
                keep = []
                for is_empty in _has_no_annotations(part).to_pylist():
                    # the kept ones are spread evenly over the split
                    i = visited[split]
                    keep.append(not is_empty or (i + 1) * keep_count // count > i * keep_count // count)
                    visited[split] += is_empty
                mask = pa.array(keep, pa.bool_())
                self._drop(EMPTY, part.filter(pc.invert(mask)))
                part = part.filter(mask)
            if len(part):
                columns = [part.column(name) for name in RECORD_SCHEMA.names]
                columns[RECORD_SCHEMA.get_field_index("split")] = pa.repeat(pa.scalar(split), len(part))
                yield split, pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA)

    def _drop(self, option: str, records: pa.RecordBatch) -> None:
        """Count records that an option drops."""
        if len(records):
            self.report.records["dropped"] += len(records)
            self.report.dropped[option] += len(records)
            annotations = pc.list_value_length(records.column("annotations"))
            self.report.annotations["with_record"] += pc.sum(annotations).as_py()

    def _count(self, split: str, batch: pa.RecordBatch) -> None:
        """Count records that are kept, and their annotations."""
        report = self.report
        report.splits[split] += len(batch)
        report.empty[split] += pc.sum(_has_no_annotations(batch)).as_py()
        flat = batch.column("annotations").flatten()
        report.annotations["kept"] += len(flat)
        for row in flat.field("origin").value_counts().to_pylist():
            report.evidence[row["values"]] += row["counts"]

    def _describe(self) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
        """A function that adds extracted evidence to a batch; it changes nothing if there is annotated evidence."""
        wanted = self.schema.kind == "label" and self.settings.evidence == "all"
        if not wanted or self.report.evidence["annotated"]:
            self.report.evidence.clear()
            return lambda batch: batch
        self.report.evidence.clear()
        from sde_datasets.ingest.evidence import Extraction

        return Extraction(self._training_records(), self.schema).add_evidence

    def _training_records(self) -> Iterator[pa.RecordBatch]:
        """The records of the training split."""
        return (part for split, part, _ in self._batches() if split == "train")


def _has_no_annotations(batch: pa.RecordBatch) -> pa.Array:
    return pc.equal(pc.list_value_length(batch.column("annotations")), 0)


class Shards:
    """Writes the records of one split in row groups of the size of a batch, and begins a new shard when one is full."""

    def __init__(self, folder: Path, split: str, metadata: dict[str, str]) -> None:
        self._folder, self._split, self._metadata = folder, split, metadata
        self._files: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = self._in_shard = self._rows_in_shard = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Add records; they are written when a row group is full."""
        self._waiting.append(batch)
        self._rows += len(batch)
        self._bytes += pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0
        if self._rows >= BATCH_RECORDS or self._bytes >= BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            self._files.append(self._folder / f"{self._split}-{len(self._files):05d}.parquet")
            self._writer = open_writer(self._files[-1], RECORD_SCHEMA)
        table = pa.Table.from_batches(self._waiting, schema=RECORD_SCHEMA)
        self._writer.write_table(table, row_group_size=BATCH_RECORDS)
        self._in_shard += self._bytes
        self._rows_in_shard += self._rows
        self._waiting, self._rows, self._bytes = [], 0, 0
        if self._in_shard >= SHARD_BYTES or self._rows_in_shard >= SHARD_RECORDS:
            self._end_shard()

    def _end_shard(self) -> None:
        assert self._writer is not None
        self._writer.add_key_value_metadata(self._metadata)
        self._writer.close()
        self._writer, self._in_shard, self._rows_in_shard = None, 0, 0

    def close(self) -> list[Path]:
        """Write the remaining records and close the last shard; return the shards in order."""
        if self._waiting:
            self._flush()
        if self._writer is not None:
            self._end_shard()
        return self._files
