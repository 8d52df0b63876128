"""The files of a push as commit operations, and in groups that are sent together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import CommitOperationAdd

from sde_datasets.dataset.manifest import BUILD_AGAIN
from sde_datasets.errors import InputError
from sde_datasets.hub.diff import UploadFile
from sde_datasets.utils.files import sha256_of


def add_operation(file: UploadFile) -> CommitOperationAdd:
    """The operation that adds a file. Raises InputError if the file has changed since it was compared.

    The operation hashes the file, and the Hub compares this hash with the content that it receives.
    """
    operation = CommitOperationAdd(file.path, file.content)
    if isinstance(file.content, Path) and sha256_of(file.content) != file.sha256:
        raise InputError(str(file.content), "has changed during the push", BUILD_AGAIN)
    return operation


def upload_groups(files: tuple[UploadFile, ...], count: int, size: int | None = None) -> Iterator[list[UploadFile]]:
    """Divide files into groups of at most `count` files and `size` bytes; a larger file is alone in its group."""
    group: list[UploadFile] = []
    for file in files:
        full = size is not None and group and sum(other.size for other in group) + file.size > size
        if full or len(group) == count:
            yield group
            group = []
        group.append(file)
    if group:
        yield group
