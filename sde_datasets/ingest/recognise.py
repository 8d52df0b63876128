"""Recognise the format of a source: which builder reads it, and for which task.

Every builder may have a function `recognise` that looks at the beginning of a file (`Head`) and says why it is one of
its own (`Guess`). The builder with the greatest weight over all files that are looked at is chosen; weights are CORPUS,
TOOL and GENERAL, so that a corpus in a general format is read by its own builder.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import TOOL, Builder, get_builder
from sde_datasets.ingest.source_files import ARCHIVES, plain_name
from sde_datasets.ingest.sources import Source
from sde_datasets.utils.entry_points import BUILDERS, plugin_names

# what is read of a file, what of a file that is one JSON object, and the number of files that are looked at
FIRST = 1 << 18
WHOLE = 1 << 23
MOST_FILES = 24
_ROWS = 200


@dataclass(frozen=True)
class Head:
    """The beginning of a file. name: without the ending of its compression. data: its first bytes."""

    name: str
    data: bytes

    @cached_property
    def text(self) -> str:
        """The beginning as text; bytes that are not UTF-8 are replaced."""
        return self.data.decode("utf-8-sig", "replace")

    @cached_property
    def lines(self) -> list[str]:
        """The first whole lines that are not blank."""
        lines = self.text.split("\n")
        whole = lines if len(self.data) < FIRST else lines[:-1]
        return [line.rstrip("\r") for line in whole if line.strip()][:_ROWS]

    @cached_property
    def values(self) -> list[Any]:
        """The first JSON values: of an array, of lines, or the one object."""
        text = self.text.lstrip()
        if text.startswith("["):
            return list(islice(_items(text), _ROWS))
        if not text.startswith(("{", '"')):
            return []
        found = list(islice(_lines(self.lines), _ROWS))
        return found or list(_one(text))

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Those of `values` that are objects."""
        return [value for value in self.values if isinstance(value, dict)]


class Recognised(NamedTuple):
    """The builder of a source, the task, why, and the weight of the guess."""

    builder: Builder
    task: str
    why: str
    weight: int


def recognised(source: Source) -> Recognised:
    """The builder for a source. Raises InputError, with what the files hold, if no builder knows it."""
    found = guesses(source)
    if not found:
        hint = "Name the reader, as in jsonl=PATH. sde-datasets corpora lists the readers and their files."
        raise InputError(source.label, f"no reader recognises it; it holds {_shown(source)}", hint)
    return found[0]


def guesses(source: Source) -> list[Recognised]:
    """The builders that know files of a source, the likeliest first."""
    builders = list(_builders())
    weights: Counter[str] = Counter()
    best: dict[str, Recognised] = {}
    for head in _heads(source):
        for builder in builders:
            guess = builder.recognise(head) if builder.recognise else None
            if guess is None:
                continue
            weights[builder.name] += guess.weight
            if builder.name not in best or guess.weight > best[builder.name].weight:
                task = guess.task or builder.task or ""
                best[builder.name] = Recognised(builder, task, guess.why, guess.weight)
    return sorted(best.values(), key=lambda r: (-r.weight, -weights[r.builder.name], r.builder.name))


def _builders() -> Iterator[Builder]:
    for name in plugin_names(BUILDERS):
        try:
            yield get_builder(name)
        except UsageError:
            # a package that cannot be imported; `corpora` shows it
            continue


def _heads(source: Source) -> Iterator[Head]:
    """Yield the beginnings of files, of each ending in turn, and of the files in the archives of a folder."""
    by_ending: dict[str, list[str]] = {}
    for name in source.names():
        by_ending.setdefault(plain_name(name).lower().rpartition(".")[2], []).append(name)
    groups = list(by_ending.values())
    ordered = [names[at] for at in range(MOST_FILES) for names in groups if at < len(names)]
    for name in ordered[:MOST_FILES]:
        if name.lower().endswith(ARCHIVES) and not source.is_archive:
            yield from islice(_heads(source.inside(name)), MOST_FILES)
            continue
        yield Head(plain_name(name), _first_bytes(source, name))


def _first_bytes(source: Source, name: str) -> bytes:
    """The beginning of a file; of a file that is one JSON object, all of it up to WHOLE."""
    with source.open(name) as stream:
        data = stream.read(FIRST)
        if len(data) == FIRST and data.lstrip().startswith(b"{") and b"\n" not in data.strip()[:FIRST]:
            data += stream.read(WHOLE - FIRST)
    return data


def _items(text: str) -> Iterator[Any]:
    """Yield the items at the beginning of a JSON array."""
    decoder, at = json.JSONDecoder(), 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value


def _lines(lines: list[str]) -> Iterator[Any]:
    for line in lines:
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _one(text: str) -> Iterator[Any]:
    try:
        yield json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return


def _shown(source: Source) -> str:
    """What the first file of a source holds, for a message."""
    name = next(iter(source.names()), None)
    if name is None:
        return "no file"
    head = Head(name, _first_bytes(source, name))
    if head.objects:
        return f"objects with the keys {', '.join(map(repr, list(head.objects[0])[:12]))}"
    return f"{head.lines[0][:80]!r}" if head.lines else "no text"


def named_reader(error: InputError, used: Builder, source: Source | None) -> InputError:
    """The error of a reader; with the reader of a tool or a corpus that knows the files, if that is another one."""
    if source is None:
        return error
    try:
        found = guesses(source)
    except InputError:
        return error
    first = found[0] if found else None
    if first is None or first.weight < TOOL or any(guess.builder.read is used.read for guess in found):
        return error
    hint = f"This looks like {first.why}: --source {first.builder.name}=PATH reads it"
    return InputError(error.location, error.problem, f"{hint}.")
