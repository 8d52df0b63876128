"""Compute the changes of a push: the files to send, with their paths, and the files to remove. It only compares hashes.

A commit is atomic and takes up to `ONE_COMMIT` files. If more change, the files of each changed config go to a new
folder whose name contains a hash of their content. They are sent in several commits that have no effect for readers,
since the card does not name them yet; the last commit replaces the card and removes the old files.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sde_datasets.dataset.manifest import FileEntry, Manifest
from sde_datasets.hub.snapshot import RemoteFile, Snapshot

ONE_COMMIT = 2_000
_MOVED = re.compile(r"data/[^/]+/[0-9a-f]{12}/(train|validation|test)-\d{5}-of-\d{5}\.parquet")


@dataclass(frozen=True)
class UploadFile:
    """A file to send: its path in the repository, its content, its size in bytes and its sha256."""

    path: str
    content: Path | bytes
    size: int
    sha256: str


@dataclass(frozen=True)
class Changes:
    """The files to add, to replace and to remove (path -> bytes), and the number and bytes of unchanged ones."""

    add: tuple[UploadFile, ...]
    replace: tuple[UploadFile, ...]
    remove: dict[str, int]
    unchanged: int
    unchanged_bytes: int

    @property
    def send(self) -> tuple[UploadFile, ...]:
        """All files to send."""
        return self.add + self.replace

    @property
    def early(self) -> tuple[UploadFile, ...]:
        """The files that are sent under new paths before the last commit; empty if one commit takes all."""
        return tuple(file for file in self.add if _MOVED.fullmatch(file.path))

    def __bool__(self) -> bool:
        return bool(self.send or self.remove)


def config_folders(
    manifest: Manifest, folder: Path, snapshot: Snapshot, one_commit: int = ONE_COMMIT
) -> dict[str, str]:
    """The folder in the repository of each config that is not in `data/<config>`.

    An unchanged config stays in the folder of an earlier push. The others go to `data/<config>`, or each to a new
    folder if more than `one_commit` files change.
    """
    unchanged = _unchanged_configs(manifest, snapshot)
    changes = compare_files(upload_files(manifest, folder, unchanged), snapshot)
    # two more: card and manifest
    if len(changes.send) + len(changes.remove) + 2 <= one_commit:
        return unchanged
    changed = set(_files_by_config(manifest)) - set(unchanged)
    return unchanged | {config: f"data/{config}/{_digest(manifest, config)}" for config in changed}


def remote_path(path: str, entry: FileEntry, folders: dict[str, str]) -> str:
    """The path of a file of a folder in the repository."""
    folder = folders.get(entry.config)
    return f"{folder}/{PurePosixPath(path).name}" if folder else path


def _unchanged_configs(manifest: Manifest, snapshot: Snapshot) -> dict[str, str]:
    """The configs whose files are all in the repository, each with the folder of an earlier push."""
    pushed: dict[str, dict[str, str]] = {}
    for path, entry in earlier_outputs(snapshot).items():
        if entry.config and path in snapshot.files and snapshot.files[path].sha256 == entry.sha256:
            pushed.setdefault(entry.config, {})[path] = entry.sha256
    unchanged = {}
    for config, files in _files_by_config(manifest).items():
        remote_files = pushed.get(config, {})
        folders = {str(PurePosixPath(path).parent) for path in remote_files}
        named = {PurePosixPath(path).name: sha256 for path, sha256 in remote_files.items()}
        if len(folders) == 1 and named.items() >= files.items():
            unchanged[config] = folders.pop()
    return unchanged


def _files_by_config(manifest: Manifest) -> dict[str, dict[str, str]]:
    """The names and hashes of the files of each config."""
    configs: dict[str, dict[str, str]] = {}
    for path, entry in manifest.outputs.items():
        if entry.config:
            configs.setdefault(entry.config, {})[PurePosixPath(path).name] = entry.sha256
    return configs


def _digest(manifest: Manifest, config: str) -> str:
    """The hash of the files of a config for the name of their folder."""
    return hashlib.sha256(repr(sorted(_files_by_config(manifest)[config].items())).encode()).hexdigest()[:12]


def upload_files(manifest: Manifest, folder: Path, folders: dict[str, str]) -> list[UploadFile]:
    """The files that the manifest of a folder lists, with their paths in the repository."""
    return [
        UploadFile(remote_path(path, entry, folders), folder / path, entry.size, entry.sha256)
        for path, entry in manifest.outputs.items()
    ]


def compare_files(wanted: list[UploadFile], snapshot: Snapshot) -> Changes:
    """The changes after which the repository holds these files, and no other files of earlier pushes."""
    send = [file for file in wanted if not _is_present(file, snapshot.files.get(file.path))]
    ours = {*earlier_outputs(snapshot), *filter(_MOVED.fullmatch, snapshot.files)}
    obsolete = sorted((ours & set(snapshot.files)) - {file.path for file in wanted} - {".gitattributes"})
    return Changes(
        add=tuple(file for file in send if file.path not in snapshot.files),
        replace=tuple(file for file in send if file.path in snapshot.files),
        remove={path: snapshot.files[path].size for path in obsolete},
        unchanged=len(wanted) - len(send),
        unchanged_bytes=sum(file.size for file in wanted) - sum(file.size for file in send),
    )


def earlier_outputs(snapshot: Snapshot) -> dict[str, FileEntry]:
    """The files of an earlier push, by path; empty if there was none."""
    return snapshot.earlier.outputs if snapshot.earlier else {}


def _is_present(file: UploadFile, remote: RemoteFile | None) -> bool:
    return remote is not None and remote.has_content(file.content, file.sha256)
