"""Load configuration: turn a table of TOML or JSON into a dataclass, with keys, types and ranges checked.

    @dataclass(frozen=True)
    class Sampling:
        name: str
        share: float = option(1.0, "The share of records.", least=0, most=1)
        order: str = option("random", choices=("random", "sorted"))

    load_config(Sampling, {"name": "a", "share": 2}, "run.toml")

raises InputError: "run.toml: share is 2. Give a number from 0 to 1."

Types are strict: a string is not a number, and true is not 1. Two conversions exist: a whole number where a float is
expected, and a list where a tuple is expected. The types are those of the dataclass's fields, checked by pydantic.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, field, fields
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sde_datasets.errors import InputError, nearest

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def option(
    default: Any, help: str = "", choices: tuple[str, ...] = (), least: float = -math.inf, most: float = math.inf
) -> Any:
    """A dataclass field with a default, a help text, and what it takes: one of some words, or a range of numbers."""
    return field(default=default, metadata={"help": help, "choices": choices, "least": least, "most": most})


def load_config(kind: type[T], table: object, location: str, /, **fixed: Any) -> T:
    """Return the dataclass `kind` with the values of a table.

    `fixed` are fields that the table may not set. Raises InputError, naming `location` and the key, for a value that is
    no table, an unknown or missing key, and a value of a wrong type or out of its range.
    """
    values = checked_values(kind, table, location, exclude=fixed)
    missing = [
        each.name
        for each in _fields(kind).values()
        if each.default is MISSING and each.default_factory is MISSING and each.name not in {*values, *fixed}
    ]
    if missing:
        raise InputError(location, f"lacks {', '.join(missing)}", f"Give {field_words(kind, missing[0])}.")
    return kind(**values, **fixed)


def checked_values(kind: type, table: object, location: str, exclude: Collection[str] = ()) -> dict[str, Any]:
    """Return the values of a table that holds some fields of the dataclass `kind`, in the order of the fields.

    Raises InputError as `load_config` does. Fields in `exclude` are unknown keys.
    """
    if not isinstance(table, Mapping):
        raise InputError(location, f"is {table!r}", "Give a table.")
    known = [name for name in _fields(kind) if name not in exclude]
    for key in table:
        if key not in known:
            raise InputError(location, f"unknown key {key!r}", nearest(str(key), known))
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python({key: _as_tuple(value) for key, value in table.items()})
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        raise InputError(location, f"{key} is {table[key]!r}", f"Give {field_words(kind, key)}.") from error


def field_words(kind: type, name: str) -> str:
    """What the field `name` of the dataclass `kind` takes, as text: "a number from 0 to 1"."""
    limits = _fields(kind)[name].metadata
    if limits.get("choices"):
        return " or ".join(limits["choices"])
    least, most = limits.get("least", -math.inf), limits.get("most", math.inf)
    words = _type_words(_hints(kind)[name])
    if math.isfinite(most):
        return f"{words} from {least} to {most}" if math.isfinite(least) else f"{words} of at most {most}"
    return f"{words} of at least {least}" if math.isfinite(least) else words


def _fields(kind: type) -> dict[str, Field]:
    return {each.name: each for each in fields(kind) if each.init}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


@cache
def _adapter(kind: type) -> TypeAdapter[dict[str, Any]]:
    """The validator of tables whose keys are fields of `kind`. It keeps the keys that are given and adds none."""
    from pydantic import ConfigDict, TypeAdapter, with_config
    from typing_extensions import TypedDict

    types = {name: _checked_type(_hints(kind)[name], each.metadata) for name, each in _fields(kind).items()}
    # a type checker knows the dataclass, and not the table that is made of it
    table: Any = TypedDict(kind.__name__, types, total=False)  # type: ignore[misc]
    checked: Any = with_config(ConfigDict(strict=True, allow_inf_nan=False))(table)
    return TypeAdapter(checked)


def _checked_type(hint: Any, limits: Mapping[str, Any]) -> Any:
    """A type with the limits of its field as pydantic reads them."""
    from pydantic import AfterValidator
    from pydantic import Field as Limits

    def chosen(value: Any) -> Any:
        if value is not None and value not in limits["choices"]:
            raise ValueError
        return value

    if limits.get("choices"):
        return Annotated[hint, AfterValidator(chosen)]
    bounds = {"ge": limits.get("least", -math.inf), "le": limits.get("most", math.inf)}
    finite = {name: bound for name, bound in bounds.items() if math.isfinite(bound)}
    return Annotated[hint, Limits(**finite)] if finite else hint


def _as_tuple(value: object) -> object:
    """A list as a tuple, also inside of lists: TOML and JSON have lists only, and the dataclasses have tuples."""
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


_WORDS = {
    str: ("a string", "strings"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    bool: ("true or false", "truth values"),
}


def _type_words(hint: Any, plural: bool = False) -> str:
    """A type as text."""
    if hint in _WORDS:
        return _WORDS[hint][plural]
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " or ".join(map(str, args))
    if origin is Annotated:
        return _type_words(args[0], plural)
    if origin in (Union, UnionType):
        return " or ".join(_type_words(arg, plural) for arg in args if arg is not NoneType)
    if origin is tuple:
        return f"{'lists' if plural else 'a list'} of {_type_words(args[0], True)}"
    if args and args[-1] in _WORDS:
        return f"{'tables' if plural else 'a table'} of {_type_words(args[-1], True)}"
    return "tables" if plural else "a table"
