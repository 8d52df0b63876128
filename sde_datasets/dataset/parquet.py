"""Parquet files: the writer settings of all files of a dataset, reading by row groups, and the stamp in the footer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from sde_datasets.errors import InputError, summary

COMPRESSION = "zstd"
# columns whose values repeat; texts rarely repeat, and a dictionary of them costs time
REPEATING = ("corpus", "view", "split", "language", "design", "schema")
KEY = "sde_datasets"


def open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a Parquet writer with the settings of the project, which the Hub calls optimised.

    zstd; content-defined chunks, so that equal chunks are sent to the Hub once; a page index.
    """
    return pq.ParquetWriter(
        path,
        schema,
        compression=COMPRESSION,
        use_dictionary=[name for name in REPEATING if name in schema.names],
        use_content_defined_chunking=True,
        write_page_index=True,
    )


def row_groups(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield each row group of a file as one batch, with all columns or some.

    Row groups bound memory: writers limit their rows and characters. Raises InputError for a file that is not Parquet.
    """
    try:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield from file.read_row_group(number, columns and list(columns)).combine_chunks().to_batches()
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            str(path), f"cannot be read as Parquet ({summary(error)})", "Build the folder again."
        ) from error


@dataclass(frozen=True)
class FileStamp:
    """The entry of this project in the footer of a Parquet file.

    key: a digest of what the file was made from. rows, prompt_characters, completion_characters: counts of a file of
    samples; None for records.
    """

    key: str
    rows: int | None = None
    prompt_characters: int | None = None
    completion_characters: int | None = None

    @classmethod
    def read(cls, path: Path | IO[bytes]) -> FileStamp | None:
        """The stamp of a file, or None if there is no such file or it has no stamp."""
        try:
            metadata = pq.read_metadata(path).metadata or {}
            return cls(**json.loads(metadata[KEY.encode()]))
        except (OSError, KeyError, ValueError, TypeError, pa.ArrowException):
            return None

    def metadata(self) -> dict[str, str]:
        """The stamp as key-value metadata of a Parquet file."""
        known = {key: value for key, value in asdict(self).items() if value is not None}
        return {KEY: json.dumps(known, sort_keys=True)}
