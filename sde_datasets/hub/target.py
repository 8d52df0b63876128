"""Where a folder is pushed to, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from sde_datasets.errors import UsageError

MAIN = "main"
# what git and the Hub take for branches and tags (git-check-ref-format), without what needs quoting
_NAME = re.compile(r"(?!.*(\.\.|//|/\.|\.lock(/|$)))[A-Za-z0-9_]([A-Za-z0-9._/-]*[A-Za-z0-9_-])?")


@dataclass(frozen=True)
class Target:
    """A dataset repository and what to do there.

    revision: the branch, made from `main` where it is not there. tag: a tag for the state after the push. message:
    the title of the commit. create_pr: propose the change instead of making it.
    """

    repository: str
    revision: str = MAIN
    tag: str = ""
    message: str = ""
    private: bool = False
    create_pr: bool = False

    def __post_init__(self) -> None:
        try:
            validate_repo_id(self.repository)
        except HFValidationError:
            raise UsageError(f"{self.repository!r} is no repository; one is named like org/name") from None
        if self.repository.count("/") != 1:
            raise UsageError(f"{self.repository!r} names no owner; a repository is named like org/name")
        for what, name in (("branch", self.revision), ("tag", self.tag or "v1")):
            if not _NAME.fullmatch(name):
                raise UsageError(f"{name!r} is no name of a {what}: letters, digits, and . _ - / between them")
        if self.tag == self.revision:
            raise UsageError(f"the tag {self.tag!r} would be named like the branch")
        if self.create_pr and self.tag:
            raise UsageError("a pull request has nothing to tag yet: give --tag after it is merged")
        if self.create_pr and self.revision != MAIN:
            raise UsageError("a pull request is made against main: leave --revision out")
