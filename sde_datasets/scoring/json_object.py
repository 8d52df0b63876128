"""Dataclasses that are JSON objects in scores.json: written with `to_json`, read with `from_json`.

A figure that cannot be computed is a `Ratio` without a value. It is written as null, and its reason is written under
the key `undefined`, which is the last one of the object:

    {"gold": 0, "hard": 0, "recall": null, "undefined": {"recall": "no gold"}}
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cached_property, partial
from typing import Any, NamedTuple, Self, Union, get_args, get_origin, get_type_hints

UNDEFINED = "undefined"


class Ratio(NamedTuple):
    """A figure that may be undefined: its value, or None with the reason."""

    value: float | None
    reason: str = ""


class JsonObject:
    """Base class of frozen dataclasses whose fields are the keys of a JSON object, in their order.

    Metadata of a field: `key`, another key in JSON; `optional`, the key is left out where the field is None; `write`
    and `read`, functions that convert the value to JSON and back.
    """

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        entries: dict[str, Any] = {}
        reasons: dict[str, str] = {}
        for field in _fields(type(self)):
            value = getattr(self, field.name)
            if value is None and field.optional:
                continue
            entries[field.key] = field.write(value)
            if isinstance(value, Ratio) and value.reason:
                reasons[field.key] = value.reason
        return entries | ({UNDEFINED: reasons} if reasons else {})

    def __getitem__(self, key: str) -> Any:
        """Return an entry in its JSON form: `scores["headline"]["kappa"]["value"]`."""
        return self._json[key]

    @cached_property
    def _json(self) -> dict[str, Any]:
        return self.to_json()

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> Self:
        """Build the object from what `to_json` returned. Raises KeyError, TypeError or AttributeError otherwise."""
        reasons = entries.get(UNDEFINED, {})
        values = {}
        for field in _fields(cls):
            value = entries.get(field.key) if field.optional else entries[field.key]
            values[field.name] = Ratio(value, reasons.get(field.key, "")) if field.kind is Ratio else field.read(value)
        return cls(**values)

    def undefined(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the reason of each figure that is undefined."""
        for field in _fields(type(self)):
            value = getattr(self, field.name)
            if isinstance(value, Ratio) and value.reason:
                yield field.name, value.reason


class _Field(NamedTuple):
    name: str
    key: str
    kind: Any
    optional: bool
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


_FIELDS: dict[type, list[_Field]] = {}


def _fields(cls: Any) -> list[_Field]:
    """The fields of a JsonObject with their types, from the annotations of the dataclass."""
    if cls in _FIELDS:
        return _FIELDS[cls]
    kinds = get_type_hints(cls)
    _FIELDS[cls] = [
        _Field(
            field.name,
            field.metadata.get("key", field.name),
            kinds[field.name],
            field.metadata.get("optional", False),
            field.metadata.get("write", _written),
            field.metadata.get("read", partial(_read, kinds[field.name])),
        )
        for field in fields(cls)
    ]
    return _FIELDS[cls]


def _written(value: Any) -> Any:
    if isinstance(value, Ratio):
        return value.value
    if isinstance(value, JsonObject):
        return value.to_json()
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return value._asdict() if hasattr(value, "_asdict") else [_written(item) for item in value]
    return value


def _read(kind: Any, value: Any) -> Any:
    """A JSON value as a value of the type `kind`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _read(arguments[0], value)
    if origin is dict:
        return {key: _read(arguments[1], item) for key, item in value.items()}
    if origin is tuple:
        return tuple(_read(arguments[0], item) for item in value)
    if isinstance(kind, type) and issubclass(kind, JsonObject):
        return kind.from_json(value)
    return kind(**value) if hasattr(kind, "_asdict") else value
