"""The samples of a split for training and prediction: the template that their prompts share, and the choice of some."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sde_datasets.designs import DESIGNS, Design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.manifest import NAME as MANIFEST
from sde_datasets.progress import Progress
from sde_datasets.schemas import Schema
from sde_datasets.score.gold_source import GoldSource
from sde_datasets.train.options import BUNDLED

COLUMNS = ("id", "prompt", "completion", "source_text", "design", "schema")


class Sample(NamedTuple):
    """A row of a config, its prompt parted: the template's prefix and suffix stand around `text`."""

    id: str
    text: str
    completion: str


@dataclass(frozen=True)
class Template:
    """What all prompts of a config share: `prefix + text + suffix` is the prompt."""

    design: str
    schema: Schema
    prefix: str
    suffix: str

    def prompt(self, text: str) -> str:
        """The prompt of a text."""
        return self.prefix + text + self.suffix

    @property
    def found(self) -> Design:
        """The design itself."""
        return DESIGNS[self.design]

    def as_dict(self) -> dict[str, Any]:
        """The template for template.json."""
        words = {"design": self.design, "prefix": self.prefix, "suffix": self.suffix}
        return words | {"schema": self.schema.as_dict()}

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Template:
        """The template that `as_dict` gave."""
        lists = {key: tuple(value) for key, value in given["schema"].items() if isinstance(value, list)}
        return cls(**(given | {"schema": Schema(**(given["schema"] | lists))}))


class Split:
    """The samples of one split of a config, in their order, as often as they are asked for."""

    def __init__(self, source: GoldSource) -> None:
        """Raises InputError where the split is empty or its prompts have no common form."""
        self.source = source
        self.template = _template(source)

    @classmethod
    def of(cls, data: str, config: str, split: str, revision: str | None = None, work: Path | None = None) -> Split:
        """A split of a folder, of a repository, or of the bundled corpora, which are built into `work`.

        Raises UsageError for what does not exist, InputError for what cannot be read.
        """
        folder = bundled(config, work) if data == BUNDLED and work is not None else data
        return cls(GoldSource.of(str(folder), config, split, revision))

    def __len__(self) -> int:
        return self.source.rows

    def __iter__(self) -> Iterator[Sample]:
        before, after = len(self.template.prefix), len(self.template.suffix)
        schema = self.template.schema.to_json()
        for batch in self.source.batches(COLUMNS):
            for row in batch.to_pylist():
                text = row["prompt"][before : len(row["prompt"]) - after]
                if text != row["source_text"] or row["design"] != self.template.design or row["schema"] != schema:
                    place = f"{self.source.about['config']} {row['id']}"
                    raise InputError(place, "has another prompt than the rows before it", "Build the data again.")
                yield Sample(row["id"], text, row["completion"])

    def chosen(self, size: int, seed: int) -> list[Sample]:
        """`size` samples in the order of a draw by seed, or all; those of a smaller size are the first of a larger.

        The draw goes by the ids, so that it is the same under all designs.
        """
        ranked = ((rank(sample.id, seed), sample) for sample in self)
        return [sample for _, sample in heapq.nsmallest(size, ranked)]


def rank(id: str, seed: int) -> bytes:
    """Where a sample stands in the draw of a seed."""
    return sha256(f"{seed}:{id}".encode()).digest()


def bundled(config: str, work: Path) -> Path:
    """A folder with one config of the bundled corpora, built where it is not there. Raises UsageError."""
    from sde_datasets.build import build
    from sde_datasets.designs import find_design
    from sde_datasets.errors import nearest
    from sde_datasets.plan import bundled_plan, read_plan

    view, _, design = config.partition("-")
    plan = read_plan(bundled_plan())
    views = {each.name: each for each in plan.view}
    if view not in views:
        raise UsageError(f"unknown view {view!r} in the config {config!r}. {nearest(view, list(views))}")
    name = find_design(design).name
    out = work / f"{view}-{name}"
    if (out / MANIFEST).is_file():
        return out
    build(replace(plan, view=(views[view],), designs=(name,)), out, workers=1, progress=Progress(quiet=True))
    return out


def _template(source: GoldSource) -> Template:
    """The parts around the text that fit every row of the first batch."""
    about = source.about
    batch = next(iter(source.batches(COLUMNS)), None)
    if batch is None:
        raise InputError(f"{about['name']} {about['config']} {about['split']}", "has no samples")
    rows = batch.to_pylist()
    for prefix, suffix in _around(rows[0]["prompt"], rows[0]["source_text"]):
        if all(row["prompt"] == prefix + row["source_text"] + suffix for row in rows):
            return Template(rows[0]["design"], Schema.from_json(rows[0]["schema"]), prefix, suffix)
    place = f"{about['name']} {about['config']}"
    raise InputError(place, "has prompts that differ in more than the text", "Build the data again.")


def _around(prompt: str, text: str) -> Iterator[tuple[str, str]]:
    at = prompt.find(text)
    while at >= 0:
        yield prompt[:at], prompt[at + len(text) :]
        at = prompt.find(text, at + 1)
