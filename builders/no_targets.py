"""Explain JSON lines without a target: the keys that they have, and how to read them.

    {"text": "Ana met Bo.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}

leads to the error: no line has the key 'annotations'; the keys are 'text', 'spans'. Name the keys: columns =
{ "annotations" = "spans", "target" = "label" }.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from sde_builders.labels import short
from sde_datasets.errors import InputError
from sde_datasets.utils.toml import toml_value

# the number of lines that are read
_LOOK = 200
# names of the parts of a span in the exports of annotation tools
_CALLED = {
    "target": ("target", "label", "type", "entity", "entity_type", "category", "tag", "aspect", "class", "name"),
    "start": ("start", "start_offset", "start_char", "begin", "from"),
    "end": ("end", "end_offset", "end_char", "to"),
    "mention": ("mention", "surface", "span_text", "text", "word"),
}
_TEXTS = ("text", "sentence", "content", "review", "document", "data")
_LISTS = ("labels", "types", "tags")
_OBJECT = '{"target": "NAME", "start": 0, "end": 3}'
_AS_OBJECTS = f"Write each one as an object: {_OBJECT}."
_TOKENS = ("tokens", "words", "tokenized_text")


def no_targets(location: str, rows: Iterable[dict[str, Any]], keys: Mapping[str, Any]) -> InputError:
    """The error for lines without a target: their keys, and the option or the reader to use.

    keys: the name of each key in the lines, or None for one that the plan uses for another purpose.
    """
    looked = list(islice(rows, _LOOK))
    key = keys["annotations"]
    if not any(key in row for row in looked):
        return InputError(location, f"no line has the key {key!r}; the keys are {_listed(looked)}", _hint(looked))
    given = [row[key] for row in looked if isinstance(row.get(key), list)]
    items = [item for each in given for item in each]
    if not items:
        hint = "Name the targets: targets = [...] in the plan, or --targets NAME for each."
        return InputError(location, f"no line has an item in {key!r}, so no target is annotated anywhere", hint)
    objects = [item for item in items if isinstance(item, dict)]
    if not objects:
        return InputError(location, f"the items of {key!r} are not objects, but {_kind(items[0])}", _AS_OBJECTS)
    wrong = f"no item of {key!r} has a name under the key {keys['target']!r}; the keys are {_listed(objects)}"
    return InputError(location, wrong, _named(_parts(objects[0])) or "Name the key: columns = {target = ...}.")


def _listed(rows: list[dict[str, Any]]) -> str:
    found = list(dict.fromkeys(key for row in rows for key in row))
    return ", ".join(map(short, found[:20])) + (", ..." if len(found) > 20 else "") or "none"


def _hint(rows: list[dict[str, Any]]) -> str:
    """The hint for lines without the key of annotations."""
    row = rows[0] if rows else {}
    if {"content", "events"} <= row.keys():
        return "These are the documents of MAVEN: --source maven=PATH reads them."
    for key, value in row.items():
        item = value[0] if isinstance(value, list) and value else None
        if isinstance(item, dict) and (parts := _parts(item)):
            text = next((name for name in _TEXTS if isinstance(row.get(name), str)), "text")
            return _named(({} if text == "text" else {"text": text}) | {"annotations": key} | parts)
        if isinstance(item, dict) and (names := next((n for n in _LISTS if isinstance(item.get(n), list)), None)):
            return f"The items of {key!r} hold a list of names ({names!r}). Write one object for each name: {_OBJECT}."
        if isinstance(item, list) and len(item) >= 3 and isinstance(item[0], int):
            return f"The items of {key!r} are {_kind(item)}. {_AS_OBJECTS}"
    if any(isinstance(row.get(name), list) for name in _TOKENS):
        return "These are tokens with tags. Write the text, and each span as an object with start, end and target."
    return (
        'Name the key: columns = {annotations = "..."} in the plan, or --columns annotations=KEY. '
        "A table with one column for each target is read by --source csv."
    )


def _parts(item: dict[str, Any]) -> dict[str, str]:
    """The keys of an annotation that differ from ours: ours -> theirs; empty without the name of a target."""
    found = {ours: next((name for name in names if name in item), "") for ours, names in _CALLED.items()}
    if not found["target"] or not isinstance(item[found["target"]], str):
        return {}
    return {ours: theirs for ours, theirs in found.items() if theirs and theirs != ours}


def _named(columns: dict[str, str]) -> str:
    if not columns:
        return ""
    flags = " ".join(f"--columns {ours}={theirs}" for ours, theirs in columns.items())
    return f"Name the keys: columns = {toml_value(columns)} in the plan, or {flags}."


def _kind(item: Any) -> str:
    if isinstance(item, list):
        return "lists such as [0, 3, name]"
    return f"values such as {short(item)}"
