"""The dataset card: README.md, with YAML for the Hub and `load_dataset`, and a body for readers.

It is written from the manifest and one record as an example, so that the same folder gives the same bytes. It names the
files of each config, so that loading one config reads no others. It has no `dataset_info`: the Parquet files hold the
features, and the card would take longer to parse with every config.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sde_datasets import __version__
from sde_datasets.card import sections
from sde_datasets.card.markdown import inline
from sde_datasets.card.stats import ExampleSample
from sde_datasets.card.template import fill_card
from sde_datasets.dataset.file_patterns import file_pattern
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.ingest.hub_terms import ANNOTATORS, LICENCES, is_language, size_category

TITLE = "Annotated records under every sample design"


def render(manifest: Manifest, examples: Mapping[str, ExampleSample], notes: str = "") -> str:
    """The card of a folder, or of the repository and tag that the manifest names.

    examples: one record under several configs, see `stats.example_samples`. notes: the notes of the user.
    """
    default = manifest.default_config()
    configs = (_entry(manifest, config, config == default) for config in manifest.configs())
    parts = _parts(manifest, examples)
    return fill_card("dataset", front_matter(manifest), parts, notes, ("configs:", *configs))


def _entry(manifest: Manifest, config: str, default: bool) -> str:
    """A config as one line of YAML in flow style. Names and paths consist of a-z, 0-9 and _-/.*, and need no quotes."""
    patterns = {split: _flow(file_pattern(manifest.files(config, split))) for split in manifest.splits(config)}
    files = ", ".join(f"{{split: {split}, path: {pattern}}}" for split, pattern in patterns.items())
    return f"- {{config_name: {config}, data_files: [{files}]{', default: true' if default else ''}}}"


def _flow(paths: str | list[str]) -> str:
    return paths if isinstance(paths, str) else f"[{', '.join(paths)}]"


def front_matter(manifest: Manifest) -> dict[str, Any]:
    """The YAML fields of the card except its configs, with terms that the Hub knows."""
    views = manifest.views.values()
    facts = [state.facts for state in views]
    languages = sorted({state.language for state in views if is_language(state.language)})
    hub = {key: _distinct(word for state in views for word in state.hub.get(key, [])) for key in _HUB_KEYS}
    fields = {
        "pretty_name": " ".join(manifest.name.split()) or TITLE,
        "language": languages,
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "license": _distinct(f.licence_id if f.licence_id in LICENCES else "other" for f in facts),
        "task_categories": hub["task_categories"] or ["text-generation"],
        "task_ids": hub["task_ids"],
        "size_categories": [size_category(sum(state.record_count for state in views))],
        "annotations_creators": sorted({f.annotators for f in facts} & set(ANNOTATORS)),
        "source_datasets": _distinct(f.source for f in facts if f.source),
        "tags": ["sample-design-engineering", *hub["tags"]],
    }
    if "other" in fields["license"]:
        named = _distinct(f.licence for f in facts if f.licence_id not in LICENCES or f.licence_id == "other")
        fields |= {
            "license_name": re.sub(r"[^a-z0-9.]+", "-", " ".join(named).lower()).strip("-") or "own",
            "license_link": "NOTICE.md",
        }
    if len(fields["license"]) == 1:
        fields["license"] = fields["license"][0]
    return fields


_HUB_KEYS = ("task_categories", "task_ids", "tags")


def _distinct(words: Iterable[str]) -> list[str]:
    """The different words, in order."""
    return list(dict.fromkeys(words))


def _parts(manifest: Manifest, examples: Mapping[str, ExampleSample]) -> dict[str, str]:
    """The texts for the fields of cards/dataset.md."""
    return {
        "title": inline(manifest.name or TITLE),
        "summary": _summary(manifest),
        "load": sections.load(manifest),
        "view_names": ", ".join(f"`{view}`" for view in manifest.views),
        "axes": sections.axes(),
        "example": sections.example(examples),
        "views": sections.views(manifest),
        "corpora": sections.corpora(manifest),
        "splits": sections.splits(manifest),
        "left_out": sections.left_out(manifest),
        "descriptions": sections.descriptions(manifest),
        "limits": sections.limits(manifest),
        "train": sections.train(manifest),
        "version": __version__,
        "again": sections.again(manifest),
        "inputs": sections.inputs(manifest),
        "citations": sections.citations(manifest),
    }


def _summary(manifest: Manifest) -> str:
    views = manifest.views.values()
    records = sum(state.record_count for state in views)
    titles = _distinct(inline(state.facts.title) for state in views)
    named = f"{', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else titles[0]
    count = sum(len(state.designs) for state in views)
    configs = f"in {count:,} configs: one for each view and sample design. " if count else "rendered at load. "
    return (
        f"{records:,} annotated records of {named} as fine-tuning samples, each a prompt and a completion, {configs}"
        "[*Sample Design Engineering*](https://arxiv.org/abs/2404.13033) showed that the design of the samples decides "
        "the quality of a fine-tuned model; here, the same records, splits and annotations are written under every "
        "design, to compare designs or to use one. Every completion can be parsed back to exactly its annotations."
    )
