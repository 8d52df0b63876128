"""Import a library that comes with an extra of this package."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sde_datasets.errors import UsageError


def library(module: str, extra: str, what: str) -> Any:
    """The module. Raises UsageError, naming the extra to install, if it is absent."""
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(f"{what} needs {module}: pip install 'sde-datasets[{extra}]' ({error})") from None
