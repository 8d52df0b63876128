"""Check a built folder without a model, and stop at the first defect.

Every file is compared with the manifest; every completion of every config is parsed and compared with the annotations;
all designs of a view have the same rows; `datasets` and `huggingface_hub` parse the card; every file has the columns
and features of the format; `load_dataset` loads configs by name.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import groupby, repeat
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from sde_datasets.building.load_check import check_parquet, load_by_name, prepare_process
from sde_datasets.building.pipeline import FEW_SAMPLES
from sde_datasets.building.shard_files import ShardFiles, prompt_affixes, shard_files
from sde_datasets.card.writer import CARD, is_current
from sde_datasets.dataset.manifest import BUILD_AGAIN, Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.designs.design import INLINE, Design, get_design
from sde_datasets.errors import InputError
from sde_datasets.formats import Answer, answer_format
from sde_datasets.samples.render import gold_answers
from sde_datasets.utils.processes import map_processes
from sde_datasets.utils.progress import Progress

WRITE_AGAIN = "Write it again: sde-datasets card FOLDER."


def check(folder: Path, workers: int, progress: Progress) -> Iterator[str]:
    """Check a folder, and yield a line of figures for each step. Raises InputError for the first defect."""
    started = time.monotonic()
    manifest = Manifest.load(folder)
    files = manifest.check_files(folder, progress)
    _check_no_other_files(folder, manifest)
    yield f"files        {files:,} equal to the manifest"
    completions = _check_completions(folder, manifest, workers, progress)
    yield (
        f"completions  {completions.rows:,} samples, {completions.read:,} different ones read back: "
        "equal to the annotations, none rejected"
    )
    _check_rows(manifest)
    views = len(manifest.views)
    yield f"rows         equal across the designs of {views} view{'s' if views > 1 else ''}"
    check_card(folder, manifest)
    configs = manifest.configs()
    yield f"card         {len(configs):,} configs, read by datasets and huggingface_hub"
    yield f"parquet      {check_parquet(folder, manifest):,} files with the rows, columns and features of their configs"
    loaded = load_by_name(folder, manifest, workers, progress)
    spread = ", some of every view and format" if loaded < len(configs) else ""
    yield f"loading      load_dataset by name gives {loaded:,} of {len(configs):,} configs with their rows{spread}"
    yield f"all right    {time.monotonic() - started:.1f} s"


def _check_no_other_files(folder: Path, manifest: Manifest) -> None:
    """Raise InputError for a file that the manifest does not list, where `load_dataset` or the card would find it."""
    for path in sorted((*(folder / "data").rglob("*"), *(folder / "plots").rglob("*"))):
        if path.is_file() and path.relative_to(folder).as_posix() not in manifest.outputs:
            raise InputError(str(path), "is not in the manifest", "Remove it or build the folder again.")


class Checked(NamedTuple):
    """Counts of a check: distinct completions that were read back, and samples that hold them."""

    read: int
    rows: int


def _check_completions(folder: Path, manifest: Manifest, workers: int, progress: Progress) -> Checked:
    """Read back every completion of every config."""
    jobs = list(shard_files(folder, manifest))
    samples = sum(state.record_count * len(state.designs) for state in manifest.views.values())
    read = rows = 0
    with progress.work("reading back", len(jobs), "files of records"):
        for checked in map_processes(check_shard, jobs, workers if samples > FEW_SAMPLES else 1, prepare_process):
            read, rows = read + checked.read, rows + checked.rows
            progress.advance(1)
    return Checked(read, rows)


def check_shard(job: ShardFiles) -> Checked:
    """Parse the completions of one shard and compare them with its records. Raises InputError for the first defect."""
    read = rows = 0
    designs = sorted(map(get_design, job.designs), key=lambda design: design.answer)
    readers = {design: row_groups(job.path(design.name)) for design in designs}
    for records in row_groups(job.folder / job.records):
        gold = gold_answers(records, job.schema, designs[0].format)
        for answer, group in groupby(designs, key=lambda design: design.answer):
            first: pa.Array | None = None
            for design in group:
                batch = _next_batch(job, design, records, readers[design])
                _check_columns(job, design, records, batch)
                completions = batch.column("completion")
                if first is None:
                    first = completions
                    _read_back(job, design, gold, completions, records)
                    read += len(completions)
                elif not first.equals(completions):
                    raise _wrong(job, design, f"completions differ from those of {job.view}-{answer.name}")
                rows += len(completions)
    for design, reader in readers.items():
        if next(reader, None) is not None:
            raise _wrong(job, design, "has more rows than the records")
    return Checked(read, rows)


def _wrong(job: ShardFiles, design: Design, problem: str) -> InputError:
    return InputError(str(job.path(design.name)), problem, BUILD_AGAIN)


def _next_batch(
    job: ShardFiles, design: Design, records: pa.RecordBatch, reader: Iterator[pa.RecordBatch]
) -> pa.RecordBatch:
    """The row group of samples that belongs to a row group of records."""
    batch = next(reader, None)
    if batch is None or len(batch) != len(records):
        raise _wrong(job, design, "has fewer rows than the records")
    return batch


def _check_columns(job: ShardFiles, design: Design, records: pa.RecordBatch, batch: pa.RecordBatch) -> None:
    """Check that samples have the ids, texts and annotations of their records, and prompts of the design's form."""
    same = {"id": "id", "source_text": "text", "annotations": "annotations", "language": "language", "schema": "schema"}
    for column, record_column in same.items():
        if not batch.column(column).equals(records.column(record_column)):
            raise _wrong(job, design, f"the column {column} differs from the records")
    texts, prompts = batch.column("source_text").to_pylist(), batch.column("prompt").to_pylist()
    prefix, suffix = prompt_affixes(prompts[0], texts[0], design, job.schema)
    if prefix is None or any(p != prefix + t + suffix for p, t in zip(prompts, texts, strict=True)):
        raise _wrong(job, design, f"a prompt does not have the form of {design.placement}")


