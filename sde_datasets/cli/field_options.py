"""Command-line options made from the fields of a dataclass, so that each option is declared once."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import Field, fields
from types import NoneType
from typing import Any, get_args, get_type_hints

import click


def field_options(kind: type, exclude: Collection[str] = (), unset: bool = False) -> Callable[[Callable], Callable]:
    """Return a decorator that adds an option for each field of the dataclass `kind`.

    unset: an option that is not given is None, so that a file can set it; the value of a flag can then be negated.
    """

    def decorate(command: Callable) -> Callable:
        hints = get_type_hints(kind)
        for entry in reversed([entry for entry in fields(kind) if entry.name not in exclude]):
            types = [arg for arg in get_args(hints[entry.name]) if arg is not NoneType] or [hints[entry.name]]
            command = _click_option(entry, types[0], unset)(command)
        return command

    return decorate


def _click_option(entry: Field, kind: type, unset: bool) -> Callable[[Callable], Callable]:
    flag = f"--{entry.name.replace('_', '-')}"
    hidden = entry.default is None or entry.default is False or entry.default == ""
    shown = "" if hidden else f"  [default: {entry.default}]"
    settings: dict[str, Any] = {"default": None if unset else entry.default, "help": entry.metadata["help"] + shown}
    if kind is bool:
        if unset:
            flag += f"/--no-{entry.name.replace('_', '-')}"
        else:
            settings["is_flag"] = True
    else:
        settings["type"] = _click_type(entry, kind, check_range=not unset)
    return click.option(flag, entry.name, **settings)


def _click_type(entry: Field, kind: type, check_range: bool) -> click.ParamType | type:
    """Return the click type of a field. With `unset`, ranges are checked together with those of a file."""
    least = entry.metadata["least"]
    if entry.metadata["choices"]:
        return click.Choice(entry.metadata["choices"])
    return click.IntRange(int(least)) if check_range and kind is int and math.isfinite(least) else kind
