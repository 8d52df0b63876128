"""Check across all shards of a view that no id occurs twice, and count the texts that two splits share.

Exact, with flat memory: ids and texts are compared by digests of 16 bytes (`ingest.seen.digest`), which are divided
into partitions by their first bytes. A task per shard writes its digests by partition; a task per partition compares
those of all shards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from sde_datasets.building.store import Store
from sde_datasets.dataset.manifest import WORK
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.errors import InputError
from sde_datasets.ingest.seen import digest
from sde_datasets.records.record import SPLITS

# records of one partition: about 100 MB while they are compared
PARTITION_RECORDS = 2_000_000
KEYS = f"{WORK}/keys"

_SCHEMA = pa.schema({"key": pa.binary(16), "split": pa.uint8()})
# maps a function over jobs, in any order
Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class ShardKeys:
    """One shard of records, whose digests go into `partitions` parts."""

    store: Store
    view: str
    split: str
    records: str
    partitions: int

    @property
    def path(self) -> str:
        """The path of the digests within the store."""
        return f"{KEYS}/{self.view}-{Path(self.records).stem}.arrow"


@dataclass(frozen=True)
class Partition:
    """One part of the digests of all shards of a view."""

    shards: tuple[ShardKeys, ...]
    number: int


@dataclass(frozen=True)
class Repeats:
    """The ids that occur more than once, and the texts that two splits share, by pair (`train+test`)."""

    ids: int = 0
    shared: Counter[str] = field(default_factory=Counter)


def check_unique(store: Store, view: str, state: ViewState, run: Mapper) -> None:
    """Raise InputError if an id occurs twice in a view, or if splits share more texts than the report says."""
    partitions = 1 + state.record_count // PARTITION_RECORDS
    shards = tuple(ShardKeys(store, view, split, shard.path, partitions) for split, shard in state.shards())
    for _ in run(write_keys, shards):
        pass
    found = list(run(count_repeats, [Partition(shards, number) for number in range(partitions)]))
    if ids := sum(repeats.ids for repeats in found):
        raise InputError(view, f"{ids:,} ids occur more than once in its records", "Build again in another folder.")
    shared: Counter[str] = sum((repeats.shared for repeats in found), Counter())
    # texts that an option dropped are in the report only
    if more := [pair for pair, count in shared.items() if count > state.report.shared_texts.get(pair, 0)]:
        known = state.report.shared_texts.get(more[0], 0)
        problem = f"{more[0].replace('+', ' and ')} share {shared[more[0]]:,} texts, and its report says {known:,}"
        raise InputError(view, problem, "Build again in another folder.")


def write_keys(shard: ShardKeys) -> None:
    """Write the digests of a shard: a batch of ids, then a batch of texts, for each partition."""
    with shard.store.work_folder() as folder:
        groups = list(row_groups(shard.store.fetch(shard.records, folder), ("id", "text")))
        file = folder / "keys.arrow"
        with pa.ipc.new_file(str(file), _SCHEMA) as writer:
            for column in ("id", "text"):
                keys = [digest(value) for group in groups for value in group.column(column).to_pylist()]
                for part in _parts(keys, shard.partitions):
                    splits = pa.repeat(pa.scalar(SPLITS.index(shard.split), pa.uint8()), len(part))
                    writer.write_batch(pa.RecordBatch.from_arrays([part, splits], schema=_SCHEMA))
        shard.store.put(file, shard.path)


def _parts(keys: list[bytes], partitions: int) -> Iterator[pa.Array]:
    """The digests of each partition."""
    array = pa.array(keys, pa.binary(16))
    number = np.frombuffer(b"".join(keys), dtype=">u4")[::4] % partitions
    for part in range(partitions):
        yield array.take(pa.array(np.flatnonzero(number == part)))


def count_repeats(partition: Partition) -> Repeats:
    """Compare the digests of one partition of all shards."""
    ids, texts = _read(partition, 0), _read(partition, 1)
    repeated = ids.group_by("key").len().filter(pl.col("len") > 1).height
    splits = texts.unique().group_by("key").agg(pl.col("split").sort()).filter(pl.col("split").list.len() > 1)
    shared: Counter[str] = Counter()
    for found in splits["split"].to_list():
        shared.update("+".join(SPLITS[number] for number in pair) for pair in combinations(found, 2))
    return Repeats(repeated, shared)


def _read(partition: Partition, kind: int) -> pl.DataFrame:
    """The digests of ids (kind 0) or texts (kind 1) of one partition."""
    batches = []
    for shard in partition.shards:
        with shard.store.open(shard.path) as stream:
            batches.append(pa.ipc.open_file(stream).get_batch(kind * shard.partitions + partition.number))
    frame = pl.from_arrow(pa.Table.from_batches(batches, _SCHEMA))
    assert isinstance(frame, pl.DataFrame)
    return frame
