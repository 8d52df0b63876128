"""Where gold comes from: one split of a config, of a built folder or of a repository on the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa

from sde_datasets.card.configs import split_files
from sde_datasets.errors import InputError, UsageError
from sde_datasets.manifest import BUILD_AGAIN, read_manifest
from sde_datasets.parquet import row_groups
from sde_datasets.sources import sha256_of

COLUMNS = ("id", "completion", "source_text", "annotations", "design", "schema")
# samples that are scored at a time
BATCH = 1024


@dataclass(frozen=True)
class GoldSource:
    """The samples of one split: what is said of them in scores.json, how many they are, and the means to read them."""

    about: dict
    rows: int
    folder: Path | None = None
    files: tuple[str, ...] = ()
    dataset: Any = None

    @classmethod
    def of(cls, data: str, config: str, split: str, revision: str | None = None) -> GoldSource:
        """A split of a built folder, or of a repository where there is no such folder.

        Raises UsageError for an unknown config or split, InputError for data that cannot be read.
        """
        if not config:
            raise UsageError("give --config, the config whose completions are gold (sde-datasets show lists them)")
        if config.endswith("-records"):
            raise UsageError(f"{config} has no completions: give the config that was asked of the model")
        if Path(data).exists():
            return cls._of_folder(Path(data), config, split)
        if data.count("/") != 1 or data.startswith((".", "/")):
            raise InputError(data, "is neither a folder nor a repository", "Give a built folder, or ORG/NAME.")
        return cls._of_repository(data, config, split, revision)

    @classmethod
    def _of_folder(cls, folder: Path, config: str, split: str) -> GoldSource:
        manifest = read_manifest(folder)
        paths = tuple(split_files(folder, manifest, config, split))
        entries = [manifest["outputs"][path] for path in paths]
        hashes = {path: entry["sha256"] for path, entry in zip(paths, entries, strict=True)}
        about = {"name": folder.absolute().name, "config": config, "split": split, "revision": None, "sha256": hashes}
        return cls(about, sum(entry["rows"] for entry in entries), folder, paths)

    @classmethod
    def _of_repository(cls, name: str, config: str, split: str, revision: str | None) -> GoldSource:
        import datasets
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        datasets.disable_progress_bars()
        commit = _commit(name, revision) or revision
        try:
            loaded = datasets.load_dataset(name, config, split=split, revision=commit)
        except (ValueError, OSError, HFValidationError, HfHubHTTPError, datasets.exceptions.DatasetsError) as error:
            said = (str(error).strip() or repr(error)).splitlines()[0]
            raise InputError(f"{name} {config} {split}", f"cannot be loaded ({said})") from error
        known = {"name": name, "config": config, "split": split, "revision": commit, "sha256": {}}
        return cls(known, len(loaded), dataset=loaded)

    def check(self) -> None:
        """Raises InputError where a file of a folder is not what its manifest says."""
        for path, said in self.about["sha256"].items():
            place = self.folder / path
            if not place.is_file() or sha256_of(place) != said:
                raise InputError(str(place), "is not what the manifest says", BUILD_AGAIN)

    def batches(self, columns: Sequence[str] = COLUMNS) -> Iterator[pa.RecordBatch]:
        """The samples in order, a batch at a time, with the columns that scoring needs, or others."""
        if self.folder is not None:
            whole = (batch for path in self.files for batch in row_groups(self.folder / path, columns))
            yield from (batch.slice(at, BATCH) for batch in whole for at in range(0, len(batch), BATCH))
        else:
            yield from arrow_batches(self.dataset, columns)


def arrow_batches(table: Any, columns: Sequence[str] = COLUMNS) -> Iterator[pa.RecordBatch]:
    """A table of Arrow or `datasets` in batches. Raises InputError where it is none of these or lacks completions."""
    if hasattr(table, "with_format"):
        parts = table.with_format("arrow").iter(BATCH)
        tables = (part if isinstance(part, pa.Table) else pa.table(part) for part in parts)
    elif isinstance(table, (pa.Table, pa.RecordBatch)):
        tables = iter([pa.table(table) if isinstance(table, pa.RecordBatch) else table])
    else:
        raise InputError("gold", f"is {type(table).__name__}", "Give a list, an Arrow table or a dataset.")
    for part in tables:
        if "completion" not in part.column_names:
            raise InputError("gold", "has no column completion", f"It has {', '.join(part.column_names)}.")
        part = part.select([name for name in columns if name in part.column_names])
        yield from part.to_batches(max_chunksize=BATCH)


def _commit(name: str, revision: str | None) -> str | None:
    """The commit that a repository is at, so that scores say of which state they are; None where nobody can say.

    Without the network the dataset is loaded from the cache, which has no need of it.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        return HfApi().dataset_info(name, revision=revision).sha
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, OSError, httpx2.HTTPError):
        return None
