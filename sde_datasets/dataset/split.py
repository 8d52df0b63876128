"""Open one split of a config, of a built folder or of a repository on the Hub, and read its samples in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from sde_datasets.dataset.address import repository_name
from sde_datasets.dataset.load import RECORDS, can_render, load, read_manifest, resolve
from sde_datasets.dataset.manifest import BUILD_AGAIN, Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.errors import InputError, NoSplit, UsageError, summary
from sde_datasets.utils.files import sha256_of

COLUMNS = ("id", "completion", "source_text", "annotations", "design", "schema")
# samples of a batch
BATCH = 1024


@dataclass(frozen=True)
class SplitIdentity:
    """Which split it is: the name of the folder or repository, the config and the split.

    revision: the commit of a repository; None for a folder. sha256: that of each file of a folder.
    """

    name: str
    config: str
    split: str
    revision: str | None = None
    sha256: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The identity as JSON, for scores, predictions and run folders."""
        return asdict(self)


@dataclass(frozen=True)
class SplitSource:
    """The samples of one split: its identity, the number of rows, and the files or the dataset to read them from.

    A config that is not published is rendered from the records of its view. Of a folder, the files are then those of
    the records, and the samples are in the dataset.
    """

    identity: SplitIdentity
    rows: int
    folder: Path | None = None
    files: tuple[str, ...] = ()
    dataset: Any = None

    @classmethod
    def open(cls, data: str, config: str, split: str, revision: str | None = None) -> SplitSource:
        """Open a split of a built folder, or of a repository if there is no such folder.

        Raises UsageError for an unknown config, NoSplit for an unknown split, InputError for data that cannot be read.
        """
        if not config:
            raise UsageError("give --config, the config whose completions are gold (sde-datasets show lists them)")
        if config.endswith("-records"):
            raise UsageError(f"{config} has no completions: give the config of the prompts")
        if Path(data).exists():
            return cls._open_folder(Path(data), config, split)
        data = repository_name(data, "dataset", revision)
        if data.count("/") != 1 or data.startswith((".", "/")):
            raise InputError(data, "is neither a folder nor a repository", "Give a built folder, or ORG/NAME.")
        return cls._open_repository(data, config, split, revision)

    @classmethod
    def _open_folder(cls, folder: Path, config: str, split: str) -> SplitSource:
        manifest = Manifest.load(folder)
        render = can_render(manifest, config)
        source = f"{config.partition('-')[0]}-{RECORDS}" if render else config
        paths = tuple(manifest.files(source, split))
        hashes = {path: manifest.outputs[path].sha256 for path in paths}
        identity = SplitIdentity(folder.absolute().name, config, split, sha256=hashes)
        samples = load(folder, config, split=split) if render else None
        return cls(identity, manifest.rows(source, split), folder, paths, samples)

    @classmethod
    def _open_repository(cls, name: str, config: str, split: str, revision: str | None) -> SplitSource:
        import datasets
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        datasets.disable_progress_bars()
        name, commit = resolve(name, revision)
        try:
            loaded = datasets.load_dataset(name, config, split=split, revision=commit)
        except (ValueError, OSError, HFValidationError, HfHubHTTPError, datasets.exceptions.DatasetsError) as error:
            if _is_rendered(name, config, commit):
                loaded = load(name, config, split=split, revision=commit)
                return cls(SplitIdentity(name, config, split, commit), len(loaded), dataset=loaded)
            if (known := _splits(name, config, commit)) and split not in known:
                raise NoSplit(config, split, known) from error
            raise InputError(f"{name} {config} {split}", f"cannot be loaded ({summary(error)})") from error
        return cls(SplitIdentity(name, config, split, commit), len(loaded), dataset=loaded)

    def check(self) -> None:
        """Raise InputError if a file of a folder is missing or differs from its manifest."""
        for path, sha256 in self.identity.sha256.items():
            file = self._folder / path
            if not file.is_file() or sha256_of(file) != sha256:
                raise InputError(str(file), "is not what the manifest says", BUILD_AGAIN)

    @property
    def _folder(self) -> Path:
        assert self.folder is not None
        return self.folder

    def batches(self, columns: Sequence[str] = COLUMNS) -> Iterator[pa.RecordBatch]:
        """Yield the samples in order, in batches, with the columns that scoring needs, or others."""
        documents = self._documents() if self.folder is not None and "document" in columns else None
        for batch in self._stored([name for name in columns if name != "document"]):
            if documents is not None:
                batch = batch.append_column("document", pa.array(islice(documents, len(batch)), pa.string()))
            yield batch

    def _stored(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the samples with columns that they have."""
        if self.dataset is not None:
            yield from arrow_batches(self.dataset, columns)
            return
        for path in self.files:
            for group in row_groups(self._folder / path, columns):
                yield from (group.slice(start, BATCH) for start in range(0, len(group), BATCH))

    def _documents(self) -> Iterator[str | None] | None:
        """The documents of the samples of a folder, from its records in the same order; None without the records."""
        records = f"{self.identity.config.partition('-')[0]}-records"
        manifest = Manifest.load(self._folder)
        if records not in manifest.configs():
            return None
        paths = [self._folder / path for path in manifest.files(records, self.identity.split)]
        if not all(path.is_file() for path in paths):
            return None
        groups = (group for path in paths for group in row_groups(path, ["document"]))
        return (document for group in groups for document in group.column("document").to_pylist())


def arrow_batches(table: Any, columns: Sequence[str] = COLUMNS) -> Iterator[pa.RecordBatch]:
    """Yield a table of Arrow or `datasets` in batches. Raises InputError for other objects and without completions."""
    for part in _arrow_tables(table):
        if "completion" not in part.column_names:
            raise InputError("gold", "has no column completion", f"It has {', '.join(part.column_names)}.")
        part = part.select([name for name in columns if name in part.column_names])
        yield from part.to_batches(max_chunksize=BATCH)


def _arrow_tables(table: Any) -> Iterator[pa.Table]:
    if hasattr(table, "with_format"):
        for part in table.with_format("arrow").iter(BATCH):
            yield part if isinstance(part, pa.Table) else pa.table(part)
    elif isinstance(table, pa.Table):
        yield table
    elif isinstance(table, pa.RecordBatch):
        yield pa.table(table)
    else:
        raise InputError("gold", f"is {type(table).__name__}", "Give a list, an Arrow table or a dataset.")


def _is_rendered(name: str, config: str, commit: str | None) -> bool:
    """True if a repository does not have a config and can give it from its records."""
    try:
        return can_render(read_manifest(name, commit), config)
    except InputError:
        return False


def _splits(name: str, config: str, commit: str | None) -> list[str]:
    """The splits of a config of a repository; none if they cannot be listed."""
    import datasets
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return datasets.get_dataset_split_names(name, config, revision=commit)
    except (ValueError, OSError, HFValidationError, HfHubHTTPError, datasets.exceptions.DatasetsError):
        return []
