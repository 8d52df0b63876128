"""A run that is served elsewhere: its prompts go to a server, its folder says which."""

from __future__ import annotations

from pathlib import Path

from sde_datasets.errors import UsageError
from sde_datasets.train.endpoint import Endpoint, Server
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How


def served(run: Path, how: How, url: str, model: str, concurrency: int, key_name: str) -> Endpoint:
    """The server that answers for a run. Raises UsageError for what only the model itself can do."""
    folder = RunFolder(run).trained()
    if how.zero_shot or how.shots:
        raise UsageError("--zero-shot and --shots choose the base model: ask a server of it, without them")
    limit = how.max_new_tokens or folder.read("about")["answer_tokens"]
    return Endpoint(Server(url, model, concurrency, key_name=key_name), how, limit, folder.options().chat)
