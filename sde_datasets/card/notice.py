"""NOTICE.md: whose the texts and annotations are, under which licence, with the licence texts that must go along."""

from __future__ import annotations

from importlib.resources import files

from sde_datasets import __version__
from sde_datasets.card.markdown import fenced, inline


def notice(manifest: dict) -> str:
    """The attributions of all corpora of a folder, each once."""
    parts = [
        "# Sources and licences\n",
        "The records were taken from the corpora named here and written in another form by sde-datasets "
        f"{__version__}; texts and annotations are their authors'. What was left out or merged stands in README.md.\n",
    ]
    seen: dict[str, list[str]] = {}
    for view, state in manifest["views"].items():
        seen.setdefault(_attribution(state["facts"]), []).append(f"`{view}-*`")
    parts += [f"{text}\n- Configs: {', '.join(views)}\n" for text, views in seen.items()]
    texts = sorted({state["facts"]["licence_text"] for state in manifest["views"].values()} - {""})
    parts += [f"## Licence text: {name}\n\n{fenced(licence_text(name))}\n" for name in texts]
    return "\n".join(parts)


def _attribution(facts: dict) -> str:
    said = [("Licence", facts["licence"]), ("Attribution", facts["attribution"]), ("Source", facts["homepage"])]
    lines = [f"- {name}: {inline(value)}" for name, value in said if value]
    return "\n".join([f"## {inline(facts['title'])}\n", *lines])


def licence_text(name: str) -> str:
    """The text of a licence that must be handed on with what it licenses."""
    return (files("sde_datasets.cards") / "licences" / f"{name}.txt").read_text("utf-8")
