"""Builders: what turns the files of a corpus into records. They are found by entry point, so anyone can add one.

A builder is a name, a task, its targets and one function that reads. The core checks, counts, splits and writes what
the function yields; the function only has to be right about its corpus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.plugins import BUILDERS, plugin, plugin_names
from sde_datasets.records import Record, Reject
from sde_datasets.schemas import Schema
from sde_datasets.sources import Source
from sde_datasets.tasks import Task


@dataclass
class Job:
    """What a builder reads and for whom: the source, the schema asked for, the subset, and the plan's options.

    `note` counts what the builder leaves out by its own rule (coordinated terms, say), for the report.
    `schema` is None only while a builder's `discover` looks for the targets, `source` where a builder reads no file.
    """

    source: Source | None
    task: Task | None = None
    schema: Schema | None = None
    subset: str = ""
    language: str = "en"
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, count: int = 1) -> None:
        """Count `count` more of `what`."""
        self.notes[what] += count


@dataclass(frozen=True)
class Builder:
    """A corpus that can be read.

    task: the name of its task, or None where the user says it (`--task`).
    targets: subset -> ordered targets; `""` is the default view. Empty where `discover` finds them in the files.
    read: yields records and rejects in the order of the corpus; an annotation whose target is not in the schema is
        dropped and counted by the caller, so one reading serves every subset.
    languages: the language of the text and the words by default, then others that the builder can be asked for.
    options: the keys that a plan may give it.
    needs_path: False for a builder that reads no file.
    """

    name: str
    task: str | None
    read: Callable[[Job], Iterator[Record | Reject]]
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    discover: Callable[[Job], tuple[str, ...]] | None = None
    language: str = "en"
    options: tuple[str, ...] = ()
    needs_path: bool = True


def find_builder(name: str) -> Builder:
    """One installed builder.

    Raises UsageError that names the nearest known one, or the package whose builder cannot be imported.
    """
    known = plugin_names(BUILDERS)
    if name not in known:
        raise UsageError(f"unknown corpus {name!r}. {nearest(name, known)}")
    return plugin(BUILDERS, name)


def targets_of(builder: Builder, job: Job) -> tuple[str, ...]:
    """The targets of a subset, from the builder's list or found in the files.

    Raises UsageError for a subset that the builder does not have, InputError where the files hold no target.
    """
    if job.subset in builder.targets:
        return builder.targets[job.subset]
    if job.subset:
        known = [name for name in builder.targets if name]
        hint = nearest(job.subset, known) if known else "It has none."
        raise UsageError(f"corpus {builder.name!r} has no subset {job.subset!r}. {hint}")
    found = builder.discover(job) if builder.discover else ()
    if not found:
        place = job.source.label if job.source else builder.name
        raise InputError(place, "no target is annotated anywhere", "Name the targets in the plan (targets).")
    return found
