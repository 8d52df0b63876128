"""The check: proves a built folder right without a model, and stops at the first thing that is wrong.

Every file against the manifest; every completion of every config read back to what the annotators said; rows equal
across designs; the card through the parsers of `datasets` and `huggingface_hub`; and `load_dataset` by name.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import yaml

from sde_datasets.build import FEW_SAMPLES, cores
from sde_datasets.card.configs import config_files, rows_of
from sde_datasets.card.write import CARD, stands
from sde_datasets.designs import Design, find_design
from sde_datasets.errors import InputError
from sde_datasets.formats import Answer, format_of
from sde_datasets.manifest import BUILD_AGAIN, check_files, read_manifest
from sde_datasets.parquet import row_groups
from sde_datasets.progress import Progress
from sde_datasets.prompts import RULE
from sde_datasets.samples import answers
from sde_datasets.schemas import Schema

WRITE_AGAIN = "Write it again: sde-datasets card FOLDER."


def check(folder: Path, workers: int, progress: Progress) -> Iterator[str]:
    """A line of figures for each thing proved. Raises InputError for the first that is wrong."""
    started = time.monotonic()
    manifest = read_manifest(folder)
    states = manifest["views"]
    files = config_files(manifest)
    checked = check_files(folder, manifest, progress)
    _check_extra(folder, manifest)
    yield f"files        {checked:,} equal to the manifest"
    jobs = [job for name, state in states.items() for job in _jobs(folder, name, state, files)]
    count = sum(sum(state["report"]["splits"].values()) * len(state["designs"]) for state in states.values())
    read = rows = 0
    with progress.work("reading back", len(jobs), "files of records"), _pool(workers, count > FEW_SAMPLES) as mapped:
        for job_read, job_rows in mapped(check_shard, jobs):
            read, rows = read + job_read, rows + job_rows
            progress.advance(1)
    yield f"completions  {rows:,} samples, {read:,} different ones read back: equal to the annotations, none rejected"
    _check_rows(manifest)
    yield f"rows         equal across the designs of {len(states)} views"
    check_card(folder, manifest)
    yield f"card         {len(files):,} configs, read by datasets and huggingface_hub"
    names = list(files) if manifest["bundled"] else _some(states)
    expected = {name: dict(sorted(rows_of(manifest, name).items())) for name in names}
    with progress.work("loading", len(names), "configs"), _pool(workers, len(names) > 20) as mapped:
        for _ in mapped(_load, [(folder, name, expected[name]) for name in names]):
            progress.advance(1)
    yield f"loading      load_dataset by name gives {len(names):,} of {len(files):,} configs with their rows"
    yield f"all right    {time.monotonic() - started:.1f} s"


class _pool:
    """A `map` over processes, or over nothing but this one where the work is small."""

    def __init__(self, workers: int, worth_it: bool) -> None:
        workers = workers or cores()
        spawn = {"mp_context": get_context("spawn"), "initializer": _begin}
        self._pool = ProcessPoolExecutor(workers, **spawn) if worth_it and workers > 1 else None

    def __enter__(self):
        return self._pool.map if self._pool else map

    def __exit__(self, *_) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """What a worker process does first."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    # a folder of hundreds of configs spends most of each loading in the Python parser, which has read the card before
    yaml.SafeLoader = yaml.CSafeLoader


def _check_extra(folder: Path, manifest: dict) -> None:
    """Nothing stands beside what the manifest lists, where `load_dataset` or the card would find it."""
    for path in sorted((*(folder / "data").rglob("*"), *(folder / "plots").rglob("*"))):
        if path.is_file() and path.relative_to(folder).as_posix() not in manifest["outputs"]:
            raise InputError(str(path), "is not in the manifest", "Remove it or build the folder again.")


@dataclass(frozen=True)
class CheckJob:
    """One shard of a view's records and one format: all its designs, with their shards, are read back."""

    folder: Path
    view: str
    schema: Schema
    records: str
    designs: dict[str, str]

    def path(self, design: str) -> Path:
        """The file of a design that belongs to these records."""
        return self.folder / self.designs[design]


def _jobs(folder: Path, view: str, state: dict, files: dict) -> Iterator[CheckJob]:
    schema = Schema.from_json(json.dumps(state["schema"]))
    by_format = sorted(state["designs"], key=lambda name: find_design(name).format)
    for split, shards in files[f"{view}-records"].items():
        for number, shard in enumerate(shards):
            for _, names in groupby(by_format, key=lambda name: find_design(name).format):
                paths = {name: _shard(folder, files, f"{view}-{name}", split, number) for name in names}
                yield CheckJob(folder, view, schema, shard, paths)


def _shard(folder: Path, files: dict, config: str, split: str, number: int) -> str:
    paths = files[config].get(split, [])
    if number >= len(paths):
        raise InputError(f"{folder}/manifest.json", f"{config} lacks files of the split {split}", BUILD_AGAIN)
    return paths[number]


