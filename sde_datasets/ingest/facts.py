"""Facts about corpora, from `cards/*.toml`: licence, citation, download page, and whether they may be published."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.ingest.builder import get_builder
from sde_datasets.ingest.hub_terms import ANNOTATORS, LICENCES, SOURCE
from sde_datasets.ingest.plan import ViewPlan
from sde_datasets.utils.config import load_config
from sde_datasets.utils.entry_points import BUILDERS, plugin_names
from sde_datasets.utils.toml import read_toml

if TYPE_CHECKING:
    from rich.table import Table

# the licence of own data in cards/*.toml: the plan must give the real one
OWN = "yours"


def corpus_facts(corpus: str) -> CorpusFacts:
    """The facts about one corpus, from cards/; the defaults for a builder of another package."""
    path = files("sde_datasets.cards") / f"{corpus}.toml"
    return CorpusFacts(**tomllib.loads(path.read_text("utf-8"))) if path.is_file() else CorpusFacts()


def view_facts(view: ViewPlan, base: Path) -> CorpusFacts:
    """The facts about the corpus of a view, with the licence that the plan gives it.

    `redistribute` is true if the licence of the corpus allows it or the plan says so; own data with a licence in the
    plan may be redistributed, too. Raises UsageError for unknown facts, and InputError for a file with unknown keys or
    types.
    """
    facts = _read(base / view.facts) if view.facts.endswith(".toml") else corpus_facts(view.facts or view.corpus)
    if view.facts and not facts.title:
        raise UsageError(f"unknown facts {view.facts!r}. {nearest(view.facts, _known())} Your own are a TOML file.")
    own = facts.licence == OWN
    if own:
        title = f"Own data ({view.corpus})"
        facts = replace(facts, title=title, licence="not stated", licence_id="unknown", get="")
    if view.licence:
        licence_id = view.licence.lower()
        facts = replace(facts, licence=view.licence, licence_id=licence_id if licence_id in LICENCES else "other")
    allowed = facts.redistribute or view.redistribute or (own and bool(view.licence))
    return replace(facts, title=facts.title or view.corpus, redistribute=allowed, own=own)


def _known() -> list[str]:
    return sorted(Path(p.name).stem for p in files("sde_datasets.cards").iterdir() if p.name.endswith(".toml"))


def _read(path: Path) -> CorpusFacts:
    """The facts in a TOML file of the user. Raises InputError for unknown keys, types and identifiers."""
    facts = load_config(CorpusFacts, {"title": path.stem} | read_toml(path), str(path), own=False)
    allowed = {"licence_id": sorted(LICENCES), "licence_text": _licence_texts(), "annotators": ANNOTATORS}
    for key, words in allowed.items():
        value = getattr(facts, key)
        if value and value not in words:
            raise InputError(str(path), f"unknown {key} {value!r}", nearest(value, list(words)))
    if facts.source and not SOURCE.fullmatch(facts.source):
        raise InputError(str(path), f"unknown source {facts.source!r}", "It is original, or extended|NAME.")
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
            builder = get_builder(name)
        except UsageError as error:
            table.add_row(name, str(error))
            continue
        facts = corpus_facts(name)
        subsets = ", ".join(subset for subset in builder.targets if subset)
        row = [
            name,
            ", ".join([builder.task or "any (--task)", *builder.tasks]),
            facts.language or builder.language,
            subsets,
        ]
        table.add_row(*row, facts.licence if facts.title else "see its package", facts.get)
    return table
