"""The present state of a repository: its head, its files with their hashes, and the manifest of an earlier push."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path

from huggingface_hub import RepoFile
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

from sde_datasets.card.writer import CARD
from sde_datasets.dataset.manifest import FORMAT, NAME, FileEntry
from sde_datasets.errors import InputError
from sde_datasets.hub.connection import Connection
from sde_datasets.hub.push_options import MAIN


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository: its size, the id of its git blob, and its sha256 if it is stored as a large file."""

    size: int
    oid: str
    sha256: str = ""

    def has_content(self, content: Path | bytes, sha256: str) -> bool:
        """True if this is the content. The content is read only if the sha256 of the file is unknown."""
        if self.sha256:
            return self.sha256 == sha256
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        return size == self.size and git_oid(content) == self.oid


def git_oid(content: Path | bytes) -> str:
    """The id of a git blob: sha1 of `blob <size>` and the content (gitformat-objects)."""
    data = content if isinstance(content, bytes) else content.read_bytes()
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass(frozen=True)
class EarlierPush:
    """What the manifest of an earlier push says: its files, its tag and the digest of the notes on its card."""

    outputs: dict[str, FileEntry] = field(default_factory=dict)
    tag: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A repository at one commit.

    head: the commit; empty if there is no repository. branch: whether the requested branch exists. earlier: the earlier
    push that made this state; None if there was none. card: the card, whoever wrote it. name: the name of the
    repository on the Hub, which differs from the requested one if it was renamed.
    """

    head: str = ""
    branch: bool = False
    private: bool = False
    files: dict[str, RemoteFile] = field(default_factory=dict)
    earlier: EarlierPush | None = None
    card: str = ""
    name: str = ""


def read_snapshot(connection: Connection, revision: str) -> Snapshot:
    """The repository at the head of a branch, or of main if the branch does not exist."""
    with connection.translate_errors():
        try:
            info = connection.call("repo_info", revision=revision)
            branch = True
        except RevisionNotFoundError:
            info, branch = connection.call("repo_info", revision=MAIN), False
        except RepositoryNotFoundError:
            return Snapshot()
        # everything below is read at this commit: it is consistent even if others push in the meantime
        entries = connection.call("list_repo_tree", revision=info.sha, recursive=True)
        files = {e.path: _file(e) for e in entries if isinstance(e, RepoFile)}
        texts = {name: read_text(connection, name, info.sha) if name in files else "" for name in (NAME, CARD)}
    earlier = _earlier_push(texts[NAME], f"{connection.repository} {NAME}")
    return Snapshot(info.sha, branch, bool(info.private), files, earlier, texts[CARD], info.id)


def _file(entry: RepoFile) -> RemoteFile:
    return RemoteFile(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else "")


def read_text(connection: Connection, path: str, commit: str) -> str:
    """The text of a file, empty if it does not exist. The cache, which belongs to `load_dataset`, is not used."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            local = connection.call("hf_hub_download", filename=path, revision=commit, local_dir=folder)
        except EntryNotFoundError:
            return ""
        # the file may be anything, and may have line ends of Windows
        return Path(local).read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")


def _earlier_push(text: str, location: str) -> EarlierPush | None:
    """The push that wrote a manifest of this or an earlier format. Raises InputError for a file of another origin."""
    if not text:
        return None
    try:
        values = json.loads(text)
        outputs = {path: FileEntry.from_dict(entry) for path, entry in values["outputs"].items()}
        written_by_us = type(values["format"]) is int and all(isinstance(e.sha256, str) for e in outputs.values())
    except (ValueError, KeyError, TypeError, AttributeError):
        written_by_us = False
    if not written_by_us:
        raise InputError(
            location, "was not written by sde-datasets", "Push to another repository, or remove that file."
        )
    if values["format"] > FORMAT:
        problem = f"has the format {values['format']}, which this version cannot read"
        raise InputError(location, problem, "Update sde-datasets.")
    return EarlierPush(outputs, values.get("tag", ""), values.get("notes", ""))
