"""The state of the Hub: repositories with their commits, branches, tags and pull requests."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.loopback.blobs import Blobs, git_blob, pointer
from tests.loopback.wire import Problem

ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n*.png filter=lfs diff=lfs merge=lfs -text\n"
LFS_SUFFIXES = (".parquet", ".png", ".safetensors")
LFS_ABOVE = 10 << 20


def wants_lfs(path: str, size: int) -> bool:
    """Whether the Hub keeps such a file in LFS."""
    return path.lower().endswith(LFS_SUFFIXES) or size > LFS_ABOVE


@dataclass(frozen=True)
class Entry:
    """A file in a tree: the id git knows it by, and the sha256 by which its bytes are stored."""

    oid: str
    size: int
    sha256: str
    lfs: bool

    @property
    def etag(self) -> str:
        """The id by which clients recognise the content."""
        return self.sha256 if self.lfs else self.oid


Tree = dict[str, Entry]


@dataclass(frozen=True)
class Commit:
    """A state of a repository and how it came about."""

    id: str
    parent: str | None
    title: str
    message: str
    date: str
    tree: Tree = field(repr=False)


@dataclass
class Pull:
    """A pull request: the branch it is for, the commit it started from and the commit it has reached."""

    number: int
    title: str
    base: str
    start: str
    head: str
    status: str
    date: str
    merged_as: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """The revision under which its commits are found."""
        return f"refs/pr/{self.number}"


class Repository:
    """One dataset or model repository. Trees are replaced and never edited, so a commit is all or nothing."""

    def __init__(self, name: str, kind: str, private: bool, blobs: Blobs):
        self.id, self.kind, self.private, self.blobs = name, kind, private, blobs
        self.history: dict[str, Commit] = {}
        self.branches: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.pulls: dict[int, Pull] = {}
        self.objects: set[str] = set()
        self._clock = 0
        self.record("main", {".gitattributes": self.entry(ATTRIBUTES)}, "initial commit", "")

    @property
    def path(self) -> str:
        """Its path on the site: datasets have a prefix, models do not."""
        return f"datasets/{self.id}" if self.kind == "dataset" else self.id

    def tick(self) -> str:
        """The next date: one second for each event, so that runs can be compared."""
        self._clock += 1
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._clock)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def entry(self, content: bytes, lfs: bool = False) -> Entry:
        """Store a content and describe it as a file of a tree."""
        sha256 = self.blobs.put(content)
        if lfs:
            return self.lfs_entry(sha256)
        return Entry(git_blob(content), len(content), sha256, lfs=False)

    def lfs_entry(self, sha256: str) -> Entry:
        """Describe an LFS object whose bytes are stored as a file of a tree."""
        size = self.blobs.size(sha256)
        return Entry(git_blob(pointer(sha256, size)), size, sha256, lfs=True)

    def resolve(self, revision: str) -> Commit:
        """The commit a branch, a tag, `refs/pr/N` or a commit id stands for."""
        heads = {**{pull.ref: pull.head for pull in self.pulls.values()}, **self.tags, **self.branches}
        commit = self.history.get(heads.get(revision.removeprefix("refs/heads/"), revision))
        if commit is None:
            raise Problem(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit

    def record(self, ref: str, tree: Tree, title: str, message: str) -> Commit:
        """Add a commit on top of a branch or an open pull request, or start a branch with it."""
        pull = self.pull_at(ref)
        parent = pull.head if pull else self.branches.get(ref)
        listing = "\n".join(f"{entry.oid} {path}" for path, entry in sorted(tree.items()))
        digest = hashlib.sha1("\0".join([parent or "", listing, title, message]).encode()).hexdigest()
        commit = Commit(digest, parent, title, message, self.tick(), dict(tree))
        self.history[commit.id] = commit
        if pull:
            pull.head = commit.id
        else:
            self.branches[ref] = commit.id
        return commit

    def pull_at(self, ref: str) -> Pull | None:
        """The pull request whose commits a ref names, if it is such a ref."""
        return next((pull for pull in self.pulls.values() if pull.ref == ref), None)

    def head(self, revision: str = "main") -> str:
        """The id of the commit a revision stands for."""
        return self.resolve(revision).id

    def files(self, revision: str = "main") -> dict[str, bytes]:
        """Every file at a revision with its content."""
        return {path: self.blobs.read(entry.sha256) for path, entry in self.resolve(revision).tree.items()}

    def commits(self, revision: str = "main") -> list[Commit]:
        """The commits that led to a revision, newest first."""
        found: list[Commit] = []
        commit: Commit | None = self.resolve(revision)
        while commit is not None:
            found.append(commit)
            commit = self.history[commit.parent] if commit.parent else None
        return found


@dataclass
class Upload:
    """An object on its way in parts: for each part its ETag and the name of its bytes."""

    blobs: Blobs
    parts: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass
class State:
    """All repositories and the settings; `lock` is held while a call is carried out."""

    root: Path
    token: str
    multipart_above: int
    chunk: int
    page: int
    url: str = ""
    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.blobs = Blobs(self.root / "blobs")

    def rename(self, old: str, new: str, kind: str) -> None:
        """Give a repository another name, to which calls of the old one are sent."""
        repo = self.repositories[kind, new] = self.repositories.pop((kind, old))
        repo.id, self.renamed[old] = new, new

    def create(self, name: str, kind: str, private: bool) -> Repository:
        """Add a repository with its first commit."""
        repo = self.repositories[kind, name] = Repository(name, kind, private, self.blobs)
        return repo
