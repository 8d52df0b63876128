"""Bytes on disk by their sha256, and the digests git and the Hub give them."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path


def git_blob(content: bytes) -> str:
    """The id git gives to a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def pointer(sha256: str, size: int) -> bytes:
    """The text in git of a file that is kept in LFS."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


class Blobs:
    """A folder of immutable files, each named by the sha256 of its content."""

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where a content lies or would lie."""
        return self.root / sha256

    def put(self, content: bytes | Iterable[bytes]) -> str:
        """Store a content, given whole or piece by piece, and return its sha256."""
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self.root, prefix=".", delete=False) as file:
            for piece in [content] if isinstance(content, bytes) else content:
                digest.update(piece)
                file.write(piece)
        # The rename makes a content appear whole or not at all.
        os.replace(file.name, self.path(digest.hexdigest()))  # noqa: PTH105
        return digest.hexdigest()

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes of a content from `start` up to `end`, not included."""
        with self.path(sha256).open("rb") as file:
            file.seek(start)
            return file.read() if end is None else file.read(end - start)

    def pieces(self, names: Iterable[str]) -> Iterator[bytes]:
        """Several contents one after the other, one in memory at a time."""
        return (self.read(name) for name in names)

    def size(self, sha256: str) -> int:
        """The length of a content in bytes."""
        return self.path(sha256).stat().st_size