def _read_back(
    job: ShardFiles, design: Design, gold: list[Answer], completions: pa.Array, records: pa.RecordBatch
) -> None:
    """Parse completions strictly and compare them with the gold answers."""
    form = answer_format(design.answer, job.schema)
    # the spans of an inline answer are those of its text, which the other formats do without
    texts = records.column("text").to_pylist() if design.format == INLINE else repeat(None, len(records))
    for number, (completion, text) in enumerate(zip(completions.to_pylist(), texts, strict=True)):
        reading, expected = form.read(completion, text), gold[number]
        if design.reasoning == "none":
            expected = expected._replace(descriptions={})
        if reading.defects or reading.answer != expected:
            reason = reading.defects[0].name if reading.defects else "values differ"
            raise _wrong(
                job, design, f"the completion of {records.column('id')[number].as_py()!r} is not read back ({reason})"
            )


def _check_rows(manifest: Manifest) -> None:
    """Check that every design of a view has the rows of its records."""
    for view, state in manifest.views.items():
        expected = dict(state.report.splits)
        for design in state.designs:
            rows = manifest.split_rows(f"{view}-{design}")
            if rows != expected:
                raise InputError(f"{view}-{design}", f"has the rows {rows}, its view {expected}", BUILD_AGAIN)


def check_card(folder: Path, manifest: Manifest) -> None:
    """Parse the card as the Hub and `load_dataset` do, and compare it with the one that these files give.

    Raises InputError if it cannot be parsed, or if it differs.
    """
    import datasets
    from huggingface_hub import DatasetCard

    location, expected = str(folder / CARD), set(manifest.configs())
    try:
        DatasetCard.load(location, ignore_metadata_errors=False)
        found = set(datasets.get_dataset_config_names(str(folder)))
    except (ValueError, TypeError, OSError, datasets.exceptions.DatasetsError) as error:
        raise InputError(location, f"cannot be parsed ({error})", WRITE_AGAIN) from error
    if found != expected:
        difference = sorted(found ^ expected)
        raise InputError(location, f"and the manifest differ in the config {difference[0]!r}", WRITE_AGAIN)
    if not is_current(folder, manifest):
        raise InputError(location, "differs from the card that these files give", WRITE_AGAIN)
