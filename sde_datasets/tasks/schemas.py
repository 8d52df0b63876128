"""Make a schema from a task and targets, for the public API."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sde_datasets.records.schema import Schema
from sde_datasets.tasks.task import get_task


def schema(task: str | Path, targets: Iterable[str], language: str = "en") -> Schema:
    """Return the schema of a task for these targets, in the order of the answers.

    task: `ner`, `ed`, `mabsa`, the name of an installed task, or the path of a task's TOML file.
    language: the language of instructions and answers; English where the task has no words in it.

    Raises UsageError for an unknown task and InputError for targets that cannot be written.

    >>> import sde_datasets as sde
    >>> sde.schema("mabsa", targets=["food", "service"]).labels
    ('positive', 'neutral', 'negative')
    """
    return get_task(str(task)).schema(tuple(targets), language)
