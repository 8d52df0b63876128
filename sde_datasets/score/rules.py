"""The rules of a scoring: the schema of the answers, what else targets and labels are called, and the weights of kappa.

They come from the data's own schema and its task, or from a schema.json:

    {"task": "mabsa", "language": "zh", "targets": ["食品评价", "价格水平"]}

`task` is a known task or the path of a TOML file beside the schema. Any field of `sde_datasets.schemas.Schema` may be
given to differ from the task's (`labels`, `numbers`, `placeholder`, ...); with `kind` in place of `task` the words are
those of mabsa (label) or ner (mention). `target_aliases` and `label_aliases` map a target or label to a list of other
names for it; `weights` is the matrix of weighted kappa, rows gold, columns answer, the placeholder last.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.formats import NO_ALIASES, Aliases
from sde_datasets.schemas import KINDS, Schema, check_schema
from sde_datasets.tasks import Task, check_weights, find_task, task_names

_OURS = ("target_aliases", "label_aliases", "weights")
_FIELDS = tuple(field.name for field in fields(Schema))
_WORDS_OF = {"label": "mabsa", "mention": "ner"}


@dataclass(frozen=True)
class Rules:
    """A schema with the aliases its reader knows and, for label tasks, the weights of kappa (None: Cohen's)."""

    schema: Schema
    aliases: Aliases = NO_ALIASES
    weights: tuple[tuple[float, ...], ...] | None = None

    @classmethod
    def of(cls, schema: Schema, task: str = "") -> Rules:
        """The rules for a schema by its own task where that is known, or by `task`, a name or a TOML file."""
        found = find_task(task) if task else find_task(schema.task) if schema.task in task_names() else None
        return cls(schema, *_of_task(schema, found))

    @classmethod
    def read(cls, path: Path) -> Rules:
        """The rules in a schema.json. Raises InputError that names the file and what is wrong with it."""
        try:
            given = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise InputError(str(path), f"cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise InputError(str(path), f"is no JSON ({error})") from error
        if not isinstance(given, dict):
            raise InputError(str(path), "is no JSON object", 'Give {"task": ..., "language": ..., "targets": [...]}.')
        return cls.from_dict(given, str(path), path.parent)

    @classmethod
    def from_dict(cls, given: dict[str, Any], place: str = "schema", base: Path | None = None) -> Rules:
        """The rules that a schema.json holds; `base` is where the TOML file of a task is looked for.

        Raises InputError, naming `place`.
        """
        for key in given:
            if key not in (*_FIELDS, *_OURS):
                raise InputError(place, f"unknown key {key!r}", nearest(key, (*_FIELDS, *_OURS)))
        task = _task(given, place, base)
        schema = _schema(given, task, place)
        aliases, weights = _of_task(schema, task)
        targets = _aliases(given.get("target_aliases", {}), schema.index, f"{place} target_aliases")
        labels = _aliases(given.get("label_aliases", {}), schema.number_of, f"{place} label_aliases")
        if "weights" in given:
            check_weights(given["weights"], schema, f"{place} weights")
            weights = given["weights"] and tuple(map(tuple, given["weights"]))
        return cls(schema, Aliases(targets, aliases.labels + labels), weights)


def _task(given: dict[str, Any], place: str, base: Path | None) -> Task:
    name, kind = given.get("task", ""), given.get("kind")
    known = isinstance(name, str) and (name.endswith(".toml") or name in task_names())
    if not known and kind not in KINDS:
        cure = f"Give a known task ({', '.join(task_names())}), the TOML file of yours, or kind: {' or '.join(KINDS)}."
        raise InputError(place, f"the task is {name!r}", cure)
    try:
        task = find_task(name if known else _WORDS_OF[kind], base)
    except UsageError as error:
        raise InputError(place, str(error)) from error
    if kind not in (None, task.kind):
        raise InputError(place, f"the kind is {kind!r}", f"{task.name} is a {task.kind} task.")
    return task


def _schema(given: dict[str, Any], task: Task, place: str) -> Schema:
    """The words of the task in the language given, with whatever the file says otherwise."""
    language = given.get("language", "en")
    spoken = task.word_language(language) if isinstance(language, str) else "en"
    words = {"task": task.name, "kind": task.kind, "targets": []} | dict(task.words[spoken]) | {"language": spoken}
    words |= {key: value for key, value in given.items() if key in _FIELDS}
    if isinstance(words["task"], str) and words["task"].endswith(".toml"):
        words["task"] = task.name
    return check_schema(Schema(**{k: tuple(v) if isinstance(v, list) else v for k, v in words.items()}), place)


def _of_task(schema: Schema, task: Task | None) -> tuple[Aliases, tuple[tuple[float, ...], ...] | None]:
    """What a task says of labels, which holds for a schema with the task's own labels in any of its languages."""
    labels = tuple(schema.number_of)
    own = [(*words.get("labels", ()), words["placeholder"]) for words in task.words.values()] if task else []
    if schema.kind != "label" or labels not in own:
        return NO_ALIASES, None
    words = zip(labels, task.score.get("aliases", ()), strict=False)
    aliases = tuple((alias, label) for label, others in words for alias in others if alias != label)
    weights = task.score.get("weights")
    return Aliases(labels=aliases), weights and tuple(map(tuple, weights))


def _aliases(given: Any, known, place: str) -> tuple[tuple[str, str], ...]:
    """Pairs of alias and name from a table of lists. Raises InputError for a name that is not `known`."""
    if not isinstance(given, dict):
        raise InputError(place, "is no table of lists", 'Give {"food": ["meal", "taste"]}.')
    for name, others in given.items():
        if name not in known:
            raise InputError(place, f"unknown name {name!r}", nearest(name, list(known)))
        if not isinstance(others, list) or not all(isinstance(other, str) and other for other in others):
            raise InputError(place, f"the aliases of {name!r} are {others!r}", "Give a list of strings.")
    return tuple((other, name) for name, others in given.items() for other in others)
