"""Load a task: a TOML file with the words of its answers by language and the wordings of its instructions.

    name, kind          the task's name, and label or mention
    [en]                for each language a table with the fields of `records.schema.Schema` but targets
    [[en.wordings]]     one to three paraphrases of the instruction (`wordings.py`)
    [en.definitions]    target = definition, for the designs that define the targets in the instruction
    [hub]               task_categories, task_ids, tags: the Hub's terms for the task
    [score]             weights: the matrix of weighted kappa; aliases: other words for each label
    [read]              aliases: what own data call each label, besides the words and numbers of the task

Lists of aliases and the rows and columns of the matrix are in the order of the labels, with the placeholder last.
A package adds a task by an entry point in the group `sde_datasets.tasks`: a function without arguments that returns the
path of the TOML file. A plan or `--task` names a file by its path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sde_datasets.designs.design import WORDINGS
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.records.schema import KINDS, Kind, Schema, check_schema
from sde_datasets.tasks.wordings import check_wording
from sde_datasets.utils.config import checked_values, load_config
from sde_datasets.utils.entry_points import TASKS, plugin, plugin_names
from sde_datasets.utils.toml import read_toml

Words = tuple[str, ...]


@dataclass(frozen=True)
class HubTable:
    """The table `hub` of a task file."""

    task_categories: Words = ()
    task_ids: Words = ()
    tags: Words = ()


@dataclass(frozen=True)
class ScoreTable:
    """The table `score` of a task file. weights: rows gold, columns answer, numbers from 0 to 1; empty for none."""

    aliases: tuple[Words, ...] = ()
    weights: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class ReadTable:
    """The table `read` of a task file."""

    aliases: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Task:
    """A task: its name, its kind and, by language, the words of its answers and the wordings of its instruction.

    words: values of the fields of `Schema`. hub: the terms of `HubTable` that the file gives. definitions: by language,
    of targets by name.
    """

    name: str
    kind: Kind
    words: Mapping[str, Mapping[str, Any]]
    wordings: Mapping[str, tuple[Mapping[str, str], ...]]
    hub: Mapping[str, list[str]] = field(default_factory=dict)
    score: ScoreTable = ScoreTable()
    read: ReadTable = ReadTable()
    definitions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def define(self, definitions: Mapping[str, str], language: str) -> Task:
        """Return the task with further definitions of targets for texts in a language, which replace its own."""
        used = self.word_language(language)
        return replace(self, definitions={**self.definitions, used: {**self.definitions.get(used, {}), **definitions}})

    def undefined(self, schema: Schema) -> list[str]:
        """The targets of a schema that have no definition."""
        return [target for target in schema.targets if target not in self.definitions.get(schema.language, {})]

    def word_language(self, language: str) -> str:
        """The language of instructions and answers for texts in `language`: itself, else English, else the first."""
        return language if language in self.words else "en" if "en" in self.words else next(iter(self.words))

    def schema(self, targets: Sequence[str], language: str = "en", location: str = "schema") -> Schema:
        """The schema of this task for `targets`. Raises InputError, naming `location`, for targets it cannot have."""
        used = self.word_language(language)
        return check_schema(Schema(self.name, self.kind, used, tuple(targets), **self.words[used]), location)


@cache
def _bundled_files() -> dict[str, Path]:
    folder = Path(str(files("sde_datasets.tasks")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


@cache
def _bundled_task(name: str) -> Task:
    return load_task(_bundled_files()[name])


def task_names() -> list[str]:
    """The names of all installed tasks."""
    return sorted({*_bundled_files(), *plugin_names(TASKS)})


def is_task(name: str) -> bool:
    """Whether a task of this name is installed."""
    return name in _bundled_files() or name in plugin_names(TASKS)


def get_task(name: str, base: Path | None = None) -> Task:
    """The task of a name, or in a TOML file whose path (relative to `base`) is given.

    Raises UsageError for an unknown name, InputError for a file that is not a task.
    """
    if name.endswith(".toml"):
        return load_task((base or Path()) / name)
    if name in _bundled_files():
        return _bundled_task(name)
    if name in plugin_names(TASKS):
        return load_task(Path(plugin(TASKS, name)()))
    raise UsageError(f"unknown task {name!r}. {nearest(name, task_names())} A task of your own is a TOML file.")


def load_task(path: Path) -> Task:
    """The task in a TOML file. Raises InputError that names the file and the key at fault."""
    table = read_toml(path)
    name, kind = table.pop("name", None), table.pop("kind", None)
    hub, score, read = (table.pop(key, {}) for key in ("hub", "score", "read"))
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(str(path), f"the task's name is {name!r}", "Use letters, digits and _, with no digit first.")
    if kind not in KINDS:
        raise InputError(str(path), f"unknown kind {kind!r}", f"Known: {', '.join(KINDS)}.")
    if not table or not all(isinstance(words, dict) for words in table.values()):
        raise InputError(str(path), "needs a table for each language", "Add [en] with the words of the task.")
    wordings = {language: _wordings(words, kind, f"{path} [{language}]") for language, words in table.items()}
    definitions = {
        language: check_definitions(words.pop("definitions", {}), f"{path} [{language}.definitions]")
        for language, words in table.items()
    }
    fixed = {"task": name, "kind": kind, "targets": ("target",)}
    schemas = {
        language: check_schema(load_config(Schema, words, location, language=language, **fixed), location)
        for language, words in table.items()
        for location in [f"{path} [{language}]"]
    }
    task = Task(
        name,
        kind,
        {language: checked_values(Schema, words, f"{path} [{language}]") for language, words in table.items()},
        wordings,
        {key: list(words) for key, words in checked_values(HubTable, hub, f"{path} [hub]").items()},
        load_config(ScoreTable, score, f"{path} [score]"),
        load_config(ReadTable, read, f"{path} [read]"),
        definitions,
    )
    for schema in schemas.values():
        _check_aliases(task.score.aliases, schema, f"{path} [score]")
        check_weights(task.score.weights, schema, f"{path} [score]")
        _check_aliases(task.read.aliases, schema, f"{path} [read]")
    return task


def _wordings(words: dict[str, Any], kind: Kind, location: str) -> tuple[Mapping[str, str], ...]:
    """Take the wordings out of the table of a language, checked."""
    wordings = words.pop("wordings", [])
    if not isinstance(wordings, list) or not 1 <= len(wordings) <= len(WORDINGS):
        raise InputError(location, "needs one to three wordings of the instruction", "Add [[LANGUAGE.wordings]].")
    for number, wording in enumerate(wordings, 1):
        check_wording(wording, kind, f"{location} wording {number}")
    return tuple(wordings)


def check_definitions(definitions: object, location: str) -> Mapping[str, str]:
    """Return definitions of targets. Raises InputError, naming `location`, unless each is one line of text."""
    if not isinstance(definitions, Mapping):
        raise InputError(location, f"is {definitions!r}", 'Give a table: TARGET = "definition".')
    for target, definition in definitions.items():
        if not isinstance(definition, str) or not definition.strip() or "\n" in definition:
            raise InputError(location, f"the definition of {target!r} is {definition!r}", "Give one line of text.")
    return dict(definitions)


def _check_aliases(aliases: tuple[Words, ...], schema: Schema, location: str) -> None:
    """Raise InputError unless there are no aliases, or a list of words for each label and the placeholder."""
    count = len(schema.number_of)
    if aliases and (len(aliases) != count or not all(word for words in aliases for word in words)):
        raise InputError(location, "aliases do not fit the labels", f"Give {count} lists: the labels, the placeholder.")


def check_weights(weights: Sequence[Sequence[float]], schema: Schema, location: str) -> None:
    """Raise InputError, naming `location`, unless `weights` are empty or a matrix for the labels of a schema."""
    count = len(schema.number_of)
    if not weights:
        return
    if len(weights) != count or not all(len(row) == count and all(0 <= w <= 1 for w in row) for row in weights):
        hint = f"Give {count} rows of {count} numbers from 0 to 1: rows gold, columns answer, the placeholder last."
        raise InputError(location, "weights do not fit the labels", hint if count else "Leave them out.")
