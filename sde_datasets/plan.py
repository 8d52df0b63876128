"""Plans: which views are built from which corpora, and how. From a project file (`sde.toml`) or from the command line.

A view is what a config name starts with: one corpus, one schema, one language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from sde_datasets.builder import find_builder
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.toml_file import read_toml

_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
EVIDENCE = ("all", "annotated")


@dataclass(frozen=True)
class ViewPlan:
    """One view as asked for. `name` and `task` may be empty: then they follow from the corpus.

    targets: an own choice of targets instead of a named `subset`. columns, labels: how own data name things.
    facts: what the card says about the corpus, the name of one of cards/ or a TOML file with the same keys; else that
    of the corpus. licence, redistribute: what may be published. options: further keys of the builder.
    """

    corpus: str
    path: str = ""
    name: str = ""
    task: str = ""
    language: str = ""
    subset: str = ""
    targets: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    facts: str = ""
    licence: str = ""
    redistribute: bool = False


@dataclass(frozen=True)
class Plan:
    """What a build makes. `base` is the folder from which paths count; it reaches no output.

    evidence: `all`, or `annotated` to leave extracted descriptions out. dedupe: take texts that stand in validation or
    test out of training. max_empty: the largest share of records of a split that mention nothing.
    """

    view: tuple[ViewPlan, ...]
    name: str = ""
    repository: str = ""
    designs: tuple[str, ...] = ("paper",)
    evidence: str = "all"
    dedupe: bool = False
    max_empty: float = 1.0
    base: Path = Path()


def bundled_plan() -> Path:
    """The project file of the bundled corpora."""
    return Path(str(files("sde_builders"))) / "samples" / "sde.toml"


def read_plan(path: Path) -> Plan:
    """The plan in a project file. Raises InputError that names the key at fault and the nearest known one."""
    given = read_toml(path)
    views = given.pop("view", [])
    if not isinstance(views, list) or not views:
        raise InputError(str(path), "has no view", "Add a table [[view]] with corpus and path.")
    made = tuple(_made(ViewPlan, v, f"{path} view {i}") for i, v in enumerate(views, 1))
    plan = _made(Plan, given | {"view": made, "base": path.parent}, str(path), hidden=("base", "view"))
    return named(plan, str(path))


def source_plan(sources: Iterable[str], task: str, language: str = "", **settings: Any) -> Plan:
    """The plan of a command line: each source is `CORPUS=PATH` or `CORPUS:SUBSET=PATH`.

    `task` is for corpora that have none of their own, `language` for all that are given.

    Raises UsageError for a source that is not of this form.
    """
    views = []
    for source in sources:
        corpus, _, path = source.partition("=")
        corpus, _, subset = corpus.partition(":")
        if not corpus or not path:
            raise UsageError(f"--source {source!r} is not of the form CORPUS=PATH or CORPUS:SUBSET=PATH")
        builder = find_builder(corpus)
        given = {"path": path} if builder.needs_path else {"options": _spec(path)}
        views.append(ViewPlan(corpus, subset=subset, task="" if builder.task else task, language=language, **given))
    return named(Plan(tuple(views), **settings), "command line")


def _spec(text: str) -> dict[str, Any]:
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


def _made(kind: type, given: Mapping[str, Any], place: str, hidden: tuple[str, ...] = ()) -> Any:
    """A ViewPlan or Plan from a table, its keys and types checked."""
    known = {f.name: f for f in fields(kind)}
    if not isinstance(given, Mapping):
        raise InputError(place, "is no table")
    values = {}
    for key, value in given.items():
        if key not in known:
            raise InputError(place, f"unknown key {key!r}", nearest(key, sorted(set(known) - set(hidden))))
        values[key] = value if key in hidden else _typed(value, known[key], f"{place}: {key}")
    if "corpus" in known and "corpus" not in values:
        raise InputError(place, "lacks the key 'corpus'")
    return kind(**values)


def _typed(value: Any, known, place: str) -> Any:
    default = "" if known.default is MISSING else known.default
    if known.default_factory is not MISSING:
        default = known.default_factory()
    if isinstance(default, tuple):
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise InputError(place, f"is {value!r}", "Give a list of strings.")
        return tuple(words)
    wanted = (int, float) if isinstance(default, float) else Mapping if isinstance(default, dict) else type(default)
    if not isinstance(value, wanted) or (isinstance(value, bool) and not isinstance(default, bool)):
        names = {str: "a string", bool: "true or false", (int, float): "a number", Mapping: "a table"}
        raise InputError(place, f"is {value!r}", f"Give {names[wanted]}.")
    return value


def named(plan: Plan, place: str) -> Plan:
    """`plan` with a task and a name for every view, checked: the first corpus given for a task owns the bare name."""
    owners: dict[str, str] = {}
    views = []
    for view in plan.view:
        builder = find_builder(view.corpus)
        task = view.task or builder.task
        if not task:
            raise UsageError(f'corpus {view.corpus!r} needs a task: --task ner, or task = "ner" in the plan')
        word = Path(task).stem if task.endswith(".toml") else task
        owner = owners.setdefault(word, view.corpus)
        parts = [word, "" if owner == view.corpus else view.corpus, view.subset]
        name = view.name or "_".join(part for part in parts if part)
        if not _NAME.fullmatch(name):
            raise InputError(place, f"the view name {name!r} is not made of a-z, 0-9 and single _")
        language = view.language or builder.language
        views.append(replace(view, name=name, task=task, language=language))
    names = [view.name for view in views]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(place, f"two views are named {twice[0]!r}", 'Name them in a plan: name = "...".')
    if plan.evidence not in EVIDENCE:
        raise InputError(place, f"evidence is {plan.evidence!r}", f"Known: {', '.join(EVIDENCE)}.")
    if not 0 <= plan.max_empty <= 1:
        raise InputError(place, f"max_empty is {plan.max_empty}", "It is a share from 0 to 1.")
    return replace(plan, view=tuple(views))
