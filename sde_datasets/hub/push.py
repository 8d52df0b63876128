"""Push a built folder to a repository. Readers see the old state or the new one.

Steps: read the repository, plan the upload, send the data, and make one commit, or several of which the last takes
effect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import HfHubHTTPError

from sde_datasets.card.writer import CARD
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.errors import InputError
from sde_datasets.hub.card_check import check_card, refuse_foreign_dataset_card
from sde_datasets.hub.commit import CommitBase, commit, open_pull_request
from sde_datasets.hub.connection import Connection
from sde_datasets.hub.diff import ONE_COMMIT
from sde_datasets.hub.licences import check_licences
from sde_datasets.hub.push_options import MAIN, PushOptions
from sde_datasets.hub.responses import http_status
from sde_datasets.hub.snapshot import Snapshot, read_snapshot
from sde_datasets.hub.upload_plan import UploadPlan, plan_upload, records_only
from sde_datasets.hub.uploads import add_operation, upload_groups
from sde_datasets.utils.progress import Progress

# files that are sent together: the largest number that the Hub accepts in one request, and few enough bytes to show
# progress
GROUP_FILES = 256
GROUP_BYTES = 64 << 20
QUIET = Progress(quiet=True)
# files of each commit before the last one
PART = 1_000


@dataclass(frozen=True)
class PushResult:
    """The result of a push.

    commit: the new head. request: the pull request (`refs/pr/1`), or empty. sent: bytes of the files that were sent.
    branched, tagged: whether the branch and the tag were created.
    """

    commit: str = ""
    request: str = ""
    sent: int = 0
    branched: bool = False
    tagged: bool = False


@dataclass(frozen=True)
class Push:
    """A push of one folder, prepared to be shown and then run.

    request: the open pull request of an earlier push of the same state. requested: the name of the repository that the
    user gave, which differs from its name on the Hub if it was renamed.
    """

    connection: Connection
    options: PushOptions
    snapshot: Snapshot
    plan: UploadPlan
    one_commit: int = ONE_COMMIT
    request: CommitBase | None = None
    requested: str = ""

    @classmethod
    def prepare(
        cls,
        folder: Path,
        options: PushOptions,
        connection: Connection,
        one_commit: int = ONE_COMMIT,
        progress: Progress = QUIET,
        records_alone: bool = False,
    ) -> Push:
        """Compare a folder with its repository; nothing is written. records_alone: publish the records without designs.

        Raises InputError for an incomplete folder, a corpus that may not be redistributed, and a repository that the
        token has no access to, that does not fit the options, or whose card someone else wrote.
        """
        manifest = Manifest.load(folder)
        check_licences({view: state.facts for view, state in manifest.views.items()})
        manifest.check_files(folder, progress)
        if records_alone:
            manifest = records_only(manifest)
        requested, snapshot = options.repository, read_repository(connection, options)
        if snapshot.head:
            connection = replace(connection, repository=snapshot.name)
            options = replace(options, repository=snapshot.name)
        plan = plan_upload(folder, manifest, snapshot, options, one_commit)
        request = None
        if options.create_pr and snapshot.head:
            request = open_pull_request(connection, f"build {plan.build}")
        if request:
            snapshot = read_snapshot(connection, request.revision)
            plan = plan_upload(folder, manifest, snapshot, options, one_commit)
        push = cls(connection, options, snapshot, plan, one_commit, request, requested)
        push._check_names()
        return push

    def _check_names(self) -> None:
        """Raise InputError if the revision is not a branch, or if the tag exists on another state.

        Without changes, the tag may exist: the card, which names it, belongs to that state.
        """
        other = self.options.revision != MAIN
        if not self.snapshot.head or not (other or (self.options.tag and self.plan.changes)):
            return
        tags = self._tags()
        if self.options.revision.startswith("refs/") and not self.snapshot.branch:
            raise InputError(
                self.options.repository, f"has no {self.options.revision}", "Open a pull request with --create-pr."
            )
        if self.options.revision in tags:
            raise InputError(self.options.repository, f"{self.options.revision} is a tag", "Give a branch.")
        if self.plan.changes:
            self._refuse_tag(tags.get(self.options.tag))

    def _refuse_tag(self, commit: str | None) -> None:
        if commit:
            problem = f"the tag {self.options.tag} already exists on another state ({commit[:8]})"
            raise InputError(self.options.repository, problem, "Tags are not moved: give another --tag.")

    def _tags(self) -> dict[str, str]:
        with self.connection.translate_errors():
            refs = self.connection.call("list_repo_refs")
        return {tag.name: tag.target_commit for tag in refs.tags}

    def run(self, progress: Progress) -> PushResult:
        """Run the push.

        Raises InputError if someone else changed the branch or the Hub cannot be reached; then nothing is visible.
        """
        if not self.plan.changes:
            missing = bool(self.options.tag) and self.options.tag not in self._tags()
            request = self.request.revision if self.request else ""
            branched = not self.snapshot.branch and self._create_branch(self.snapshot.head)
            tagged = missing and self._create_tag(self.snapshot.head)
            return PushResult(self.snapshot.head, request, branched=branched, tagged=tagged)
        for item in self.plan.changes.send:
            if item.path == CARD and isinstance(item.content, bytes):
                check_card(self.connection, item.content)
        with self.connection.ensure_repository(not self.snapshot.head, self.options.private):
            head = self._commit_all(progress)
        sent = sum(item.size for item in self.plan.changes.send)
        request = head.revision if self.options.create_pr else ""
        return PushResult(head.parent, request, sent, tagged=self._create_tag(head.parent))

    def _commit_all(self, progress: Progress) -> CommitBase:
        """Send the files and make the commits; return the last commit."""
        base = self.request or self._begin()
        files = {item.path: add_operation(item) for item in self.plan.changes.send}
        self._send(files, progress)
        for number, part in enumerate(upload_groups(self.plan.changes.early, min(PART, self.one_commit)), 1):
            mark = f"build {self.plan.build}, part {number}, not visible yet"
            base = commit(self.connection, [files.pop(item.path) for item in part], self.plan.message, mark, base)
        removed = [CommitOperationDelete(path, is_folder=False) for path in self.plan.changes.remove]
        mark = f"build {self.plan.build}"
        return commit(self.connection, [*files.values(), *removed], self.plan.message, mark, base)

    def _begin(self) -> CommitBase:
        """Create the branch if it is missing; return the base of the first commit."""
        head = self.snapshot.head
        if not head:
            with self.connection.translate_errors():
                head = self.connection.call("repo_info", revision=MAIN).sha
        if not self.snapshot.branch and self.options.revision != MAIN:
            self._create_branch(head)
        return CommitBase(self.options.revision, head, self.options.create_pr)

    def _create_branch(self, head: str) -> bool:
        """Create the branch on a commit."""
        with self.connection.translate_errors():
            self.connection.call("create_branch", branch=self.options.revision, revision=head, exist_ok=True)
        return True

    def _send(self, files: dict[str, CommitOperationAdd], progress: Progress) -> None:
        """Send the content of the large files. It has no effect before a commit names them."""
        total = sum(item.size for item in self.plan.changes.send)
        with progress.work("sending", total, "bytes"):
            for group in upload_groups(self.plan.changes.send, GROUP_FILES, GROUP_BYTES):
                with self.connection.translate_errors():
                    self.connection.call(
                        "preupload_lfs_files",
                        additions=[files[item.path] for item in group],
                        revision=self.options.revision,
                        create_pr=self.options.create_pr,
                        free_memory=False,
                        # otherwise a .gitignore in the repository would silently leave out files
                        gitignore_content="",
                    )
                progress.advance(sum(item.size for item in group))

    def _create_tag(self, head: str) -> bool:
        """Create the tag on a commit; False if the options have no tag."""
        if not self.options.tag:
            return False
        with self.connection.translate_errors():
            try:
                self.connection.call("create_tag", tag=self.options.tag, revision=head)
            except HfHubHTTPError as error:
                if http_status(error) != 409:
                    raise
                existing = self._tags().get(self.options.tag)
                # the tag is ours if the response to an earlier attempt was lost
                self._refuse_tag(existing if existing != head else None)
        return True


def read_repository(connection: Connection, options: PushOptions) -> Snapshot:
    """The repository of a push. Raises InputError if it does not fit the options, or if someone else wrote its card."""
    snapshot = read_snapshot(connection, options.revision)
    if options.private and snapshot.head and not snapshot.private:
        hint = "Change its visibility in its settings, or leave out --private."
        raise InputError(options.repository, "exists and is public", hint)
    if CARD in snapshot.files and not options.replace_card:
        refuse_foreign_dataset_card(connection, snapshot.card, snapshot.earlier)
    return snapshot
