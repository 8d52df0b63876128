"""Write files and folders atomically, and hash files.

A reader sees the old state or the complete new one: everything is written under a temporary name in the same folder,
and renamed when it is complete. A killed process leaves the temporary name, which the next write replaces.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# suffixes of incomplete files and folders, and of a folder while it is replaced
PART, OLD = ".part", ".old"


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically, with Unix line ends."""
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; rename it to `path` when the block ends without an error.

    After an error the temporary file is removed and `path` is unchanged.
    """
    part = path.with_name(path.name + PART)
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def atomic_dir(folder: Path) -> Iterator[Path]:
    """Yield an empty temporary folder; it replaces `folder` when the block ends without an error.

    After an error `folder` is unchanged, and the temporary folder is left for the next call to replace.
    """
    part = folder.with_name(folder.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    replace_dir(part, folder)


def replace_dir(source: Path, folder: Path) -> None:
    """Rename `source` to `folder`, and remove the folder that had this name.

    If the process is killed between the two renames, the old folder is left as `<name>.old`.
    """
    old = folder.with_name(folder.name + OLD)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    source.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
