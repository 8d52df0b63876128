"""What a process does that is killed while it pushes. It imports little, since one is started for every call."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import HfApi, constants

from sde_datasets.hub.changes import ONE_COMMIT
from sde_datasets.hub.connection import Connection
from sde_datasets.hub.push import Push
from sde_datasets.hub.target import Target
from sde_datasets.progress import Progress


def push(folder: Path, repository: str, how: dict, endpoint: str, token: str, home: str) -> None:
    """Push a folder to a loopback Hub."""
    constants.HF_HUB_DISABLE_XET, constants.HF_HOME = True, home
    connection = Connection(HfApi(endpoint=endpoint, token=token), repository, token)
    one_commit = how.pop("one_commit", ONE_COMMIT)
    Push.of(folder, Target(repository, **how), connection, one_commit).run(Progress(quiet=True))
