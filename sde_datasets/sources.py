"""Sources: the files of a corpus, given as one file, a folder or an archive as published.

An archive is read member by member and never unpacked onto paths that it names. A source remembers which of its files
were opened, so that a build can say what it was made from.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sde_datasets.errors import InputError

ARCHIVES = (".tgz", ".tar.gz", ".tar", ".zip")


class Source:
    """The files under one path: `names()` lists them, `open(name)` reads one.

    `label` stands before the names in every message and in the manifest, so that no path of a machine gets there.
    """

    def __init__(self, path: str | Path, label: str = "") -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise InputError(str(path), "does not exist", "Check the path after --source NAME=")
        self.label = label or self.path.name
        self.opened: set[str] = set()
        if self.path.is_dir():
            self._files: _Folder | _Tar | _Zip | _File = _Folder(self.path)
        elif not self.path.name.lower().endswith(ARCHIVES):
            self._files = _File(self.path)
        elif self.path.name.lower().endswith(".zip"):
            self._files = _Zip(self.path)
        else:
            self._files = _Tar(self.path)

    @property
    def is_archive(self) -> bool:
        """True where the source is a tar or zip file."""
        return isinstance(self._files, _Tar | _Zip)

    def names(self) -> list[str]:
        """The files, as sorted relative names with slashes; hidden ones are left out."""
        return self._files.names

    def find(self, *patterns: str) -> list[str]:
        """The names whose last part matches one of the shell patterns, whatever its case."""
        lower = [pattern.lower() for pattern in patterns]
        return [n for n in self.names() if any(fnmatch.fnmatchcase(_last(n).lower(), p) for p in lower)]

    def place(self, name: str) -> str:
        """How messages and records name a file of this source."""
        return self.label if self.path.is_file() and not self.is_archive else f"{self.label}/{name}"

    def open(self, name: str) -> BinaryIO:
        """One file as a binary stream. Raises InputError where it cannot be read."""
        self.opened.add(name)
        try:
            return self._files.open(name)
        except _BROKEN as error:
            raise InputError(self.place(name), f"cannot be read ({error})") from error

    def inside(self, name: str) -> Source:
        """The archive `name` of this folder as a source of its own; it counts as opened here."""
        self.opened.add(name)
        return Source(self.path / name, f"{self.label}/{name}")

    def bytes(self, name: str) -> bytes:
        """One whole file, for those that are small by nature (a document, a list of ids)."""
        with self.open(name) as stream:
            try:
                return stream.read()
            except _BROKEN as error:
                raise InputError(self.place(name), f"is truncated or broken ({error})", "Fetch it again.") from error

    def text(self, name: str) -> str:
        """One whole small file as text, ends of line as they are. Raises InputError where it is not UTF-8."""
        try:
            return self.bytes(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(self.place(name), f"is not UTF-8 ({error})", "Convert it to UTF-8.") from error

    def lines(self, name: str) -> Iterator[str]:
        """The lines of a file with their ends, a byte order mark taken off. Cut at line feeds only.

        Raises InputError, naming the line, for bytes that are not UTF-8, a broken stream and an empty file.
        """
        number = 0
        with self.open(name) as stream:
            try:
                for number, raw in enumerate(stream, 1):
                    yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                place = f"{self.place(name)}:{number}"
                raise InputError(place, f"is not UTF-8 ({error.reason})", "Convert the file to UTF-8.") from error
            except _BROKEN as error:
                raise InputError(self.place(name), f"is truncated or broken ({error})", "Fetch it again.") from error
        if number == 0:
            raise InputError(self.place(name), "is empty")

    def chunks(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """The bytes of a file in pieces. Raises InputError for a broken stream and an empty file."""
        read = 0
        with self.open(name) as stream:
            try:
                while piece := stream.read(size):
                    read += len(piece)
                    yield piece
            except _BROKEN as error:
                raise InputError(self.place(name), f"is truncated or broken ({error})", "Fetch it again.") from error
        if read == 0:
            raise InputError(self.place(name), "is empty")

    def inputs(self) -> dict[str, str]:
        """What was read: place -> sha256 of each opened file (of the archive itself for an archive)."""
        names = [""] if self.is_archive or self.path.is_file() else sorted(self.opened)
        return {f"{self.label}/{n}" if n else self.label: sha256_of(self.path / n) for n in names}

    def listing(self) -> str:
        """A digest of the list of names, so that a new file in a folder is noticed."""
        return hashlib.sha256("\0".join(self.names()).encode()).hexdigest()


_BROKEN = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, KeyError)


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _safe(names: list[str], archive: Path) -> list[str]:
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name.replace("\\", "/")).parts:
            raise InputError(archive.name, f"has a member {name!r} that points out of the archive", "It is not read.")
    return sorted(name for name in names if not _hidden(name))


class _File:
    def __init__(self, path: Path) -> None:
        self.path, self.names = path, [path.name]

    def open(self, name: str) -> BinaryIO:
        return self.path.open("rb")


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        found = (p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
        self.names = sorted(name for name in found if not _hidden(name))

    def open(self, name: str) -> BinaryIO:
        return (self.path / name).open("rb")


class _Tar:
    """A tar archive, copied into one nameless temporary file, since members are read in any order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._plain = tempfile.TemporaryFile()
        try:
            with tarfile.open(path, "r:*") as archive:
                self._spool(archive)
                # to the end, where a compressed file carries its checksum
                while archive.fileobj.read(1 << 20):
                    pass
        except _BROKEN as error:
            raise InputError(path.name, f"is not a whole tar archive ({error})", "Fetch it again.") from error
        self.names = _safe(list(self._members), path)

    def _spool(self, archive: tarfile.TarFile) -> None:
        self._members: dict[str, tuple[int, int]] = {}
        for member in archive:
            stream = archive.extractfile(member) if member.isreg() else None
            if stream is None:
                continue
            start = self._plain.tell()
            while piece := stream.read(1 << 20):
                self._plain.write(piece)
            if self._plain.tell() - start != member.size:
                raise EOFError(f"member {member.name} is cut off")
            self._members[member.name] = (start, member.size)

    def open(self, name: str) -> BinaryIO:
        start, size = self._members[name]
        return io.BufferedReader(_Window(self._plain, start, size))


class _Window(io.RawIOBase):
    """A stretch of an open file as a stream of its own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._at, self._end = file, start, start + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        self._file.seek(self._at)
        piece = self._file.read(min(len(buffer), self._end - self._at))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class _Zip:
    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise InputError(path.name, f"is not a whole zip archive ({error})", "Fetch it again.") from error
        self.names = _safe([i.filename for i in self._archive.infolist() if not i.is_dir()], path)

    def open(self, name: str) -> BinaryIO:
        return self._archive.open(name)
