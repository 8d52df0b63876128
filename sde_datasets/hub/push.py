"""The push: a built folder becomes the state of a repository, and readers see the old state or the new one.

read the repository -> stage what it should hold -> send the data -> one commit, or several of which the last counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import HfHubHTTPError

from sde_datasets.errors import InputError
from sde_datasets.hub.changes import ONE_COMMIT, Item
from sde_datasets.hub.commit import Place, commit, open_request
from sde_datasets.hub.connection import Connection, status_of
from sde_datasets.hub.licences import check_licences
from sde_datasets.hub.remote import Remote, read_remote
from sde_datasets.hub.stage import Stage, stage
from sde_datasets.hub.target import MAIN, Target
from sde_datasets.manifest import check_files, read_manifest
from sde_datasets.progress import Progress

# files that are asked about and sent at once: the most that the Hub takes in one question, and few enough bytes that
# progress is seen
GROUP_FILES = 256
GROUP_BYTES = 64 << 20
QUIET = Progress(quiet=True)
# files of each commit before the last, where there are several
PART = 1_000


@dataclass(frozen=True)
class Pushed:
    """What a push did. commit: the head afterwards. request: the pull request (`refs/pr/1`), empty where there is none.

    sent: bytes of the files that were sent.
    """

    commit: str = ""
    request: str = ""
    sent: int = 0
    branched: bool = False
    tagged: bool = False


@dataclass(frozen=True)
class Push:
    """A push of one folder, ready to be looked at and then done.

    request: the open pull request that an earlier push of the same state began.
    """

    connection: Connection
    target: Target
    remote: Remote
    stage: Stage
    one_commit: int = ONE_COMMIT
    request: Place | None = None

    @classmethod
    def of(
        cls,
        folder: Path,
        target: Target,
        connection: Connection,
        one_commit: int = ONE_COMMIT,
        progress: Progress = QUIET,
    ) -> Push:
        """Compare a folder with its repository; nothing is written.

        Raises InputError for a folder that is not whole, a corpus that may not be redistributed, a repository that is
        not there for this token or does not fit the target.
        """
        manifest = read_manifest(folder)
        check_licences({view: state["facts"] for view, state in manifest["views"].items()})
        check_files(folder, manifest, progress)
        remote = read_remote(connection, target.revision)
        if target.private and remote.head and not remote.private:
            cure = "Change its visibility in its settings, or leave --private out."
            raise InputError(target.repository, "exists and is public", cure)
        made = stage(folder, manifest, remote, target, one_commit)
        request = open_request(connection, f"build {made.build}") if target.create_pr and remote.head else None
        if request:
            remote = read_remote(connection, request.revision)
            made = stage(folder, manifest, remote, target, one_commit)
        push = cls(connection, target, remote, made, one_commit, request)
        push._check_names()
        return push

    def _check_names(self) -> None:
        """A push goes to a branch, and a tag is not moved.

        Without changes the tag may be there: the card, which names it, is the one of that state.
        """
        other = self.target.revision != MAIN
        if not self.remote.head or not (other or (self.target.tag and self.stage.changes)):
            return
        tags = self._tags()
        if self.target.revision.startswith("refs/") and not self.remote.branch:
            raise InputError(
                self.target.repository, f"there is no {self.target.revision}", "Open one with --create-pr."
            )
        if self.target.revision in tags:
            raise InputError(self.target.repository, f"{self.target.revision} is a tag", "A push goes to a branch.")
        if self.stage.changes:
            self._refuse(tags.get(self.target.tag))

    def _refuse(self, at: str | None) -> None:
        if at:
            wrong = f"the tag {self.target.tag} exists and names another state ({at[:8]})"
            raise InputError(self.target.repository, wrong, "Tags are not moved: give another --tag.")

    def _tags(self) -> dict[str, str]:
        with self.connection.errors():
            refs = self.connection.ask("list_repo_refs")
        return {tag.name: tag.target_commit for tag in refs.tags}

    def run(self, progress: Progress) -> Pushed:
        """Do it. Raises InputError where somebody else is faster or the Hub cannot be reached; nothing shows then."""
        if not self.stage.changes:
            missing = bool(self.target.tag) and self.target.tag not in self._tags()
            request = self.request.revision if self.request else ""
            branched = not self.remote.branch and self._branch(self.remote.head)
            return Pushed(self.remote.head, request, branched=branched, tagged=missing and self._tag(self.remote.head))
        place = self.request or self._begin()
        files = {item.path: _operation(item) for item in self.stage.changes.send}
        self._send(files, progress)
        for number, part in enumerate(_groups(self.stage.changes.early, min(PART, self.one_commit)), 1):
            mark = f"build {self.stage.build}, part {number}, not visible yet"
            place = commit(self.connection, [files.pop(item.path) for item in part], self.stage.message, mark, place)
        gone = [CommitOperationDelete(path, is_folder=False) for path in self.stage.changes.remove]
        mark = f"build {self.stage.build}"
        place = commit(self.connection, [*files.values(), *gone], self.stage.message, mark, place)
        sent = sum(item.size for item in self.stage.changes.send)
        request = place.revision if self.target.create_pr else ""
        return Pushed(place.parent, request, sent, tagged=self._tag(place.parent))

    def _begin(self) -> Place:
        """Make repository and branch where they are not there; where the first commit goes."""
        head = self.remote.head
        with self.connection.errors():
            if not head:
                self.connection.ask("create_repo", private=self.target.private or None, exist_ok=True)
                head = self.connection.ask("repo_info", revision=MAIN).sha
        if not self.remote.branch and self.target.revision != MAIN:
            self._branch(head)
        return Place(self.target.revision, head, self.target.create_pr)

    def _branch(self, head: str) -> bool:
        """Make the branch on a commit."""
        with self.connection.errors():
            self.connection.ask("create_branch", branch=self.target.revision, revision=head, exist_ok=True)
        return True

    def _send(self, files: dict[str, CommitOperationAdd], progress: Progress) -> None:
        """Send the content of the files that the Hub keeps as large ones; a commit without them changes nothing."""
        total = sum(item.size for item in self.stage.changes.send)
        with progress.work("sending", total, "bytes"):
            for group in _groups(self.stage.changes.send, GROUP_FILES, GROUP_BYTES):
                with self.connection.errors():
                    self.connection.ask(
                        "preupload_lfs_files",
                        additions=[files[item.path] for item in group],
                        revision=self.target.revision,
                        create_pr=self.target.create_pr,
                        free_memory=False,
                        # a .gitignore in the repository would leave files out without a word
                        gitignore_content="",
                    )
                progress.advance(sum(item.size for item in group))

    def _tag(self, head: str) -> bool:
        """Set the tag on a commit; whether one was asked for."""
        if not self.target.tag:
            return False
        with self.connection.errors():
            try:
                self.connection.ask("create_tag", tag=self.target.tag, revision=head)
            except HfHubHTTPError as error:
                if status_of(error) != 409:
                    raise
                at = self._tags().get(self.target.tag)
                # it is ours where the answer to an earlier try was lost
                self._refuse(at if at != head else None)
        return True


def _operation(item: Item) -> CommitOperationAdd:
    """The file as something to commit, with its hash, which was compared with the content."""
    operation = CommitOperationAdd(item.path, item.content)
    operation.upload_info.sha256 = bytes.fromhex(item.sha256)
    return operation


def _groups(items: tuple[Item, ...], files: int, size: int | None = None) -> Iterator[list[Item]]:
    """Items in groups of so many files and, unless one alone is larger, so many bytes."""
    group: list[Item] = []
    for item in items:
        full = size is not None and group and sum(i.size for i in group) + item.size > size
        if full or len(group) == files:
            yield group
            group = []
        group.append(item)
    if group:
        yield group
