"""What stands in a repository now: its head, its files with their hashes, and what an earlier push said about them."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path

from huggingface_hub import RepoFile
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

from sde_datasets.card.write import CARD
from sde_datasets.errors import InputError
from sde_datasets.hub.connection import Connection
from sde_datasets.hub.target import MAIN
from sde_datasets.manifest import FORMAT, NAME


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository: sha256 where it is stored as a large file, else the oid of its git blob."""

    size: int
    oid: str
    sha256: str = ""

    def holds(self, content: Path | bytes, sha256: str) -> bool:
        """Is this the content? It is read only where the repository does not know its sha256."""
        if self.sha256:
            return self.sha256 == sha256
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        return size == self.size and git_oid(content) == self.oid


def git_oid(content: Path | bytes) -> str:
    """The id that git gives a blob (gitformat-objects: sha1 of `blob <size>` and the content)."""
    data = content if isinstance(content, bytes) else content.read_bytes()
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass(frozen=True)
class Remote:
    """A repository at one commit.

    head: empty where there is no repository. branch: whether the branch that was asked for is there. manifest and card:
    of an earlier push, empty where there was none.
    """

    head: str = ""
    branch: bool = False
    private: bool = False
    files: dict[str, RemoteFile] = field(default_factory=dict)
    manifest: dict = field(default_factory=dict)
    card: str = ""


def read_remote(connection: Connection, revision: str) -> Remote:
    """The repository at the head of a branch; at that of main where there is no such branch."""
    with connection.errors():
        try:
            info = connection.ask("repo_info", revision=revision)
            branch = True
        except RevisionNotFoundError:
            info, branch = connection.ask("repo_info", revision=MAIN), False
        except RepositoryNotFoundError:
            return Remote()
        # everything below is asked at this commit, so that it fits together whatever others push meanwhile
        entries = connection.ask("list_repo_tree", revision=info.sha, recursive=True)
        files = {e.path: _file(e) for e in entries if isinstance(e, RepoFile)}
        texts = {name: _text(connection, name, info.sha) if name in files else "" for name in (NAME, CARD)}
    manifest = _manifest(texts[NAME], f"{connection.repository} {NAME}")
    return Remote(info.sha, branch, bool(info.private), files, manifest, texts[CARD] if manifest else "")


def _file(entry: RepoFile) -> RemoteFile:
    return RemoteFile(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else "")


def _text(connection: Connection, path: str, commit: str) -> str:
    """A file of the repository; read past the cache, which belongs to `load_dataset`."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            local = connection.ask("hf_hub_download", filename=path, revision=commit, local_dir=folder)
        except EntryNotFoundError:
            return ""
        # whatever somebody else put there; ends of lines as Windows writes them are ends of lines
        return Path(local).read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")


def _manifest(text: str, place: str) -> dict:
    """The manifest of an earlier push. Raises InputError for a file of that name that is not ours."""
    if not text:
        return {}
    try:
        manifest = json.loads(text)
        outputs, format = manifest["outputs"], manifest["format"]
        ours = type(format) is int and all(isinstance(entry["sha256"], str) for entry in outputs.values())
    except (ValueError, KeyError, TypeError, AttributeError):
        ours = False
    if not ours:
        raise InputError(place, "was not written by sde-datasets", "Push to another repository, or remove that file.")
    if format > FORMAT:
        raise InputError(place, f"has the format {format}, which this version cannot read", "Update sde-datasets.")
    return manifest
