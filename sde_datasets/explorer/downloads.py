"""Read files of repositories on the Hub, and explain why one cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from sde_datasets.errors import InputError
from sde_datasets.hub.responses import FAILURES, explain


def dataset_commit(name: str, revision: str | None) -> tuple[str, str]:
    """Return the present name of a dataset repository, and its commit. Raises InputError."""
    with _explained(name):
        info = HfApi().dataset_info(name, revision=revision)
    return info.id, info.sha or ""


def downloaded(repository: str, file: str, kind: str, commit: str | None = None) -> Path:
    """Return the path of a file of a repository in the cache. kind: dataset or model. Raises InputError."""
    with _explained(f"{repository} {file}"):
        return Path(HfApi().hf_hub_download(repository, file, repo_type=kind, revision=commit))


@contextmanager
def _explained(location: str) -> Iterator[None]:
    """Turn errors of the Hub and of the network into InputErrors."""
    try:
        yield
    except RepositoryNotFoundError:
        # the Hub answers 401 to a name that does not exist, with or without a token
        raise InputError(location, "does not exist, or needs a token that can read it", "Check the name.") from None
    except FAILURES as error:
        raise InputError(location, *explain(error)) from None
