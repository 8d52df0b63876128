"""Reading a TOML file that a person wrote."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises InputError where it is not there or is no TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InputError(str(path), "does not exist") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(str(path), f"is not a TOML file ({error})") from error
