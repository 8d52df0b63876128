"""Builders: plugins that read the files of a corpus into records. They are found by entry point.

A builder is a name, a task, its targets and a function that reads. The core checks, counts, splits and writes what the
function yields.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.ingest.contract import discovered_targets
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Record, Reject
from sde_datasets.records.schema import Schema
from sde_datasets.tasks.task import Task
from sde_datasets.utils.entry_points import BUILDERS, module_file, plugin, plugin_names

if TYPE_CHECKING:
    from sde_datasets.ingest.recognise import Head

# weights of guesses: a corpus in the format of a tool is a corpus
CORPUS, TOOL, GENERAL = 30, 20, 10


class Guess(NamedTuple):
    """Why a file is one of a builder's, how sure that is, and the task (empty for that of the builder)."""

    why: str
    weight: int
    task: str = ""


@dataclass
class ReadContext:
    """What a builder reads and for which view: the source, the task, the schema, the subset, the options of the plan.

    schema: has the targets as the corpus names them; None while `discover` looks for the targets. source: None for a
    builder that reads no file. notes: what the builder leaves out or corrects, counted for the report. remarks: further
    lines for the report.
    """

    # None as documented, and typed as what every reader can rely on
    source: Source = None  # type: ignore[assignment]
    task: Task = None  # type: ignore[assignment]
    schema: Schema = None  # type: ignore[assignment]
    subset: str = ""
    language: str = "en"
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def note(self, what: str, count: int = 1) -> None:
        """Count `count` more of `what`, such as "coordinated terms skipped", for the report."""
        self.notes[what] += count


@dataclass(frozen=True)
class Builder:
    """A corpus that can be read.

    task: the name of its task, or None if the user gives it (`--task`).
    read: yields records and rejects in the order of the corpus. Annotations whose target is not in the schema may be
        yielded: the core drops and counts them.
    targets: the ordered targets of each subset; the subset `""` is the default view. Empty if `discover` is given.
    discover: finds the targets in the files.
    language: the default language of the texts and of the answers.
    options: the keys of a plan's view that the builder knows.
    needs_path: False for a builder that reads no file.
    tasks: tasks besides `task` that the user can ask for; a builder with some also takes task files.
    bad_annotations: the default rule for invalid annotations, see `bad_annotations.RULES`.
    offsets: the usual unit of the offsets of its files, see `offsets.OFFSETS`.
    recognise: says whether a file is one of its own, see `recognise.py`.
    module: the name of the module whose docstring describes the files; by default that of `read`.
    """

    name: str
    task: str | None
    read: Callable[[ReadContext], Iterator[Record | Reject]]
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    discover: Callable[[ReadContext], tuple[str, ...]] | None = None
    language: str = "en"
    options: tuple[str, ...] = ()
    needs_path: bool = True
    tasks: tuple[str, ...] = ()
    bad_annotations: str = "reject record"
    offsets: str = "characters"
    recognise: Callable[[Head], Guess | None] | None = None
    module: str = ""

    @property
    def described_in(self) -> str:
        """The name of the module that describes the files and holds the code of the reader."""
        return self.module or self.read.__module__


def get_builder(name: str, files: Iterable[Path] = ()) -> Builder:
    """The builder of a name: the BUILDER of one of the Python `files`, or an installed one.

    Raises UsageError that names the nearest known builder, or the file or package that cannot be imported.
    """
    installed = plugin_names(BUILDERS)
    in_files = {builder.name: builder for builder in map(builder_in, files)}
    if duplicates := sorted({*in_files} & {*installed}):
        raise UsageError(f"an installed builder is named {duplicates[0]!r}, too. Rename the one in your file.")
    if name in in_files:
        return in_files[name]
    if name not in installed:
        raise UsageError(f"unknown corpus {name!r}. {nearest(name, [*in_files, *installed])}")
    return _checked(plugin(BUILDERS, name), f"the entry point {name!r}")


def builder_in(path: Path) -> Builder:
    """The BUILDER that a Python file defines. Raises UsageError if it defines none."""
    return _checked(getattr(module_file(path.absolute()), "BUILDER", None), f"BUILDER in {path.name}")


def _checked(found: object, what: str) -> Builder:
    if not isinstance(found, Builder):
        raise UsageError(f"{what} is not a Builder. Write BUILDER = Builder(name, task, read, targets).")
    return found


def builder_description(name: str) -> str:
    """The docstring of a builder's module, which describes its files, and its options. Raises UsageError."""
    builder = get_builder(name)
    text = inspect.getdoc(sys.modules[builder.described_in]) or "Its package does not describe it."
    options = ", ".join(builder.options) or "none"
    return f"{text}\n\nOptions of {name}: {options}."


def resolve_targets(builder: Builder, context: ReadContext) -> tuple[str, ...]:
    """The targets of the subset of a context, from the builder's list or found in the files.

    Raises UsageError for a subset that the builder does not have, InputError for files without targets.
    """
    if context.subset in builder.targets:
        return builder.targets[context.subset]
    if context.subset:
        known = [name for name in builder.targets if name]
        hint = nearest(context.subset, known) if known else "It has none."
        raise UsageError(f"corpus {builder.name!r} has no subset {context.subset!r}. {hint}")
    found = discovered_targets(builder, context)
    if not found:
        location = context.source.label if context.source else builder.name
        hint = "Name them: targets = [...] in the plan, or --targets NAME."
        raise InputError(location, "no target is annotated anywhere", hint)
    return found
