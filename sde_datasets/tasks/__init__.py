"""Tasks as data: one TOML file a task, with its words by language and the wordings of its instructions.

A file holds `name`, `kind` (label or mention) and, for each language, a table with the fields of
`sde_datasets.schemas.Schema` but targets, and `wordings`, a list of paraphrases of the instruction (see `prompts.py`).
A table `hub` may say how the Hub files the task: `task_categories`, `task_ids` and `tags`, lists of words. A table
`score` may hold `weights`, the matrix of weighted kappa, and `aliases`, a list of words for each label; both in the
order of the labels with the placeholder last.
A package adds a task by an entry point in the group `sde_datasets.tasks` that names a function without arguments which
returns the path of its TOML file; a plan or `--task` names a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from sde_datasets.designs import WORDINGS
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.plugins import TASKS, plugin, plugin_names
from sde_datasets.prompts import check_wording
from sde_datasets.schemas import KINDS, Schema, check_schema
from sde_datasets.toml_file import read_toml

_WORDS = frozenset(f.name for f in fields(Schema)) - {"task", "kind", "language", "targets"}
_HUB = ("task_categories", "task_ids", "tags")
_SCORE = ("weights", "aliases")
_REQUIRED = frozenset(f.name for f in fields(Schema) if f.default is MISSING) & _WORDS


@dataclass(frozen=True)
class Task:
    """A task: its name, its kind and, by language, the words of its answers and the wordings of its instruction."""

    name: str
    kind: str
    words: Mapping[str, Mapping[str, Any]]
    wordings: Mapping[str, tuple[Mapping[str, str], ...]]
    hub: Mapping[str, list[str]] = field(default_factory=dict)
    score: Mapping[str, list] = field(default_factory=dict)

    def word_language(self, language: str) -> str:
        """The language in which texts of `language` are instructed and answered: itself, English, else the first."""
        return language if language in self.words else "en" if "en" in self.words else next(iter(self.words))

    def schema(self, targets: tuple[str, ...], language: str = "en", place: str = "schema") -> Schema:
        """The schema of this task for `targets`. Raises InputError, naming `place`, where it cannot be written."""
        spoken = self.word_language(language)
        words = {key: tuple(v) if isinstance(v, list) else v for key, v in self.words[spoken].items()}
        return check_schema(Schema(self.name, self.kind, spoken, tuple(targets), **words), place)


def _bundled() -> dict[str, Path]:
    folder = Path(str(files("sde_datasets.tasks")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def task_names() -> list[str]:
    """The names of all tasks that are installed."""
    return sorted({*_bundled(), *plugin_names(TASKS)})


def find_task(name: str, base: Path | None = None) -> Task:
    """A task by its name, or by the path of its TOML file (relative to `base`).

    Raises UsageError for an unknown name, InputError for a file that is no task.
    """
    if name.endswith(".toml"):
        return load_task((base or Path()) / name)
    bundled = _bundled()
    if name in bundled:
        return load_task(bundled[name])
    if name in plugin_names(TASKS):
        return load_task(Path(plugin(TASKS, name)()))
    raise UsageError(f"unknown task {name!r}. {nearest(name, task_names())} A task of your own is a TOML file.")


def load_task(path: Path) -> Task:
    """The task in a TOML file. Raises InputError that names the file and the key at fault."""
    given = read_toml(path)
    name, kind = given.pop("name", None), given.pop("kind", None)
    hub, score = given.pop("hub", {}), given.pop("score", {})
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(str(path), f"the task's name {name!r} is no word of letters, digits and _")
    if kind not in KINDS:
        raise InputError(str(path), f"unknown kind {kind!r}", f"Known: {', '.join(KINDS)}.")
    if not given or not all(isinstance(table, dict) for table in given.values()):
        raise InputError(str(path), "needs a table for each language", "Add [en] with the words of the task.")
    _check_hub(hub, f"{path} [hub]")
    wordings = {language: _wordings(table, kind, f"{path} [{language}]") for language, table in given.items()}
    task = Task(name, kind, given, wordings, hub, score)
    for language, table in given.items():
        _check_words(table, f"{path} [{language}]")
        schema = task.schema(("target",), language, f"{path} [{language}]")
        _check_score(score, schema, f"{path} [score]")
    return task


def _wordings(table: dict[str, Any], kind: str, place: str) -> tuple[Mapping[str, str], ...]:
    wordings = table.pop("wordings", [])
    if not isinstance(wordings, list) or not 1 <= len(wordings) <= len(WORDINGS):
        raise InputError(place, "needs one to three wordings of the instruction", "Add [[LANGUAGE.wordings]].")
    for number, wording in enumerate(wordings, 1):
        if not isinstance(wording, dict):
            raise InputError(f"{place} wording {number}", "is no table of sentences")
        check_wording(wording, kind, f"{place} wording {number}")
    return tuple(wordings)


def _check_hub(hub: Any, place: str) -> None:
    for key, words in hub.items() if isinstance(hub, dict) else [("hub", None)]:
        if key not in _HUB:
            raise InputError(place, f"unknown key {key!r}", nearest(key, _HUB))
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise InputError(place, f"{key} is {words!r}", "Give a list of strings.")


def _check_score(score: Any, schema: Schema, place: str) -> None:
    for key in score if isinstance(score, dict) else ["score"]:
        if key not in _SCORE:
            raise InputError(place, f"unknown key {key!r}", nearest(key, _SCORE))
    check_weights(score.get("weights"), schema, place)
    count, aliases = len(schema.number_of), score.get("aliases", [[]] * len(schema.number_of))
    if not isinstance(aliases, list) or len(aliases) != count or not all(map(_is_words, aliases)):
        raise InputError(place, "aliases must be lists of strings", f"Give {count} lists: the labels, the placeholder.")


def check_weights(weights: Any, schema: Schema, place: str) -> None:
    """Raise InputError, naming `place`, where `weights` are neither None nor a matrix for the labels of a schema."""
    count = len(schema.number_of)
    rows = weights if isinstance(weights, list) and len(weights) == count else [None] * (weights is not None)
    for row in rows:
        right = isinstance(row, list) and len(row) == count
        if not right or not all(type(each) in (int, float) and 0 <= each <= 1 for each in row):
            cure = f"Give {count} rows of {count} numbers from 0 to 1: rows gold, columns answer, the placeholder last."
            raise InputError(place, "weights are no matrix for the labels", cure if count else "Leave them out.")


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word for word in value)


def _check_words(table: dict[str, Any], place: str) -> None:
    for key in table:
        if key not in _WORDS:
            raise InputError(place, f"unknown key {key!r}", nearest(key, sorted(_WORDS)))
    if missing := sorted(_REQUIRED - set(table)):
        raise InputError(place, f"lacks {', '.join(missing)}")
