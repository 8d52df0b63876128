"""Facts about corpora, from `cards/*.toml`: licence, citation, where to get them; and what may be published."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sde_datasets.builder import find_builder
from sde_datasets.card.values import ANNOTATORS, LICENCES, SOURCE
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.plan import ViewPlan
from sde_datasets.plugins import BUILDERS, plugin_names
from sde_datasets.toml_file import read_toml

if TYPE_CHECKING:
    from rich.table import Table

# the facts about a corpus of which nothing is known, which is how a builder of another package starts
NOTHING = {
    "title": "",
    "language": "",
    "licence": "not stated",
    "licence_id": "unknown",
    "licence_text": "",
    "redistribute": False,
    "attribution": "",
    "homepage": "",
    "get": "",
    "annotators": "",
    "source": "",
    "citation": "",
}
# the licence of own data: whoever builds must say which it is
OWN = "yours"


def facts_of(corpus: str) -> dict[str, Any]:
    """The facts about one corpus; those of `NOTHING` for a builder of another package that has none in a plan."""
    path = files("sde_datasets.cards") / f"{corpus}.toml"
    return NOTHING | (tomllib.loads(path.read_text("utf-8")) if path.is_file() else {})


def published_as(view: ViewPlan, base: Path) -> dict[str, Any]:
    """The facts about what a view of a plan reads, with the licence that the plan gives it.

    `redistribute` is true where the corpus's licence allows it or the plan says so; own data (`own`) with a licence of
    the plan's may be, too. Raises UsageError for unknown facts, InputError for a file with unknown keys or types.
    """
    facts = _read(base / view.facts) if view.facts.endswith(".toml") else facts_of(view.facts or view.corpus)
    if view.facts and not facts["title"]:
        raise UsageError(f"unknown facts {view.facts!r}. {nearest(view.facts, _known())} Your own are a TOML file.")
    own = facts["licence"] == OWN
    if own:
        facts |= {"title": f"Own data ({view.corpus})", "licence": "not stated", "licence_id": "unknown", "get": ""}
    if view.licence:
        known = view.licence.lower()
        facts |= {"licence": view.licence, "licence_id": known if known in LICENCES else "other"}
    allowed = facts["redistribute"] or view.redistribute or (own and bool(view.licence))
    return facts | {"title": facts["title"] or view.corpus, "redistribute": allowed, "own": own}


def _known() -> list[str]:
    return sorted(Path(p.name).stem for p in files("sde_datasets.cards").iterdir() if p.name.endswith(".toml"))


def _read(path: Path) -> dict[str, Any]:
    given = read_toml(path)
    for key, value in given.items():
        if key not in NOTHING:
            raise InputError(str(path), f"unknown key {key!r}", nearest(key, list(NOTHING)))
        if type(value) is not type(NOTHING[key]):
            raise InputError(str(path), f"{key} is {value!r}", "Give true or false for redistribute, else a string.")
    facts = NOTHING | {"title": path.stem} | given
    allowed = {"licence_id": sorted(LICENCES), "licence_text": _licence_texts(), "annotators": ANNOTATORS}
    for key, words in allowed.items():
        if facts[key] and facts[key] not in words:
            raise InputError(str(path), f"unknown {key} {facts[key]!r}", nearest(facts[key], words))
    if facts["source"] and not SOURCE.fullmatch(facts["source"]):
        raise InputError(str(path), f"unknown source {facts['source']!r}", "It is original, or extended|NAME.")
    return facts


def _licence_texts() -> list[str]:
    return sorted(p.name.removesuffix(".txt") for p in (files("sde_datasets.cards") / "licences").iterdir())


def corpora_table() -> Table:
    """Every installed builder with its task, language, licence, and where to get the corpus."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("corpus", "task", "language", "subsets", "licence", "where to get it"):
        table.add_column(head, overflow="fold")
    for name in plugin_names(BUILDERS):
        try:
            builder = find_builder(name)
        except UsageError as error:
            table.add_row(name, str(error))
            continue
        facts = facts_of(name)
        subsets = ", ".join(subset for subset in builder.targets if subset)
        row = [name, builder.task or "any (--task)", facts["language"] or builder.language, subsets]
        table.add_row(*row, facts["licence"] if facts["title"] else "see its package", facts["get"])
    return table
