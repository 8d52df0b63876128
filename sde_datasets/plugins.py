"""What other packages add, found by entry point: builders and tasks."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from sde_datasets.errors import UsageError

BUILDERS = "sde_datasets.builders"
TASKS = "sde_datasets.tasks"


def plugin_names(group: str) -> list[str]:
    """The names in a group, ours among them, in alphabetical order. Nothing is imported."""
    return sorted({point.name for point in entry_points(group=group)})


def plugin(group: str, name: str) -> Any:
    """What an entry point names. Raises UsageError, naming its package, where that cannot be imported."""
    point = next(iter(entry_points(group=group, name=name)))
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        package = point.dist.name if point.dist else point.value
        raise UsageError(f"{name!r} of the package {package!r} cannot be imported ({error})") from error
