"""Facts about corpora, from `cards/*.toml`: licence, citation, where to get them."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

from sde_datasets.builder import find_builder
from sde_datasets.errors import UsageError
from sde_datasets.plugins import BUILDERS, plugin_names

if TYPE_CHECKING:
    from rich.table import Table


def facts_of(corpus: str) -> dict[str, str]:
    """The facts about one corpus; empty for a builder of another package, which documents its corpus itself."""
    path = files("sde_datasets.cards") / f"{corpus}.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


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
        row = [name, builder.task or "any (--task)", facts.get("language", builder.language), subsets]
        table.add_row(*row, facts.get("licence", "see its package"), facts.get("get", ""))
    return table
