"""Where a folder is pushed to, and how."""

from __future__ import annotations

from dataclasses import dataclass

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from sde_datasets.errors import UsageError

MAIN = "main"


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
        if self.create_pr and self.tag:
            raise UsageError("a pull request has nothing to tag yet: give --tag after it is merged")
        if self.create_pr and self.revision != MAIN:
            raise UsageError("a pull request is made against main: leave --revision out")
