"""Settings of a scoring: the schema of the answers, aliases of targets and labels, and the weights of kappa.

They come from the schema and the task of the data, or from a schema.json:

    {"task": "mabsa", "language": "zh", "targets": ["食品评价", "价格水平"]}

`task` is a known task, or the path of a TOML file relative to the schema. Any field of `records.schema.Schema`
(`labels`, `numbers`, `placeholder`, ...) overrides that of the task; with `kind` in place of `task`, the words are
those of mabsa (label) or ner (mention). `target_aliases` and `label_aliases` map a target or label to a list of other
names; `placeholder_aliases` lists other words for a target that is not mentioned. `weights` is the matrix of weighted
kappa: rows gold, columns answers, the placeholder last.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.formats import NO_ALIASES, Aliases
from sde_datasets.records.schema import KINDS, Schema
from sde_datasets.tasks.task import ScoreTable, Task, check_weights, get_task, is_task, task_names
from sde_datasets.utils.config import load_config

Weights = tuple[tuple[float, ...], ...]

_OWN_KEYS = ("target_aliases", "label_aliases", "placeholder_aliases", "weights")
_SCHEMA_KEYS = tuple(field.name for field in fields(Schema))
_TASK_OF_KIND = {"label": "mabsa", "mention": "ner"}


@dataclass(frozen=True)
class ScoringSettings:
    """A schema, the aliases that the parser accepts and, for label tasks, the weights of kappa (None: Cohen's).

    normalise: mentions are compared after NFKC, without blanks and hyphens. by: columns of the data; each gives figures
    of groups of samples.
    """

    schema: Schema
    aliases: Aliases = NO_ALIASES
    weights: Weights | None = None
    normalise: bool = False
    by: tuple[str, ...] = ()

    def with_options(self, normalise: bool, by: Sequence[str]) -> Self:
        """Return the settings with the options of a scoring. Raises UsageError where they do not fit the task."""
        if normalise and self.schema.kind == "label":
            raise UsageError("--normalise (normalise=True) compares mentions, and this task has labels")
        return replace(self, normalise=normalise, by=tuple(by))

    @classmethod
    def of(cls, schema: Schema, task: str = "") -> Self:
        """Return the settings for a schema by `task`, a name or a TOML file, or by the schema's own task if known."""
        found = get_task(task) if task else get_task(schema.task) if is_task(schema.task) else None
        return cls(schema, *_task_settings(schema, found))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a schema.json. Raises InputError that names the file and the problem."""
        try:
            entries = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise InputError(str(path), f"cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise InputError(str(path), f"is not JSON ({error})") from error
        if not isinstance(entries, dict):
            hint = 'Give {"task": ..., "language": ..., "targets": [...]}.'
            raise InputError(str(path), "is not a JSON object", hint)
        return cls.from_dict(entries, str(path), path.parent)

    @classmethod
    def from_dict(cls, entries: dict[str, Any], location: str = "schema", base: Path | None = None) -> Self:
        """Return the settings that a schema.json holds. base: the folder of the TOML file of a task.

        Raises InputError that names `location`.
        """
        for key in entries:
            if key not in (*_SCHEMA_KEYS, *_OWN_KEYS):
                raise InputError(location, f"unknown key {key!r}", nearest(key, (*_SCHEMA_KEYS, *_OWN_KEYS)))
        task = _task(entries, location, base)
        schema = _schema(entries, task, location)
        aliases, weights = _task_settings(schema, task)
        targets = _aliases(entries.get("target_aliases", {}), schema.index, f"{location} target_aliases")
        labels = _aliases(entries.get("label_aliases", {}), schema.number_of, f"{location} label_aliases")
        nothing = _words(entries.get("placeholder_aliases", []), location, "placeholder_aliases are")
        if schema.kind == "label":
            labels, nothing = (*labels, *((word, schema.placeholder) for word in nothing)), ()
        if "weights" in entries:
            weights = load_config(ScoreTable, {"weights": entries["weights"] or []}, location).weights or None
            check_weights(weights or (), schema, f"{location} weights")
        return cls(schema, Aliases(targets, aliases.labels + labels, nothing), weights)


def _task(entries: dict[str, Any], location: str, base: Path | None) -> Task:
    name, kind = entries.get("task", ""), entries.get("kind")
    is_known = isinstance(name, str) and (name.endswith(".toml") or is_task(name))
    if not is_known and kind not in KINDS:
        known = ", ".join(task_names())
        hint = f"Give a known task ({known}), the TOML file of your own task, or kind: {' or '.join(KINDS)}."
        raise InputError(location, f"the task is {name!r}", hint)
    try:
        task = get_task(name if is_known else _TASK_OF_KIND[str(kind)], base)
    except UsageError as error:
        raise InputError(location, str(error)) from error
    if kind not in (None, task.kind):
        raise InputError(location, f"the kind is {kind!r}", f"{task.name} is a {task.kind} task.")
    return task


def _schema(entries: dict[str, Any], task: Task, location: str) -> Schema:
    """The words of the task in the language of the file, overridden by the entries of the file."""
    language = entries.get("language", "en")
    word_language = task.word_language(language) if isinstance(language, str) else "en"
    words: dict[str, Any] = {"task": task.name, "kind": task.kind, "targets": ()}
    words |= dict(task.words[word_language]) | {"language": word_language}
    words |= {key: value for key, value in entries.items() if key in _SCHEMA_KEYS}
    if isinstance(words["task"], str) and words["task"].endswith(".toml"):
        words["task"] = task.name
    return Schema.from_dict(words, location)


def _task_settings(schema: Schema, task: Task | None) -> tuple[Aliases, Weights | None]:
    """Label aliases and weights of a task, which hold for a schema with the labels of the task in any language."""
    if schema.kind != "label" or task is None:
        return NO_ALIASES, None
    labels = tuple(schema.number_of)
    if labels not in [(*words.get("labels", ()), words["placeholder"]) for words in task.words.values()]:
        return NO_ALIASES, None
    words = zip(labels, task.score.aliases, strict=False)
    aliases = tuple((alias, label) for label, others in words for alias in others if alias != label)
    return Aliases(labels=aliases), task.score.weights or None


def _aliases(entries: Any, known: Collection[str], location: str) -> tuple[tuple[str, str], ...]:
    """Pairs of alias and name from a table of lists. Raises InputError for a name that is not `known`."""
    if not isinstance(entries, dict):
        raise InputError(location, "is not a table of lists", 'Give {"food": ["meal", "taste"]}.')
    for name, aliases in entries.items():
        if name not in known:
            raise InputError(location, f"unknown name {name!r}", nearest(name, list(known)))
        _words(aliases, location, f"the aliases of {name!r} are")
    return tuple((alias, name) for name, aliases in entries.items() for alias in aliases)


def _words(words: Any, location: str, subject: str) -> tuple[str, ...]:
    """A list of words. Raises InputError, in which `subject` names it, for anything else."""
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise InputError(location, f"{subject} {words!r}", "Give a list of strings.")
    return tuple(words)
