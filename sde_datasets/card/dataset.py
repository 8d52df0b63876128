"""The dataset card: README.md, with the YAML that the Hub and `load_dataset` read and a body for people.

It is made from the manifest alone and one record as an example, so that the same folder gives the same bytes. It names
the files of each config explicitly, since then loading one config looks at nothing else, and carries no `dataset_info`,
since the features stand in the Parquet files and reading the card would slow down with every config.
"""

from __future__ import annotations

import json
import re

from sde_datasets import __version__
from sde_datasets.card import sections
from sde_datasets.card.configs import config_files, default_config, yaml_path
from sde_datasets.card.markdown import inline
from sde_datasets.card.template import filled
from sde_datasets.card.values import ANNOTATORS, LICENCES, is_language, size_category

TITLE = "Annotated records under every sample design"


def render(manifest: dict, shown: dict[str, dict[str, str]], words: str = "") -> str:
    """The card of a folder or of the repository and tag that its manifest names.

    shown: the example, see `figures.example`. words: the section that a person wrote.
    """
    default = default_config(manifest)
    # JSON is YAML, and this mixture is what the parser of `datasets`, written in Python, reads fastest
    configs = (f"- {json.dumps(_entry(name, f, name == default))}" for name, f in config_files(manifest).items())
    parts = _parts(manifest, shown, default)
    return filled("dataset", front_matter(manifest), parts, words, ("configs:", *configs))


def _entry(name: str, paths: dict[str, list[str]], default: bool) -> dict:
    entries = [{"split": split, "path": yaml_path(p)} for split, p in paths.items()]
    return {"config_name": name, "data_files": entries} | ({"default": True} if default else {})


def front_matter(manifest: dict) -> dict:
    """The YAML fields of the card but its configs, in words that the Hub knows."""
    views = manifest["views"].values()
    facts = [state["facts"] for state in views]
    languages = sorted({s["language"] for s in views if is_language(s["language"])})
    hub = {key: _distinct(word for s in views for word in s["hub"].get(key, [])) for key in _FILED}
    fields = {
        "pretty_name": " ".join(manifest["name"].split()) or TITLE,
        "language": languages,
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "license": _distinct(f["licence_id"] if f["licence_id"] in LICENCES else "other" for f in facts),
        "task_categories": hub["task_categories"] or ["text-generation"],
        "task_ids": hub["task_ids"],
        "size_categories": [size_category(sum(sum(s["report"]["splits"].values()) for s in views))],
        "annotations_creators": sorted({f["annotators"] for f in facts} & set(ANNOTATORS)),
        "source_datasets": _distinct(f["source"] for f in facts if f["source"]),
        "tags": ["sample-design-engineering", *hub["tags"]],
    }
    if "other" in fields["license"]:
        named = _distinct(f["licence"] for f in facts if f["licence_id"] not in LICENCES or f["licence_id"] == "other")
        fields |= {
            "license_name": re.sub(r"[^a-z0-9.]+", "-", " ".join(named).lower()).strip("-") or "own",
            "license_link": "NOTICE.md",
        }
    if len(fields["license"]) == 1:
        fields["license"] = fields["license"][0]
    return fields


_FILED = ("task_categories", "task_ids", "tags")


def _distinct(words) -> list[str]:
    return list(dict.fromkeys(words))


def _parts(manifest: dict, shown: dict[str, dict[str, str]], default: str) -> dict[str, str]:
    """What is put into cards/dataset.md."""
    tag = manifest.get("tag", "")
    return {
        "title": inline(manifest["name"] or TITLE),
        "summary": _summary(manifest),
        "address": sections.address_of(manifest),
        "revision": f", revision={json.dumps(tag)}" if tag else "",
        "default": default,
        "view_names": ", ".join(f"`{view}`" for view in manifest["views"]),
        "axes": sections.axes(),
        "example": sections.example(shown),
        "views": sections.views(manifest),
        "corpora": sections.corpora(manifest),
        "splits": sections.splits(manifest),
        "left_out": sections.left_out(manifest),
        "descriptions": sections.descriptions(manifest),
        "limits": sections.limits(manifest),
        "train": sections.train(manifest, default),
        "version": __version__,
        "again": sections.again(manifest),
        "inputs": sections.inputs(manifest),
        "citations": sections.citations(manifest),
    }


def _summary(manifest: dict) -> str:
    views = manifest["views"].values()
    records = sum(sum(state["report"]["splits"].values()) for state in views)
    titles = _distinct(inline(state["facts"]["title"]) for state in views)
    named = f"{', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else titles[0]
    configs = sum(len(state["designs"]) for state in views)
    return (
        f"{records:,} annotated records of {named}, each written as a fine-tuning sample, a prompt and a completion, "
        f"in many ways: {configs:,} configs, one for each view and sample design. "
        "[*Sample Design Engineering*](https://arxiv.org/abs/2404.13033) showed that the way decides how good a "
        "fine-tuned model gets, so here the same records, splits and annotations stand under every design, to be "
        "compared or to be used. Every completion is written so that it can be read back to exactly the annotations "
        "it was made from."
    )
