"""Sources: the files of a corpus, given as one file, a folder or an archive as published, or as several of these.

A source remembers which of its files were opened, so that a build can record its inputs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from sde_datasets.errors import InputError
from sde_datasets.ingest.file_kinds import FIRST_BYTES, check_text
from sde_datasets.ingest.source_files import (
    READ_ERRORS,
    Folder,
    SeveralPaths,
    SingleFile,
    Tar,
    Zip,
    files_under,
    plain_name,
    unique_endings,
)
from sde_datasets.utils.files import sha256_of


class Source:
    """The files under one path, or under several: `names()` lists them, `lines(name)` and others read one.

    label: the name of the source in messages and in the manifest, which hold no path of a machine: the name of a single
    file, else the label that is given (the corpus), else the name of the first path.
    given: the names of single files among several paths; builders read them whatever their names.
    opened: the names of the files that were opened.
    splits: for each path the split of its records, or None where they name it themselves.
    """

    def __init__(
        self, path: str | Path | Sequence[str | Path], label: str = "", splits: Sequence[str | None] = ()
    ) -> None:
        paths = [Path(path)] if isinstance(path, str | Path) else [Path(each) for each in path]
        for each in paths:
            if not each.exists():
                raise InputError(str(each), "does not exist", "Check the path after --source NAME=")
        self.path = paths[0]
        self.opened: set[str] = set()
        self._files = files_under(self.path) if len(paths) == 1 else SeveralPaths(paths)
        self.given = self._files.given if isinstance(self._files, SeveralPaths) else []
        self.label = self.path.name if self.is_file else label or self.path.name
        endings = [""] if len(paths) == 1 else unique_endings(paths)
        self._splits = {ending: split for ending, split in zip(endings, splits, strict=False) if split}
        # files that were fetched for this source
        self.keep: object = None

    @property
    def is_archive(self) -> bool:
        """True if the source is one tar or zip file."""
        return isinstance(self._files, Tar | Zip)

    @property
    def is_file(self) -> bool:
        """True if the source is one file that is not an archive."""
        return isinstance(self._files, SingleFile)

    @property
    def is_folder(self) -> bool:
        """True if the source is one folder."""
        return isinstance(self._files, Folder)

    def names(self) -> list[str]:
        """The files, as sorted relative names with slashes, without hidden files."""
        return self._files.names

    def find(self, *patterns: str) -> list[str]:
        """The names whose last part matches one of the shell patterns, without case and the ending of compression."""
        lower = [pattern.lower() for pattern in patterns]
        return [
            name
            for name in self.names()
            if any(fnmatchcase(plain_name(name).rsplit("/", 1)[-1].lower(), pattern) for pattern in lower)
        ]

    def location(self, name: str) -> str:
        """The name of a file in messages and records: a file given by its path has its own name, others the label."""
        return name if self.is_file or name in self.given else f"{self.label}/{name}"

    def split_of(self, location: str) -> str | None:
        """The split that was given for the path of a file, by its location; None if none was."""
        for ending, split in self._splits.items():
            place = location if location in self.given else location.removeprefix(f"{self.label}/")
            if ending in ("", place) or place.startswith(f"{ending}/"):
                return split
        return None

    def open(self, name: str) -> IO[bytes]:
        """One file as a binary stream. Raises InputError if it cannot be opened."""
        self.opened.add(name)
        try:
            return self._files.open(name)
        except READ_ERRORS as error:
            raise InputError(self.location(name), f"cannot be read ({error})") from error

    def inside(self, name: str) -> Source:
        """The archive `name` of this folder as a separate source; it counts as opened here."""
        self.opened.add(name)
        return Source(self.path / name, f"{self.label}/{name}")

    def text(self, name: str) -> str:
        """A small file as text, with its line ends and without a byte order mark. Raises InputError if not UTF-8."""
        with self._reading(name) as stream:
            content = stream.read()
        check_text(content, self.location(name))
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(self.location(name), f"is not UTF-8 ({error})", "Convert it to UTF-8.") from error

    def lines(self, name: str) -> Iterator[str]:
        """The lines of a file, split at line feeds, with their ends and without a byte order mark.

        Raises InputError, naming the line, for bytes that are not UTF-8, a broken stream and an empty file.
        """
        number = 0
        self.check_text(name)
        with self._reading(name) as stream:
            try:
                for number, raw in enumerate(stream, 1):
                    yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                location = f"{self.location(name)}:{number}"
                raise InputError(location, f"is not UTF-8 ({error.reason})", "Convert the file to UTF-8.") from error
        if number == 0:
            raise InputError(self.location(name), "is empty")

    def check_text(self, name: str) -> None:
        """Raise InputError if the first bytes of a file show that it is not UTF-8 text."""
        with self._reading(name) as stream:
            check_text(stream.read(FIRST_BYTES), self.location(name))

    def chunks(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """The bytes of a file in pieces. Raises InputError for a broken stream and an empty file."""
        length = 0
        with self._reading(name) as stream:
            while piece := stream.read(size):
                length += len(piece)
                yield piece
        if length == 0:
            raise InputError(self.location(name), "is empty")

    @contextmanager
    def _reading(self, name: str) -> Iterator[IO[bytes]]:
        """The stream of a file. Raises InputError for a stream that breaks while it is read."""
        with self.open(name) as stream:
            try:
                yield stream
            except READ_ERRORS as error:
                message = f"is truncated or broken ({error})"
                raise InputError(self.location(name), message, "Fetch it again.") from error

    def inputs(self) -> dict[str, str]:
        """What was read: the location and the sha256 of each opened file, or of the archive."""
        if self.is_archive or self.is_file:
            return {self.label: sha256_of(self.path)}
        files = dict(self._files.on_disk(name) for name in sorted(self.opened))
        return {self.location(name): sha256_of(path) for name, path in files.items()}

    def listing(self) -> str:
        """A digest of the list of names, which changes with a new file in a folder."""
        return hashlib.sha256("\0".join(self.names()).encode()).hexdigest()
