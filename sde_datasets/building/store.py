"""The dataset folder of a cluster: a folder that all machines share, or an address of an object store.

Workers write files in a folder of their own and put them into place when they are complete. A file that is put twice
has the same bytes, so a task that runs twice changes nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from sde_datasets.dataset.manifest import NAME, WORK
from sde_datasets.errors import InputError, UsageError, summary
from sde_datasets.ingest.remote import public_address
from sde_datasets.utils.files import sha256_of, write_text


class StoreError(InputError):
    """A store cannot be read or written, perhaps for a moment."""


class Store(Protocol):
    """Where the files of a dataset folder are. Paths are relative to the folder."""

    @property
    def address(self) -> str:
        """The folder or the address, for messages."""

    def work_folder(self) -> Any:
        """A context that gives a temporary folder for the files of one task."""

    def fetch(self, path: str, folder: Path) -> Path:
        """The file at a path as a file of this machine; `folder` takes it if it is copied."""

    def put(self, file: Path, path: str) -> None:
        """Move a complete file of this machine to a path."""

    def open(self, path: str) -> IO[bytes]:
        """A file for reading."""

    def is_unchanged(self, path: str, sha256: str) -> bool:
        """True if a file exists and has this sha256 as far as the store can tell."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The bytes of each file below a folder."""

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files."""


@dataclass(frozen=True)
class FolderStore:
    """A folder that this machine and all workers see under the same path."""

    root: Path

    @property
    def address(self) -> str:
        return str(self.root)

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        # on the file system of the folder, so that a complete file is renamed
        (self.root / WORK / "tasks").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.root / WORK / "tasks") as name:
            yield Path(name)

    def fetch(self, path: str, folder: Path) -> Path:
        return self.root / path

    def put(self, file: Path, path: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)

    def open(self, path: str) -> IO[bytes]:
        return (self.root / path).open("rb")

    def is_unchanged(self, path: str, sha256: str) -> bool:
        return (self.root / path).is_file() and sha256_of(self.root / path) == sha256

    def sizes(self, folder: str) -> dict[str, int]:
        found = (path for path in (self.root / folder).rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.stat().st_size for path in found}

    def remove(self, paths: Sequence[str]) -> None:
        for path in paths:
            (self.root / path).unlink(missing_ok=True)


@dataclass(frozen=True)
class UrlStore:
    """An address that fsspec opens, such as `s3://bucket/folder`. A file of the store is visible when it is complete.

    fsspec takes keys and endpoints from the environment and from its configuration files, on every machine.
    """

    url: str

    @property
    def address(self) -> str:
        return public_address(self.url)

    @contextmanager
    def _files(self) -> Iterator[tuple[Any, str]]:
        """The file system, which fsspec keeps, and the path of the folder in it. Raises StoreError and UsageError."""
        import fsspec

        try:
            files, root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise UsageError(f"--out {self.address}: {summary(error)}") from error
        try:
            yield files, root.rstrip("/")
        except Exception as error:  # each package of fsspec has errors of its own
            hint = "Check the address and your access. Complete shards are kept: run the same command again."
            raise StoreError(self.address, f"cannot be read or written ({summary(error)})", hint) from error

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)

    def fetch(self, path: str, folder: Path) -> Path:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._files() as (files, root):
            files.get_file(f"{root}/{path}", str(target))
        return target

    def put(self, file: Path, path: str) -> None:
        self.copy(file, path)
        file.unlink()

    def copy(self, file: Path, path: str) -> None:
        """Copy a complete file of this machine to a path."""
        with self._files() as (files, root):
            files.put_file(str(file), f"{root}/{path}")

    def open(self, path: str) -> IO[bytes]:
        with self._files() as (files, root):
            return files.open(f"{root}/{path}", "rb")

    def is_unchanged(self, path: str, sha256: str) -> bool:
        with self._files() as (files, root):
            return files.exists(f"{root}/{path}")

    def sizes(self, folder: str) -> dict[str, int]:
        with self._files() as (files, root):
            files.invalidate_cache()
            found = files.find(f"{root}/{folder}".rstrip("/"), detail=True)
        return {path.removeprefix(f"{root}/"): entry["size"] for path, entry in found.items()}

    def remove(self, paths: Sequence[str]) -> None:
        if paths:
            with self._files() as (files, root):
                files.rm([f"{root}/{path}" for path in paths])

    def claim(self, staging: Path) -> None:
        """Make the folder incomplete: its manifest and its card move to the folder of this machine that stages a build.

        Raises InputError for a folder that holds other things.
        """
        present = self.sizes("")
        if present and NAME not in present and not any(path.startswith(f"{WORK}/") for path in present):
            raise InputError(self.address, "exists and is not a folder that sde-datasets built", "Give another --out.")
        (staging / WORK).mkdir(parents=True, exist_ok=True)
        if "README.md" in present:
            self.fetch("README.md", staging)
        if NAME in present:
            self.fetch(NAME, staging / WORK)
            self.copy(staging / WORK / NAME, f"{WORK}/{NAME}")
            self.remove([NAME])
        elif f"{WORK}/{NAME}" in present:
            self.fetch(f"{WORK}/{NAME}", staging)


def open_store(out: str) -> FolderStore | UrlStore:
    """The store of a path, or of an address with a scheme."""
    if "://" in out:
        return UrlStore(out.rstrip("/"))
    return FolderStore(Path(out).absolute())


def put_text(store: Store, path: str, text: str) -> None:
    """Write a UTF-8 text to a path of a store, complete or not at all."""
    with store.work_folder() as folder:
        file = folder / "text"
        write_text(file, text)
        store.put(file, path)


def get_text(store: Store, path: str) -> str:
    """The UTF-8 text at a path of a store."""
    with store.open(path) as stream:
        return stream.read().decode("utf-8")
