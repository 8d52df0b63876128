"""Make a commit exactly once.

huggingface_hub does not retry a commit, since it cannot know whether the commit was made. Here, the title of a commit
ends with a mark that contains the id of the build: a commit with this mark above the parent is ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import RevisionNotFoundError

from sde_datasets.errors import InputError
from sde_datasets.hub.connection import ATTEMPTS, Connection, retry_delay
from sde_datasets.hub.responses import FAILURES, http_status, is_transient

Operation = CommitOperationAdd | CommitOperationDelete


@dataclass(frozen=True)
class CommitBase:
    """The base of a commit: the commit `parent` of `revision`. create_pr: open a new pull request against it."""

    revision: str
    parent: str
    create_pr: bool = False


def commit(
    connection: Connection, operations: Iterable[Operation], title: str, mark: str, base: CommitBase
) -> CommitBase:
    """Make one commit whose title ends with `mark`, and return it as the base of the next one.

    Raises InputError if someone else has changed the branch in the meantime, or if the commit cannot be made.
    """
    operations = list(operations)
    for number in range(1, ATTEMPTS + 1):
        try:
            info = connection.api.create_commit(
                connection.repository,
                repo_type=connection.kind,
                operations=operations,
                commit_message=f"{title} ({mark})",
                revision=base.revision,
                parent_commit=base.parent,
                create_pr=base.create_pr,
            )
            return CommitBase(info.pr_revision or base.revision, info.oid)
        except FAILURES as error:
            landed = _landed(connection, mark, base)
            if landed:
                return landed
            if http_status(error) == 412:
                raise _conflict(connection, base) from None
            if number == ATTEMPTS or not is_transient(error):
                raise connection.input_error(error) from None
            time.sleep(retry_delay(error, number))
    raise AssertionError("the last attempt returns or raises")


def _landed(connection: Connection, mark: str, base: CommitBase) -> CommitBase | None:
    """The commit with this mark above the parent, as a base, or None."""
    with connection.translate_errors():
        if base.create_pr:
            return open_pull_request(connection, mark)
        for known in connection.call("list_repo_commits", revision=base.revision):
            if known.commit_id == base.parent:
                return None
            if known.title.endswith(f"({mark})"):
                return CommitBase(base.revision, known.commit_id)
    return None


def open_pull_request(connection: Connection, mark: str) -> CommitBase | None:
    """The open pull request whose title has this mark, as a base, or None."""
    with connection.translate_errors():
        for found in connection.call("get_repo_discussions", discussion_type="pull_request"):
            if f"({mark}" in found.title and found.status in ("open", "draft"):
                try:
                    head = connection.call("repo_info", revision=found.git_reference).sha
                except RevisionNotFoundError:
                    continue
                return CommitBase(found.git_reference, head)
    return None


def _conflict(connection: Connection, base: CommitBase) -> InputError:
    problem = f"someone else has changed {base.revision} since this push began; nothing of this push is visible"
    return InputError(connection.repository, problem, "Look at the changes, then push again.")
