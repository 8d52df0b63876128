"""The files of a source: one file, a folder, a tar or zip archive, or several of these, behind one interface.

An archive is read member by member and never unpacked onto the paths that it names.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from sde_datasets.errors import InputError, UsageError

ARCHIVES = (".tgz", ".tar.gz", ".tar", ".zip")
# errors of opening and reading files and members of archives
READ_ERRORS = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError)
# endings of compressed files that are read as what they hold
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


class SourceFiles(Protocol):
    """A collection of files. names: their sorted relative names with slashes, without hidden files."""

    names: list[str]

    def open(self, name: str) -> IO[bytes]:
        """Open one file for reading. Raises one of READ_ERRORS if that fails."""

    def on_disk(self, name: str) -> tuple[str, Path]:
        """The file on disk that holds `name`: its name under the path of the source (empty for that path), its path."""


def plain_name(name: str) -> str:
    """The name of a file without the ending of its compression: `a/train.jsonl.gz` -> `a/train.jsonl`."""
    lower = name.lower()
    if lower.endswith(ARCHIVES):
        return name
    return name[: -len(ending)] if (ending := next(filter(lower.endswith, COMPRESSED), "")) else name


def open_plain(path: Path) -> IO[bytes]:
    """A file for reading, decompressed if its name ends in one of COMPRESSED."""
    return decompressed(path.open("rb"), path.name)


def decompressed(stream: IO[bytes], name: str) -> IO[bytes]:
    """The bytes of a stream, decompressed as the ending of its name says."""
    kind = name[len(plain_name(name)) :].lower()
    if not kind:
        return stream
    if kind == ".gz":
        inner: Any = gzip.GzipFile(fileobj=stream)
    elif kind == ".bz2":
        inner = bz2.BZ2File(stream)
    elif kind == ".xz":
        inner = lzma.LZMAFile(stream)
    else:
        import pyarrow as pa

        inner = pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd")
    return io.BufferedReader(_Decompressed(inner, stream))


class _Decompressed(io.RawIOBase):
    """What `inner` decompresses; `stream`, which it reads, is closed with it."""

    def __init__(self, inner: Any, stream: IO[bytes]) -> None:
        self._inner, self._stream = inner, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]  # Buffer is Python 3.12's
        piece = self._inner.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            self._stream.close()
        super().close()


def files_under(path: Path) -> SourceFiles:
    """The files of a folder, an archive or a single file. Raises InputError for a broken archive."""
    if path.is_dir():
        return Folder(path)
    name = path.name.lower()
    return Zip(path) if name.endswith(".zip") else Tar(path) if name.endswith(ARCHIVES) else SingleFile(path)


def unique_endings(paths: Sequence[str | Path]) -> list[str]:
    """For each path its last parts, as many as distinguish it from the others: `a/train.csv` and `b/train.csv`.

    Raises UsageError for a path that is given twice.
    """
    all_parts = [Path(path).parts for path in paths]
    endings = []
    for parts in all_parts:
        length = 1
        while sum(other[-length:] == parts[-length:] for other in all_parts) > 1:
            length += 1
            if length > len(parts):
                raise UsageError(f"{'/'.join(parts)} is given twice")
        endings.append("/".join(parts[-length:]))
    return endings


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _safe_names(names: list[str], archive: Path) -> list[str]:
    """The names of members that are not hidden. Raises InputError for a name that points out of the archive."""
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name.replace("\\", "/")).parts:
            raise InputError(archive.name, f"has a member {name!r} that points out of the archive", "It is not read.")
    return sorted(name for name in names if not _is_hidden(name))


class SeveralPaths:
    """The files of several paths: the name of each begins with the unique ending of its path.

    given: the names of single files among the paths.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._parts: dict[str, tuple[str, SourceFiles, str]] = {}
        self.given: list[str] = []
        for ending, path in zip(unique_endings(paths), paths, strict=True):
            part = files_under(path)
            if isinstance(part, SingleFile):
                self.given.append(ending)
                self._parts[ending] = (ending, part, path.name)
            else:
                self._parts |= {f"{ending}/{name}": (ending, part, name) for name in part.names}
        self.names = sorted(self._parts)

    def open(self, name: str) -> IO[bytes]:
        _, part, inner = self._parts[name]
        return part.open(inner)

    def on_disk(self, name: str) -> tuple[str, Path]:
        ending, part, inner = self._parts[name]
        within, path = part.on_disk(inner)
        return f"{ending}/{within}" if within else ending, path


class SingleFile:
    """One file that is not an archive."""

    def __init__(self, path: Path) -> None:
        self._path, self.names = path, [path.name]

    def open(self, name: str) -> IO[bytes]:
        return open_plain(self._path)

    def on_disk(self, name: str) -> tuple[str, Path]:
        return "", self._path


class Folder:
    """The files of a folder and of its folders."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = (file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
        self.names = sorted(name for name in found if not _is_hidden(name))

    def open(self, name: str) -> IO[bytes]:
        return open_plain(self._path / name)

    def on_disk(self, name: str) -> tuple[str, Path]:
        return name, self._path / name


class Tar:
    """A tar archive, copied into one temporary file without a name, because members are read in any order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._plain = tempfile.TemporaryFile()
        self._members: dict[str, tuple[int, int]] = {}
        # a source is never closed, so the file is closed when the archive and its streams are no longer used
        weakref.finalize(self, self._plain.close)
        try:
            with tarfile.open(path, "r:*") as archive:
                self._copy_members(archive)
                # to the end, because a compressed file has its checksum there
                while archive.fileobj and archive.fileobj.read(1 << 20):
                    pass
        except READ_ERRORS as error:
            raise InputError(path.name, f"is not a complete tar archive ({error})", "Fetch it again.") from error
        self.names = _safe_names(list(self._members), path)

    def _copy_members(self, archive: tarfile.TarFile) -> None:
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

    def open(self, name: str) -> IO[bytes]:
        start, size = self._members[name]
        return decompressed(io.BufferedReader(_Member(self, start, size)), name)

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes of the temporary file from `start`."""
        self._plain.seek(start)
        return self._plain.read(size)

    def on_disk(self, name: str) -> tuple[str, Path]:
        return "", self._path


class _Member(io.RawIOBase):
    """One member of a tar archive as a separate stream."""

    def __init__(self, archive: Tar, start: int, size: int) -> None:
        self._archive, self._at, self._end = archive, start, start + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]  # Buffer is Python 3.12's
        piece = self._archive.read(self._at, min(len(buffer), self._end - self._at))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class Zip:
    """A zip archive."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except READ_ERRORS as error:
            raise InputError(path.name, f"is not a complete zip archive ({error})", "Fetch it again.") from error
        self.names = _safe_names([member.filename for member in self._archive.infolist() if not member.is_dir()], path)

    def open(self, name: str) -> IO[bytes]:
        return decompressed(self._archive.open(name), name)

    def on_disk(self, name: str) -> tuple[str, Path]:
        return "", self._path
