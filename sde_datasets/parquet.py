"""How every Parquet file of a dataset is written: the settings that the Hub calls optimised, the same for all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sde_datasets.errors import InputError

COMPRESSION = "zstd"
# columns whose values repeat; texts hardly ever do, and looking for repeats costs time
REPEATING = ("corpus", "view", "split", "language", "design", "schema")
KEY = "sde_datasets"


def writer_for(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer with the project's settings: zstd, content-defined chunks (equal chunks are sent once), page index."""
    return pq.ParquetWriter(
        path,
        schema,
        compression=COMPRESSION,
        use_dictionary=[name for name in REPEATING if name in schema.names],
        use_content_defined_chunking=True,
        write_page_index=True,
    )


def row_groups(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The row groups of a file, a batch each, with all columns or some.

    They bound memory: a writer cuts them by rows and by characters. Raises InputError for a file that is none.
    """
    try:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield from file.read_row_group(number, columns and list(columns)).combine_chunks().to_batches()
    except (OSError, pa.ArrowException) as error:
        said = str(error).splitlines()[0]
        raise InputError(str(path), f"cannot be read as Parquet ({said})", "Build the folder again.") from error


def stamp(path: Path) -> dict | None:
    """What this project wrote into the footer of a Parquet file (its key and its counts), or None."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
        return json.loads(metadata[KEY.encode()])
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None


def stamped(values: dict) -> dict[str, str]:
    """The footer entry that `stamp` reads."""
    return {KEY: json.dumps(values, sort_keys=True)}
