"""The files of a built folder that belong together: a shard of records, and the samples written from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sde_datasets.dataset.manifest import BUILD_AGAIN, NAME, Manifest
from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import InputError
from sde_datasets.records.schema import Schema
from sde_datasets.samples.prompts import RULE


@dataclass(frozen=True)
class ShardFiles:
    """One shard of the records of a view, and the shards of all designs of one format. designs: the path of each."""

    folder: Path
    view: str
    schema: Schema
    records: str
    designs: dict[str, str]

    def path(self, design: str) -> Path:
        """The file of a design that belongs to these records."""
        return self.folder / self.designs[design]


def shard_files(folder: Path, manifest: Manifest) -> Iterator[ShardFiles]:
    """The files of all views. Raises InputError if the manifest lacks files of a design."""
    for view, state in manifest.views.items():
        by_format = sorted(state.designs, key=lambda name: get_design(name).format)
        for split in manifest.splits(f"{view}-records"):
            for number, shard in enumerate(manifest.files(f"{view}-records", split)):
                for _, names in groupby(by_format, key=lambda name: get_design(name).format):
                    paths = {name: _shard(folder, manifest, f"{view}-{name}", split, number) for name in names}
                    yield ShardFiles(folder, view, state.schema, shard, paths)


def _shard(folder: Path, manifest: Manifest, config: str, split: str, number: int) -> str:
    paths = manifest.files(config, split) if split in manifest.splits(config) else []
    if number >= len(paths):
        raise InputError(f"{folder}/{NAME}", f"{config} lacks files of the split {split}", BUILD_AGAIN)
    return paths[number]


def prompt_affixes(prompt: str, text: str, design: Design, schema: Schema) -> tuple[str | None, str]:
    """The parts of a prompt around its text; the first is None if the prompt does not have the form of the design."""
    rule, cue = f"\n{RULE}\n", f"\n{schema.cue}\n"
    if design.placement == "inst-first":
        prefix, suffix = prompt[: len(prompt) - len(text) - len(cue)], cue
        right = prefix.endswith(rule)
    else:
        prefix, suffix = "", prompt[len(text) :]
        right = suffix == cue if design.placement == "no-inst" else suffix.startswith(rule) and suffix.endswith(cue)
    return (prefix if right else None), suffix