def check_shard(job: CheckJob) -> tuple[int, int]:
    """Read back one shard; how many distinct completions were read, and how many samples they stand in."""
    read = rows = 0
    designs = sorted(map(find_design, job.designs), key=lambda design: design.answer)
    readers = {design: row_groups(job.path(design.name)) for design in designs}
    for records in row_groups(job.folder / job.records):
        said = answers(records.column("annotations"), job.schema, designs[0].format)
        for answer, group in groupby(designs, key=lambda design: design.answer):
            first: pa.Array | None = None
            for design in group:
                batch = next(readers[design], None)
                _check_columns(job, design, records, batch)
                completions = batch.column("completion")
                if first is None:
                    first = completions
                    _read_back(job, design, said, completions, records.column("id"))
                    read += len(completions)
                elif not first.equals(completions):
                    raise _wrong(job, design, f"completions differ from those of {job.view}-{answer.name}")
                rows += len(completions)
    for design, reader in readers.items():
        if next(reader, None) is not None:
            raise _wrong(job, design, "has more rows than the records")
    return read, rows


def _wrong(job: CheckJob, design: Design, what: str) -> InputError:
    return InputError(str(job.path(design.name)), what, BUILD_AGAIN)


def _check_columns(job: CheckJob, design: Design, records: pa.RecordBatch, batch: pa.RecordBatch | None) -> None:
    """A row group of samples stands for the row group of records: same ids, texts, annotations, prompts of one form."""
    if batch is None or len(batch) != len(records):
        raise _wrong(job, design, "has fewer rows than the records")
    same = {"id": "id", "source_text": "text", "annotations": "annotations", "language": "language", "schema": "schema"}
    for ours, theirs in same.items():
        if not batch.column(ours).equals(records.column(theirs)):
            raise _wrong(job, design, f"the column {ours} differs from the records")
    texts, written = batch.column("source_text").to_pylist(), batch.column("prompt").to_pylist()
    prefix, suffix = _around(written[0], texts[0], design, f"\n{job.schema.cue}\n")
    if prefix is None or any(p != prefix + t + suffix for p, t in zip(written, texts, strict=True)):
        raise _wrong(job, design, f"a prompt has not the form of {design.placement}")


def _around(prompt: str, text: str, design: Design, cue: str) -> tuple[str | None, str]:
    """What stands before and after the text of a prompt; None before it where the prompt has not the design's form."""
    rule = f"\n{RULE}\n"
    if design.placement == "inst-first":
        prefix, suffix = prompt[: len(prompt) - len(text) - len(cue)], cue
        right = prefix.endswith(rule)
    else:
        prefix, suffix = "", prompt[len(text) :]
        right = suffix == cue if design.placement == "no-inst" else suffix.startswith(rule) and suffix.endswith(cue)
    return (prefix if right else None), suffix


def _read_back(job: CheckJob, design: Design, said: list[Answer], completions: pa.Array, ids: pa.Array) -> None:
    form = format_of(design.answer, job.schema)
    for number, completion in enumerate(completions.to_pylist()):
        reading, expected = form.read(completion), said[number]
        if design.reasoning == "none":
            expected = Answer(expected.values, {})
        if reading.defects or reading.answer != expected:
            what = reading.defects[0].name if reading.defects else "values differ"
            raise _wrong(job, design, f"the completion of {ids[number].as_py()!r} is not read back ({what})")


def _check_rows(manifest: dict) -> None:
    for view, state in manifest["views"].items():
        for design in state["designs"]:
            rows = rows_of(manifest, f"{view}-{design}")
            if rows != state["report"]["splits"]:
                raise InputError(f"{view}-{design}", f"has the rows {rows}, its view {state['report']['splits']}")


def _some(states: dict) -> list[str]:
    """One config a view and format, and the records of each view."""
    names = [(view, name) for view, state in states.items() for name in reversed(state["designs"])]
    chosen = {(view, find_design(name).format): f"{view}-{name}" for view, name in names}
    return [*chosen.values(), *(f"{view}-records" for view in states)]


def check_card(folder: Path, manifest: dict) -> None:
    """The card through the parsers that the Hub and `load_dataset` use, and against what the files say.

    Raises InputError where a parser stumbles, or where the card is not the one that is written for these files.
    """
    from datasets.utils.metadata import MetadataConfigs
    from huggingface_hub import DatasetCard

    place, expected = str(folder / CARD), set(config_files(manifest))
    try:
        card = DatasetCard.load(place, ignore_metadata_errors=False)
        found = MetadataConfigs.from_dataset_card_data(card.data)
    except (ValueError, TypeError, OSError) as error:
        raise InputError(place, f"is no card ({error})", WRITE_AGAIN) from error
    if set(found) != expected:
        difference = sorted(set(found) ^ expected)
        raise InputError(place, f"and the manifest differ in the config {difference[0]!r}", WRITE_AGAIN)
    if not stands(folder, manifest):
        raise InputError(place, "is not what is written for these files", WRITE_AGAIN)


def _load(job: tuple[Path, str, dict[str, int]]) -> None:
    """Load one config by name, in a cache of its own, and compare its rows."""
    folder, config, expected = job
    with tempfile.TemporaryDirectory() as cache:
        import datasets

        datasets.disable_progress_bars()
        try:
            loaded = datasets.load_dataset(str(folder), config, cache_dir=cache)
        except (ValueError, OSError, datasets.exceptions.DatasetsError) as error:
            raise InputError(config, f"cannot be loaded by name ({error})", BUILD_AGAIN) from error
        rows = {str(split): len(part) for split, part in sorted(loaded.items())}
    if rows != expected:
        raise InputError(config, f"loads with the rows {rows}, not {expected}", BUILD_AGAIN)
