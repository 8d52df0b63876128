"""What a push changes: which files are sent where, and which go. Pure: it compares hashes and touches nothing.

One commit takes up to `ONE_COMMIT` files, and a commit is atomic. Where more change, the data of each changed config
go under a new folder with a hash of their content in its name, in several commits that no reader notices, since the
card does not name them yet; the last commit swaps the card and removes the old.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sde_datasets.hub.remote import Remote, RemoteFile

ONE_COMMIT = 2_000
_MOVED = re.compile(r"data/[^/]+/[0-9a-f]{12}/(train|validation|test)-\d{5}-of-\d{5}\.parquet")


@dataclass(frozen=True)
class Item:
    """A file to send: where to, and what; its size in bytes and the hash that the manifest gives."""

    path: str
    content: Path | bytes
    size: int
    sha256: str


@dataclass(frozen=True)
class Changes:
    """What to send and to remove (with bytes), and how much stays."""

    add: tuple[Item, ...]
    replace: tuple[Item, ...]
    remove: dict[str, int]
    unchanged: int
    unchanged_bytes: int

    @property
    def send(self) -> tuple[Item, ...]:
        """All that is sent."""
        return self.add + self.replace

    @property
    def early(self) -> tuple[Item, ...]:
        """What is sent under new paths, before the last commit; empty where one commit takes all."""
        return tuple(item for item in self.add if _MOVED.fullmatch(item.path))

    def __bool__(self) -> bool:
        return bool(self.send or self.remove)


def folders_of(manifest: dict, folder: Path, remote: Remote, one_commit: int = ONE_COMMIT) -> dict[str, str]:
    """Where configs stand in the repository that do not stand in `data/<config>`: config -> folder.

    A config that has not changed stays where an earlier push put it. The others go to `data/<config>`, or each to a new
    folder where more than `one_commit` files would change.
    """
    stays = _unchanged_configs(manifest, remote)
    changes = compared(items_of(manifest, folder, stays), remote)
    # card and manifest come on top
    if len(changes.send) + len(changes.remove) + 2 <= one_commit:
        return stays
    changed = set(_by_config(manifest)) - set(stays)
    return stays | {config: f"data/{config}/{_digest(manifest, config)}" for config in changed}


def place_of(path: str, entry: dict, folders: dict[str, str]) -> str:
    """Where a file of a folder stands in the repository."""
    folder = folders.get(entry.get("config", ""))
    return f"{folder}/{PurePosixPath(path).name}" if folder else path


def _unchanged_configs(manifest: dict, remote: Remote) -> dict[str, str]:
    """The configs whose files all stand in the repository, wherever an earlier push put them: config -> folder."""
    there: dict[str, dict[str, str]] = {}
    for path, entry in remote.manifest.get("outputs", {}).items():
        if "config" in entry and path in remote.files and remote.files[path].sha256 == entry["sha256"]:
            there.setdefault(entry["config"], {})[path] = entry["sha256"]
    stays = {}
    for config, files in _by_config(manifest).items():
        remote_files = there.get(config, {})
        folders = {str(PurePosixPath(path).parent) for path in remote_files}
        named = {PurePosixPath(path).name: sha256 for path, sha256 in remote_files.items()}
        if len(folders) == 1 and named.items() >= files.items():
            stays[config] = folders.pop()
    return stays


def _by_config(manifest: dict) -> dict[str, dict[str, str]]:
    """The names and hashes of the files of each config."""
    configs: dict[str, dict[str, str]] = {}
    for path, entry in manifest["outputs"].items():
        if "config" in entry:
            configs.setdefault(entry["config"], {})[PurePosixPath(path).name] = entry["sha256"]
    return configs


def _digest(manifest: dict, config: str) -> str:
    """The hash of a config's files that stands in the name of their folder."""
    return hashlib.sha256(repr(sorted(_by_config(manifest)[config].items())).encode()).hexdigest()[:12]


def items_of(manifest: dict, folder: Path, folders: dict[str, str]) -> list[Item]:
    """The files that the manifest of a folder lists, each with its place in the repository."""
    return [
        Item(place_of(path, entry, folders), folder / path, entry["bytes"], entry["sha256"])
        for path, entry in manifest["outputs"].items()
    ]


def compared(items: list[Item], remote: Remote) -> Changes:
    """The changes that make these files, and none of ours besides, stand in the repository."""
    wanted = {item.path for item in items}
    send = [item for item in items if not _is_there(item, remote.files.get(item.path))]
    ours = {*remote.manifest.get("outputs", {}), *filter(_MOVED.fullmatch, remote.files)}
    gone = sorted((ours & set(remote.files)) - wanted - {".gitattributes"})
    return Changes(
        add=tuple(item for item in send if item.path not in remote.files),
        replace=tuple(item for item in send if item.path in remote.files),
        remove={path: remote.files[path].size for path in gone},
        unchanged=len(items) - len(send),
        unchanged_bytes=sum(item.size for item in items) - sum(item.size for item in send),
    )


def _is_there(item: Item, there: RemoteFile | None) -> bool:
    return there is not None and there.holds(item.content, item.sha256)
