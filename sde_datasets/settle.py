"""The second pass: from the spool of a view to its canonical records, split, in shards, with evidence.

The records are the config `<view>-records`. A shard of records becomes one shard of every design, so shards are cut
here, by size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sde_datasets.arrow import RECORD_SCHEMA
from sde_datasets.collect import BATCH_CHARACTERS, BATCH_RECORDS
from sde_datasets.ledger import Ledger
from sde_datasets.parquet import row_groups, writer_for
from sde_datasets.records import SPLITS
from sde_datasets.report import HASHED, MISSING, Report
from sde_datasets.schemas import Schema

# the text of one shard, in bytes: a shard of samples is about ten times as large before compression
SHARD_BYTES = 16 << 20
# and its records: the writers of a job keep the statistics of all row groups in memory until their shard ends
SHARD_RECORDS = 32 * BATCH_RECORDS

DEDUPED = "in training and in another split"
EMPTY = "mention nothing"


@dataclass(frozen=True)
class Settings:
    """The options of a build that change records: see `Plan`."""

    evidence: str = "all"
    dedupe: bool = False
    max_empty: float = 1.0


@dataclass
class Settler:
    """Settles one view: `folder` holds its spool and takes its shards."""

    folder: Path
    schema: Schema
    settings: Settings
    report: Report
    ledger: Ledger
    hashed: bool = field(init=False)

    def __post_init__(self) -> None:
        declared = self.report.splits
        self.hashed = not declared["train"]
        if self.hashed:
            self.report.split_rule = HASHED
        elif declared["none"]:
            self.report.split_rule = MISSING
        self.report.splits.clear()

    def run(self, metadata: dict[str, str]) -> dict[str, list[Path]]:
        """Write the shards and complete the report. Splits without a record have no shard."""
        allowed = self._allowed_empty() if self.settings.max_empty < 1 else {}
        describe = self._describe()
        shards = {split: Shards(self.folder, split, metadata) for split in SPLITS}
        for split, batch in self._kept(allowed):
            batch = describe(batch)
            self._count(split, batch)
            shards[split].add(batch)
        self.report.records["kept"] = self.report.splits.total()
        shared = self.ledger.shared(self.hashed)
        if self.settings.dedupe:
            shared = {pair: count for pair, count in shared.items() if not pair.startswith("train+")}
        self.report.shared_texts = shared
        return {split: files for split in SPLITS if (files := shards[split].close())}

    def _batches(self) -> Iterator[tuple[str, pa.RecordBatch, pa.RecordBatch]]:
        """Each split's part of each batch of the spool, and what was taken out of it as texts of other splits."""
        for batch in row_groups(self.folder / "spool.parquet"):
            splits = batch.column("hashed") if self.hashed else pc.fill_null(batch.column("split"), "train")
            for split in SPLITS:
                part = batch.filter(pc.equal(splits, split))
                out = part.slice(0, 0)
                if self.settings.dedupe and split == "train":
                    held_out = pa.array(
                        self.ledger.held_out(part.column("digest").to_pylist(), self.hashed), pa.bool_()
                    )
                    part, out = part.filter(pc.invert(held_out)), part.filter(held_out)
                if len(part) + len(out):
                    yield split, part, out

    def _allowed_empty(self) -> dict[str, tuple[int, int]]:
        """For each split: how many records that mention nothing may stay, and how many there are."""
        empty, full = dict.fromkeys(SPLITS, 0), dict.fromkeys(SPLITS, 0)
        for split, part, _ in self._batches():
            nothing = pc.sum(_mentions_nothing(part)).as_py() or 0
            empty[split] += nothing
            full[split] += len(part) - nothing
        share = self.settings.max_empty
        return {split: (min(empty[split], int(share * full[split] / (1 - share))), empty[split]) for split in SPLITS}

    def _kept(self, allowed: dict[str, tuple[int, int]]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """The batches that stay, under the columns of records, with their settled split."""
        met = dict.fromkeys(SPLITS, 0)
        for split, part, out in self._batches():
            self._drop(DEDUPED, out)
            if allowed:
                may, there_are = allowed[split]
                keep = []
                for nothing in _mentions_nothing(part).to_pylist():
                    # the ones that stay are spread evenly over the split
                    i = met[split]
                    keep.append(not nothing or (i + 1) * may // there_are > i * may // there_are)
                    met[split] += nothing
                mask = pa.array(keep, pa.bool_())
                self._drop(EMPTY, part.filter(pc.invert(mask)))
                part = part.filter(mask)
            if len(part):
                columns = [part.column(name) for name in RECORD_SCHEMA.names]
                columns[RECORD_SCHEMA.get_field_index("split")] = pa.repeat(pa.scalar(split), len(part))
                yield split, pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA)

    def _drop(self, option: str, out: pa.RecordBatch) -> None:
        if len(out):
            self.report.records["dropped"] += len(out)
            self.report.dropped[option] += len(out)
            self.report.annotations["with_record"] += pc.sum(pc.list_value_length(out.column("annotations"))).as_py()

    def _count(self, split: str, batch: pa.RecordBatch) -> None:
        report = self.report
        report.splits[split] += len(batch)
        report.empty[split] += pc.sum(_mentions_nothing(batch)).as_py()
        flat = batch.column("annotations").flatten()
        report.annotations["kept"] += len(flat)
        for row in flat.field("origin").value_counts().to_pylist():
            report.evidence[row["values"]] += row["counts"]

    def _describe(self):
        """What puts extracted evidence into a batch, or leaves it alone where there is annotated evidence."""
        wanted = self.schema.kind == "label" and self.settings.evidence == "all"
        if not wanted or self.report.evidence["annotated"]:
            self.report.evidence.clear()
            return lambda batch: batch
        self.report.evidence.clear()
        from sde_datasets.evidence import Extraction

        return Extraction(self._training_records(), self.schema).describe

    def _training_records(self) -> Iterator[pa.RecordBatch]:
        return (part for split, part, _ in self._batches() if split == "train")


def _mentions_nothing(batch: pa.RecordBatch) -> pa.Array:
    return pc.equal(pc.list_value_length(batch.column("annotations")), 0)


class Shards:
    """Writes one split of a view's records: row groups of a batch's size, a new shard when one is full."""

    def __init__(self, folder: Path, split: str, metadata: dict[str, str]) -> None:
        self._folder, self._split, self._metadata = folder, split, metadata
        self._files: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = self._in_shard = self._rows_in_shard = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take records; they are written when a row group is full."""
        self._waiting.append(batch)
        self._rows += len(batch)
        self._bytes += pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0
        if self._rows >= BATCH_RECORDS or self._bytes >= BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            self._files.append(self._folder / f"{self._split}-{len(self._files):05d}.parquet")
            self._writer = writer_for(self._files[-1], RECORD_SCHEMA)
        table = pa.Table.from_batches(self._waiting, schema=RECORD_SCHEMA)
        self._writer.write_table(table, row_group_size=BATCH_RECORDS)
        self._in_shard += self._bytes
        self._rows_in_shard += self._rows
        self._waiting, self._rows, self._bytes = [], 0, 0
        if self._in_shard >= SHARD_BYTES or self._rows_in_shard >= SHARD_RECORDS:
            self._end_shard()

    def _end_shard(self) -> None:
        self._writer.add_key_value_metadata(self._metadata)
        self._writer.close()
        self._writer, self._in_shard, self._rows_in_shard = None, 0, 0

    def close(self) -> list[Path]:
        """Write what waits and end the last shard; the shards in order."""
        if self._waiting:
            self._flush()
        if self._writer is not None:
            self._end_shard()
        return self._files
