"""Check that `load_dataset` gives the configs of a folder by name.

Each call of `load_dataset` reads the card and prepares every config in it, so that the time to load all configs grows
with the square of their number: 1.4 s of the processor a call with 1,316 configs. All files are therefore compared by
their Parquet metadata, from which `datasets` takes rows and features, and configs of every kind are loaded by name.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from sde_datasets.dataset.manifest import BUILD_AGAIN, Manifest
from sde_datasets.designs.design import ALIASES, get_design
from sde_datasets.errors import InputError, summary
from sde_datasets.records.columns import RECORD_SCHEMA, SAMPLE_SCHEMA
from sde_datasets.utils.processes import map_processes
from sde_datasets.utils.progress import Progress

# below this number of configs, starting processes takes longer than loading
FEW_CONFIGS = 20
# bundled corpora are small: with up to so many configs, all are loaded
ALL_CONFIGS = 100
# otherwise so many at most, spread over the folder
MOST_CONFIGS = 32
# the metadata of a schema from which `datasets` takes the features
_FEATURES = b"huggingface"


@dataclass(frozen=True)
class LoadJob:
    """A config to load, with the rows that its splits must have."""

    folder: Path
    config: str
    rows: dict[str, int]


def prepare_process() -> None:
    """Prepare a process that loads configs: no network, and the fast YAML parser.

    With hundreds of configs, the Python parser takes most of the time of each loading.
    """
    os.environ.update({"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"})
    yaml.SafeLoader = yaml.CSafeLoader  # type: ignore[misc,assignment]


def check_parquet(folder: Path, manifest: Manifest) -> int:
    """Compare rows, columns and features of every file with the manifest, by its metadata; return the number of files.

    Raises InputError for the first that differs.
    """
    count = 0
    for path, entry in manifest.outputs.items():
        if not entry.config:
            continue
        try:
            metadata = pq.read_metadata(folder / path)
            schema = metadata.schema.to_arrow_schema()
        except (OSError, pa.ArrowException) as error:
            raise InputError(str(folder / path), f"cannot be read ({summary(error)})", BUILD_AGAIN) from error
        expected = RECORD_SCHEMA if entry.config.endswith("-records") else SAMPLE_SCHEMA
        if not schema.equals(expected) or _features(schema) != _features(expected):
            raise InputError(str(folder / path), "has other columns or features than the format", BUILD_AGAIN)
        if metadata.num_rows != entry.rows:
            problem = f"has {metadata.num_rows} rows, the manifest {entry.rows}"
            raise InputError(str(folder / path), problem, BUILD_AGAIN)
        count += 1
    return count


def load_by_name(folder: Path, manifest: Manifest, workers: int, progress: Progress) -> int:
    """Load the configs of `configs_to_load` and compare their rows; return their number. Raises InputError."""
    names = configs_to_load(manifest)
    jobs = [LoadJob(folder, name, dict(sorted(manifest.split_rows(name).items()))) for name in names]
    with progress.work("loading", len(jobs), "configs"):
        for _ in map_processes(load_config, jobs, workers if len(jobs) > FEW_CONFIGS else 1, prepare_process):
            progress.advance(1)
    return len(jobs)


def configs_to_load(manifest: Manifest) -> list[str]:
    """Return all configs of a small folder of bundled corpora; of others some of every kind, in their order.

    These are the records of each view, and a config for each view and format; with many configs of bundled corpora
    further ones at equal distances. There are MOST_CONFIGS at most.
    """
    configs = manifest.configs()
    if manifest.bundled and len(configs) <= ALL_CONFIGS:
        return configs
    names = list({_kind(config): config for config in reversed(configs)}.values())
    if manifest.bundled and len(names) < MOST_CONFIGS:
        others = [config for config in configs if config not in names]
        names += _spread(others, MOST_CONFIGS - len(names))
    return _spread(sorted(names, key=configs.index), MOST_CONFIGS)


def load_config(job: LoadJob) -> None:
    """Load one config by name, in an empty cache, and compare its rows. Raises InputError."""
    with tempfile.TemporaryDirectory() as cache:
        import datasets

        datasets.disable_progress_bars()
        try:
            loaded = datasets.load_dataset(str(job.folder), job.config, cache_dir=cache)
        except (ValueError, OSError, datasets.exceptions.DatasetsError) as error:
            raise InputError(job.config, f"cannot be loaded by name ({error})", BUILD_AGAIN) from error
        rows = {str(split): len(part) for split, part in sorted(loaded.items())}
    if rows != job.rows:
        raise InputError(job.config, f"loads with the rows {rows}, not {job.rows}", BUILD_AGAIN)


def _features(schema: pa.Schema) -> bytes | None:
    return (schema.metadata or {}).get(_FEATURES)


def _kind(config: str) -> tuple[str, str]:
    """The view of a config, and the format of its design, or `records`."""
    view, _, design = config.partition("-")
    return view, design if design == "records" else get_design(ALIASES.get(design, design)).format


def _spread(names: list[str], count: int) -> list[str]:
    """At most `count` of the names, at equal distances."""
    return names if len(names) <= count else [names[number * len(names) // count] for number in range(count)]
