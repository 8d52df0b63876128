"""What a process does that is killed while it pushes. It imports little, since one is started for every call."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import HfApi

from sde_datasets.hub.connection import Connection
from sde_datasets.hub.diff import ONE_COMMIT
from sde_datasets.hub.push import Push
from sde_datasets.hub.push_options import PushOptions
from sde_datasets.utils.progress import Progress


def push(folder: Path, repository: str, how: dict, endpoint: str, token: str) -> None:
    """Push a folder to a loopback Hub."""
    connection = Connection(HfApi(endpoint=endpoint, token=token), repository, token)
    one_commit = how.pop("one_commit", ONE_COMMIT)
    Push.prepare(folder, PushOptions(repository, **how), connection, one_commit).run(Progress(quiet=True))
