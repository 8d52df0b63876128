"""The files of a dataset: of a built folder, or of a repository on the Hub, which are downloaded when they are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sde_datasets.dataset.address import repository_name
from sde_datasets.dataset.manifest import NAME, Manifest
from sde_datasets.errors import InputError


@dataclass(frozen=True)
class DatasetFiles:
    """A dataset by its manifest. folder: of a built dataset, or with what was downloaded of a repository.

    name: as `load_dataset` takes it; of a folder its last part. revision: the commit of a repository, "" for a folder.
    """

    name: str
    manifest: Manifest
    folder: Path
    revision: str = ""

    @classmethod
    def open(cls, data: str, revision: str | None = None) -> DatasetFiles:
        """Open a built folder, or a repository if there is no such folder.

        Raises InputError for what is neither, or cannot be read, UsageError for a wrong address.
        """
        folder = Path(data)
        if folder.exists():
            return cls(folder.absolute().name, Manifest.load(folder), folder)
        name = repository_name(data, "dataset", revision)
        if name.count("/") != 1 or name.startswith((".", "/")):
            raise InputError(data, "is neither a folder nor a repository", "Give a built folder, or ORG/NAME.")
        from sde_datasets.explorer.downloads import dataset_commit, downloaded

        name, commit = dataset_commit(name, revision)
        folder = downloaded(name, NAME, "dataset", commit).parent
        return cls(name, Manifest.load(folder), folder, commit)

    def path(self, file: str) -> Path:
        """The path of a file of the dataset on this machine. Raises InputError if it cannot be downloaded."""
        if not self.revision:
            return self.folder / file
        from sde_datasets.explorer.downloads import downloaded

        return downloaded(self.name, file, "dataset", self.revision)
