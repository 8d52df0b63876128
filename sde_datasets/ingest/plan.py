"""Plans: the views of a build, each with its corpus and its options, as a project file (`sde.toml`) gives them.

    designs = ["paper"]                  keys of `Plan`

    [[view]]                             keys of `ViewPlan`
    corpus = "genia"
    path = "GENIAcorpus3.02.tgz"

A view is one corpus, one schema and one language; its name is the first part of its config names.
`source_plan.py` makes a plan of a command line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from sde_datasets.dataset.address import repository_name
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import get_builder
from sde_datasets.ingest.splits import parse_shares
from sde_datasets.tasks.task import check_definitions
from sde_datasets.utils.config import checked_values, load_config, option
from sde_datasets.utils.toml import read_toml

_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
EVIDENCE = ("all", "annotated")


@dataclass(frozen=True)
class ViewPlan:
    """One view of a plan. `name`, `task` and `language` follow from the corpus when they are empty.

    path: one path, or several that are read as one corpus. targets: chosen targets, as the corpus names them, instead
    of a named `subset`. rename: targets with their new names; two targets with one new name are merged.
    columns, labels: the names that own data uses. split: as in `Plan`, for this view only.
    splits: the split of all records of a path: {"a.jsonl" = "train"}. max_chars, stride: see `windows.py`.
    offsets, ends: the unit of the offsets of own data, see `offsets.Unit`. bad_annotations: the rule for invalid
    annotations, see `bad_annotations.RULES`; when empty, that of the builder.
    facts: the name of a file in cards/, or a TOML file with the same keys, for the card; when empty, the corpus's own.
    licence, redistribute: under which licence the data may be published. options: further keys of the builder.
    """

    corpus: str
    path: str | tuple[str, ...] = ""
    name: str = ""
    task: str = ""
    language: str = ""
    subset: str = ""
    targets: tuple[str, ...] = ()
    designs: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    offsets: str = ""
    ends: str = ""
    bad_annotations: str = ""
    rename: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    split: str = ""
    splits: Mapping[str, str] = field(default_factory=dict)
    max_chars: int = option(0, least=0)
    stride: int = option(0, least=0)
    facts: str = ""
    licence: str = ""
    redistribute: bool = False

    @property
    def window(self) -> tuple[int, int]:
        """The length of windows (0: none) and their stride, in characters."""
        return self.max_chars, self.stride

    @property
    def paths(self) -> tuple[str, ...]:
        """The path, or the paths, as a tuple."""
        return (self.path,) if isinstance(self.path, str) else self.path


@dataclass(frozen=True)
class Plan:
    """The views and the options of a build. `base` is the folder of relative paths; no output depends on it.

    evidence: `all`, or `annotated` for no extracted descriptions. dedupe: whether texts of validation or test are
    removed from training. max_empty: the largest share of records of a split without any annotation. max_rejected: the
    largest share of rejected records with which a view is built. split: shares such as 80/10/10 by which all records
    are split by hash, whatever split they name. builders: Python files that define builders, relative to `base`.
    """

    view: tuple[ViewPlan, ...]
    name: str = ""
    repository: str = ""
    designs: tuple[str, ...] = ("paper",)
    evidence: str = option("all", choices=EVIDENCE)
    dedupe: bool = False
    max_empty: float = option(1.0, least=0, most=1)
    builders: tuple[str, ...] = ()
    max_rejected: float = option(0.5, least=0, most=1)
    split: str = ""
    base: Path = Path()

    @property
    def builder_files(self) -> tuple[Path, ...]:
        """The files of `builders`."""
        return tuple(self.base / name for name in self.builders)


def bundled_plan() -> Path:
    """The project file of the bundled corpora."""
    return Path(str(files("sde_builders"))) / "samples" / "sde.toml"


def read_plan(path: Path) -> Plan:
    """The plan in a project file. Raises InputError that names the key at fault and the nearest known one."""
    table = read_toml(path)
    tables = table.pop("view", [])
    if not isinstance(tables, list) or not tables:
        raise InputError(str(path), "has no view", "Add a table [[view]] with corpus and path.")
    views = tuple(_read_view(view, f"{path} view {number}") for number, view in enumerate(tables, 1))
    plan = load_config(Plan, _with_lists(Plan, table), str(path), view=views, base=path.parent)
    try:
        plan = replace(plan, repository=repository_name(plan.repository, "dataset"))
    except UsageError as error:
        raise InputError(f"{path}: repository", str(error)) from error
    return completed(plan, str(path))


def _read_view(table: object, location: str) -> ViewPlan:
    view = load_config(ViewPlan, _with_lists(ViewPlan, table), location)
    if view.path == ():
        raise InputError(location, "path is []", "Give a path, or a list of paths.")
    return view


def _with_lists(kind: type, table: object) -> object:
    """A table with one word where `kind` takes a list of words as a list: `designs = "all"` is `designs = ["all"]`."""
    lists = {name for name, hint in get_type_hints(kind).items() if hint == tuple[str, ...]}
    if not isinstance(table, dict):
        return table
    return {key: [value] if key in lists and isinstance(value, str) else value for key, value in table.items()}


def completed(plan: Plan, location: str) -> Plan:
    """Return `plan`, checked, with a task, a language and a name for each view.

    The first corpus given for a task has the bare name of the task. Raises InputError that names `location`, and
    UsageError for an unknown corpus and a corpus without a task.
    """
    owners: dict[str, str] = {}
    views = []
    for view in plan.view:
        builder = get_builder(view.corpus, plan.builder_files)
        task = view.task or builder.task
        if not task:
            raise UsageError(f'corpus {view.corpus!r} needs a task: --task ner, or task = "ner" in the plan')
        word = Path(task).stem if task.endswith(".toml") else task
        owner = owners.setdefault(word, view.corpus)
        parts = [word, "" if owner == view.corpus else view.corpus, view.subset]
        name = view.name or "_".join(part for part in parts if part)
        views.append(replace(view, name=name, task=task, language=view.language or builder.language))
    plan = replace(plan, view=tuple(views))
    check_plan(plan, location)
    return plan


def check_plan(plan: Plan, location: str) -> None:
    """Raise InputError, naming `location`, or UsageError for settings that a build cannot have."""
    limited = ("evidence", "max_empty", "max_rejected")
    checked_values(Plan, {name: getattr(plan, name) for name in limited}, location)
    for shares in (plan.split, *(view.split for view in plan.view)):
        if shares:
            parse_shares(shares)
    names = [view.name for view in plan.view]
    for view in plan.view:
        if not _NAME.fullmatch(view.name):
            raise InputError(location, f"the view name {view.name!r} is not made of a-z, 0-9 and single _")
        if names.count(view.name) > 1:
            raise InputError(location, f"two views are named {view.name!r}", 'Name them in a plan: name = "...".')
        for old, new in view.rename.items():
            if not isinstance(new, str) or not new.strip():
                raise InputError(f"{location}: rename", f"{old!r} becomes {new!r}", "Give the new name as a string.")
        check_definitions(view.definitions, f"{location}: definitions")
