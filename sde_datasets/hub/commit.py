"""One commit, exactly once. The library sends a commit without trying again, since it cannot know if it went through.

Here it is found out: the title of a commit ends with a mark that holds the id of the build, and a commit with that mark
above the parent is ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.errors import RevisionNotFoundError

from sde_datasets.errors import InputError
from sde_datasets.hub.connection import FAILURES, TRIES, Connection, status_of, unclear, wait

Operation = CommitOperationAdd | CommitOperationDelete


@dataclass(frozen=True)
class Place:
    """Where a commit goes: on top of `parent` in `revision`, or into a new pull request against it."""

    revision: str
    parent: str
    create_pr: bool = False


def commit(connection: Connection, operations: Iterable[Operation], title: str, mark: str, place: Place) -> Place:
    """Make one commit, whose title ends with its mark; the place on top of it.

    Raises InputError where somebody else has changed the branch meanwhile, or where it cannot be made.
    """
    operations = list(operations)
    for number in range(1, TRIES + 1):
        try:
            made = connection.api.create_commit(
                **connection.here,
                operations=operations,
                commit_message=f"{title} ({mark})",
                revision=place.revision,
                parent_commit=place.parent,
                create_pr=place.create_pr,
            )
            return Place(made.pr_revision or place.revision, made.oid)
        except FAILURES as error:
            landed = _landed(connection, mark, place)
            if landed:
                return landed
            if status_of(error) == 412:
                raise _conflict(connection, place) from None
            if number == TRIES or not unclear(error):
                raise connection.in_words(error) from None
            time.sleep(wait(error, number))
    raise AssertionError("the last try returns or raises")


def _landed(connection: Connection, mark: str, place: Place) -> Place | None:
    """The place on top of a commit with this mark that stands above the parent, or None."""
    with connection.errors():
        if place.create_pr:
            return open_request(connection, mark)
        for known in connection.ask("list_repo_commits", revision=place.revision):
            if known.commit_id == place.parent:
                return None
            if known.title.endswith(f"({mark})"):
                return Place(place.revision, known.commit_id)
    return None


def open_request(connection: Connection, mark: str) -> Place | None:
    """The open pull request that began with a commit of this mark, or None."""
    with connection.errors():
        for found in connection.ask("get_repo_discussions", discussion_type="pull_request"):
            if f"({mark}" in found.title and found.status in ("open", "draft"):
                try:
                    head = connection.ask("repo_info", revision=found.git_reference).sha
                except RevisionNotFoundError:
                    continue
                return Place(found.git_reference, head)
    return None


def _conflict(connection: Connection, place: Place) -> InputError:
    wrong = f"somebody else has changed {place.revision} since this push began; nothing of it is visible"
    return InputError(connection.repository, wrong, "Look at what they did, then push again.")
