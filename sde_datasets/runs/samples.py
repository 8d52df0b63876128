"""The samples of a split for training and prediction: their common prompt template, and drawing some of them."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sde_datasets.dataset.manifest import NAME as MANIFEST
from sde_datasets.dataset.split import SplitSource
from sde_datasets.designs.design import EVERY, Design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.records.schema import Schema
from sde_datasets.runs.options import BUNDLED
from sde_datasets.samples.prompts import PromptTemplate
from sde_datasets.utils.progress import Progress

COLUMNS = ("id", "prompt", "completion", "source_text", "design", "schema")


class SampleRow(NamedTuple):
    """A row of a config; its prompt is `prefix + text + suffix` of the config's template."""

    id: str
    text: str
    completion: str


@dataclass(frozen=True)
class ConfigTemplate(PromptTemplate):
    """The prompt template of a config, with its design and schema."""

    design: Design
    schema: Schema

    def to_dict(self) -> dict[str, Any]:
        """Return the template as template.json stores it."""
        words = {"design": self.design.name, "prefix": self.prefix, "suffix": self.suffix}
        return words | {"schema": self.schema.as_dict()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> ConfigTemplate:
        """Return the template from the content of template.json.

        Raises KeyError for a missing key, ValueError for an unknown design.
        """
        name = stored["design"]
        if name not in EVERY:
            raise ValueError(f"unknown design {name!r}")
        schema = Schema.from_json(json.dumps(stored["schema"]))
        return cls(stored["prefix"], stored["suffix"], EVERY[name], schema)


class Split:
    """The samples of one split of a config, in order; can be iterated many times."""

    def __init__(self, source: SplitSource) -> None:
        """Raises InputError if the split is empty or its prompts have no common template."""
        self.source = source
        self.template = _find_template(source)

    @classmethod
    def open(cls, data: str, config: str, split: str, revision: str | None = None, work: Path | None = None) -> Split:
        """Open a split of a folder, of a repository, or of the bundled corpora, which are built into `work`.

        Raises UsageError for an unknown config or split, InputError for data that cannot be read.
        """
        folder = build_bundled(config, work) if data == BUNDLED and work is not None else data
        return cls(SplitSource.open(str(folder), config, split, revision))

    def __len__(self) -> int:
        return self.source.rows

    def __iter__(self) -> Iterator[SampleRow]:
        before, after = len(self.template.prefix), len(self.template.suffix)
        design, schema = self.template.design.name, self.template.schema.to_json()
        for batch in self.source.batches(COLUMNS):
            for row in batch.to_pylist():
                text = row["prompt"][before : len(row["prompt"]) - after]
                if text != row["source_text"] or row["design"] != design or row["schema"] != schema:
                    location = f"{self.source.identity.config} {row['id']}"
                    raise InputError(location, "has another prompt than the previous rows", "Build the data again.")
                yield SampleRow(row["id"], text, row["completion"])

    def draw(self, size: int, seed: int) -> list[SampleRow]:
        """Return `size` samples, or all, in the random order of a seed; a smaller draw is a prefix of a larger one.

        The order depends on the ids only, so it is the same under all designs.
        """
        ranked = ((draw_rank(sample.id, seed), sample) for sample in self)
        return [sample for _, sample in heapq.nsmallest(size, ranked)]


def draw_rank(id: str, seed: int) -> bytes:
    """Return the sort key of a sample in the random order of a seed."""
    return sha256(f"{seed}:{id}".encode()).digest()


def build_bundled(config: str, work: Path) -> Path:
    """Return a folder in `work` with one config of the bundled corpora; build it if missing. Raises UsageError."""
    from sde_datasets.building.pipeline import build
    from sde_datasets.designs.design import get_design
    from sde_datasets.errors import nearest
    from sde_datasets.ingest.plan import bundled_plan, read_plan

    view, _, design = config.partition("-")
    plan = read_plan(bundled_plan())
    views = {entry.name: entry for entry in plan.view}
    if view not in views:
        raise UsageError(f"unknown view {view!r} in the config {config!r}. {nearest(view, list(views))}")
    name = get_design(design).name
    out = work / f"{view}-{name}"
    if (out / MANIFEST).is_file():
        return out
    build(replace(plan, view=(views[view],), designs=(name,)), out, workers=1, progress=Progress(quiet=True))
    return out


def _find_template(source: SplitSource) -> ConfigTemplate:
    """Return the template that fits every row of the first batch."""
    data = source.identity
    batch = next(iter(source.batches(COLUMNS)), None)
    if batch is None:
        raise InputError(f"{data.name} {data.config} {data.split}", "has no samples")
    rows = batch.to_pylist()
    for prefix, suffix in _affixes(rows[0]["prompt"], rows[0]["source_text"]):
        if all(row["prompt"] == prefix + row["source_text"] + suffix for row in rows):
            return ConfigTemplate(prefix, suffix, EVERY[rows[0]["design"]], Schema.from_json(rows[0]["schema"]))
    location = f"{data.name} {data.config}"
    raise InputError(location, "has prompts that differ in more than the text", "Build the data again.")


def _affixes(prompt: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield what is before and after each occurrence of the text in a prompt."""
    at = prompt.find(text)
    while at >= 0:
        yield prompt[:at], prompt[at + len(text) :]
        at = prompt.find(text, at + 1)
