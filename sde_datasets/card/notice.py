"""NOTICE.md: the sources of texts and annotations, their licences, and the licence texts to pass on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from sde_datasets import __version__
from sde_datasets.card.markdown import fenced, inline
from sde_datasets.dataset.corpus_facts import CorpusFacts


def notice(corpora: Mapping[str, CorpusFacts]) -> str:
    """The text of NOTICE.md: the attribution of each corpus once. corpora: the facts of each view."""
    parts = [
        "# Sources and licences\n",
        "The records are taken from the corpora below and were converted by sde-datasets "
        f"{__version__}; texts and annotations belong to their authors. README.md lists what was left out or merged.\n",
    ]
    seen: dict[str, list[str]] = {}
    for view, facts in corpora.items():
        seen.setdefault(_attribution(facts), []).append(f"`{view}-*`")
    parts += [f"{text}\n- Configs: {', '.join(views)}\n" for text, views in seen.items()]
    texts = sorted({facts.licence_text for facts in corpora.values()} - {""})
    parts += [f"## Licence text: {name}\n\n{fenced(licence_text(name))}\n" for name in texts]
    return "\n".join(parts)


def _attribution(facts: CorpusFacts) -> str:
    items = [("Licence", facts.licence), ("Attribution", facts.attribution), ("Source", facts.homepage)]
    lines = [f"- {name}: {inline(value)}" for name, value in items if value]
    return "\n".join([f"## {inline(facts.title)}\n", *lines])


def licence_text(name: str) -> str:
    """The text of a licence that must be passed on with the licensed work."""
    return (files("sde_datasets.cards") / "licences" / f"{name}.txt").read_text("utf-8")
