"""Read TOML files and write values as TOML."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises InputError for a file that does not exist or is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InputError(str(path), "does not exist") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(str(path), f"is not a TOML file ({error})") from error


def toml_value(value: Any) -> str:
    """A value as TOML. JSON writes strings, integers and booleans as TOML does, except for the character DEL."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml_value(str(key))} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, float | datetime | date | time):
        return repr(value) if isinstance(value, float) else value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
