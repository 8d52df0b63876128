"""The plan of a command line: each `--source CORPUS=PATH` or `CORPUS:SUBSET=PATH` is a view or a part of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from glob import has_magic
from pathlib import Path
from typing import Any

from sde_datasets.errors import UsageError
from sde_datasets.ingest.builder import Builder, get_builder
from sde_datasets.ingest.locations import locate
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from sde_datasets.ingest.recognise import recognised
from sde_datasets.ingest.remote import is_address
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import split_name

# what may come before the first = of a source: a corpus, not the beginning of a path or an address
_NAME = re.compile(r"[\w-]+")


def source_plan(
    sources: Iterable[str], task: str, language: str = "", keys: Mapping[str, Any] | None = None, **settings: Any
) -> Plan:
    """The plan of sources `CORPUS=PATH` or `CORPUS:SUBSET=PATH`; several paths of one corpus and subset are one view.

    A source that is a path alone is read by the builder that recognises its files.

    task: for corpora that name none. language: for all views. keys: further keys of the view (columns,
    labels, targets, ...). settings: fields of `Plan`.
    Raises UsageError for a source of another form, for a task that no source takes, and for `keys` with several views.
    """
    builder_files = tuple(map(Path, settings.get("builders", ())))
    builders: dict[str, Builder] = {}
    views: dict[tuple[str, str, str], ViewPlan] = {}
    for source in sources:
        named, _, path = source.partition("=")
        corpus, _, subset = named.partition(":")
        guessed = ""
        if not path or Path(source).exists() or is_address(named) or not _NAME.fullmatch(corpus):
            builder, guessed = _recognised(source, task)
            path = source
            corpus, subset = builder.name, ""
        else:
            builder = get_builder(corpus, builder_files)
        builders[corpus] = builder
        # a builder that reads no file has options in place of a path, and two of them are two views
        key = (corpus, subset, "" if builder.needs_path else path)
        splits = _splits(path) if builder.needs_path else {}
        paths = tuple(splits) or (path,)
        if key in views:
            earlier = views[key]
            views[key] = replace(earlier, path=(*earlier.paths, *paths), splits={**earlier.splits, **splits})
            continue
        view = ViewPlan(corpus, subset=subset, task=task if _takes(builder, task) else "", language=language)
        view = replace(view, task=view.task or guessed, splits=splits, path=paths if len(paths) > 1 else paths[0])
        views[key] = view if builder.needs_path else replace(view, path="", options=_options(path))
    if task and views and not any(view.task for view in views.values()):
        tasks = ", ".join(f"{b.name} is for {' or '.join([b.task or '', *b.tasks])}" for b in builders.values())
        raise UsageError(f"--task {task} fits no source: {tasks}")
    keys = {key: value for key, value in (keys or {}).items() if value}
    if keys and len(views) > 1:
        names = ", ".join(f"--{key}" for key in keys)
        wrong = f"{names}: for one corpus, and {len(views)} are given"
        raise UsageError(f"{wrong}. Write a plan with a [[view]] for each")
    return completed(Plan(tuple(_with_keys(view, keys) for view in views.values()), **settings), "command line")


def _splits(text: str) -> dict[str, str]:
    """The split of each path in `train=a.jsonl,test=b.jsonl`; empty for a path alone."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(sign and path and split_name(word) for word, sign, path in pairs):
        return {}
    return {path: word for word, _, path in pairs}


def _recognised(path: str, task: str) -> tuple[Builder, str]:
    """The builder that knows the files at a path, and the task. Raises UsageError for a path that does not exist."""
    if not Path(path).exists() and not is_address(path) and not has_magic(path):
        raise UsageError(f"--source {path!r} is neither a path nor of the form CORPUS=PATH or CORPUS:SUBSET=PATH")
    place = locate([path], Path())
    found = recognised(Source(place.paths))
    return found.builder, "" if task and _takes(found.builder, task) else found.task


def _with_keys(view: ViewPlan, keys: Mapping[str, Any]) -> ViewPlan:
    """`view` with further keys; options are added to those of the view."""
    return replace(view, **{**keys, "options": {**view.options, **keys.get("options", {})}})


def _takes(builder: Builder, task: str) -> bool:
    """True if a builder can be asked for a task: one that it names, or any if it names none.

    A builder with several tasks takes a task file, too.
    """
    return builder.task is None or task in (builder.task, *builder.tasks) or bool(builder.tasks and ".toml" in task)


def _options(text: str) -> dict[str, int | float | str]:
    """`rows=1000,seed=3` as options; a number alone is the rows."""
    pairs = [part.partition("=") for part in text.split(",")]
    return {(key if sign else "rows"): _number(value if sign else key) for key, sign, value in pairs}


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
