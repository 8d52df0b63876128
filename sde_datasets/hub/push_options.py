"""The options of a push: the repository, the branch, the tag and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from sde_datasets.dataset.address import repository_name
from sde_datasets.errors import UsageError

MAIN = "main"
# names of branches and tags that git and the Hub accept (git-check-ref-format), without those that need quoting
_NAME = re.compile(r"(?!.*(\.\.|//|/\.|\.lock(/|$)))[A-Za-z0-9_]([A-Za-z0-9._/-]*[A-Za-z0-9_-])?")


@dataclass(frozen=True)
class PushOptions:
    """A repository and how to push to it.

    revision: the branch, created from `main` if it is missing. tag: a tag for the state after the push. message: the
    title of the commit. private: create a private repository. create_pr: open a pull request instead of changing the
    branch. replace_card: replace a card that someone else wrote.

    Raises UsageError for invalid names and for options that exclude each other.
    """

    repository: str
    revision: str = MAIN
    tag: str = ""
    message: str = ""
    private: bool = False
    create_pr: bool = False
    replace_card: bool = False

    @classmethod
    def from_name(cls, name: str, kind: str = "dataset", **options: Any) -> PushOptions:
        """The options for a repository given by its name or by its address on the Hub.

        kind: dataset or model. Raises UsageError.
        """
        return cls(repository_name(name, kind, options.get("revision")), **options)

    def __post_init__(self) -> None:
        try:
            validate_repo_id(self.repository)
        except HFValidationError:
            raise UsageError(f"{self.repository!r} is not the name of a repository: give org/name") from None
        if self.repository.count("/") != 1:
            raise UsageError(f"{self.repository!r} has no owner: give org/name")
        for kind, name in (("branch", self.revision), ("tag", self.tag or "v1")):
            if not _NAME.fullmatch(name):
                raise UsageError(
                    f"{name!r} is not a valid name of a {kind}: use letters, digits, and . _ - / between them"
                )
        if self.tag == self.revision:
            raise UsageError(f"the tag {self.tag!r} has the name of the branch")
        if self.create_pr and self.tag:
            raise UsageError("a pull request cannot be tagged before it is merged: leave out --tag")
        if self.create_pr and self.revision != MAIN:
            raise UsageError("a pull request is opened against main: leave out --revision")
