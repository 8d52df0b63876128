"""Plugins: builders and tasks of installed packages, found by entry point, and builders in Python files."""

from __future__ import annotations

import sys
import traceback
from functools import cache
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from sde_datasets.errors import UsageError, one_line

BUILDERS = "sde_datasets.builders"
TASKS = "sde_datasets.tasks"


def plugin_names(group: str) -> list[str]:
    """The names of the entry points in a group, in alphabetical order. Nothing is imported."""
    return sorted({point.name for point in entry_points(group=group)})


def plugin(group: str, name: str) -> Any:
    """The object that an entry point names. Raises UsageError, naming its package, if it cannot be imported."""
    point = next(iter(entry_points(group=group, name=name)))
    try:
        return point.load()
    except Exception as error:
        package = point.dist.name if point.dist else point.value
        raise UsageError(f"{name!r} of the package {package!r} cannot be imported ({_message(error)})") from error


@cache
def module_file(path: Path) -> Any:
    """The module in a Python file, which is run once. Raises UsageError if that fails."""
    # the path is the name of the module, so that two files of one name are two modules
    spec = spec_from_file_location(str(path), path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file (name.py)")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path} cannot be imported ({_message(error)})") from error
    return module


def _message(error: Exception) -> str:
    """An error in one line, with the line of code that raised it unless that is the import itself."""
    message = one_line(error)
    if isinstance(error, ImportError | AttributeError | SyntaxError):
        return message
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {message}, line {frame.lineno} of {Path(frame.filename).name}"
