"""Which configs a folder has, and which files each of them reads, taken from the manifest."""

from __future__ import annotations

import re
from pathlib import Path

from sde_datasets.designs import ALIASES
from sde_datasets.errors import UsageError, nearest
from sde_datasets.records import SPLITS

_SHARD = re.compile(r"(.*-)\d{5}(-of-(\d{5})\.parquet)")


def config_files(manifest: dict) -> dict[str, dict[str, list[str]]]:
    """Each config with the files of its splits: the designs of each view, its aliases, and its records."""
    found: dict[str, dict[str, list[str]]] = {}
    for path, entry in sorted(manifest["outputs"].items()):
        if "config" in entry:
            found.setdefault(entry["config"], {}).setdefault(entry["split"], []).append(path)
    configs = {}
    for view, state in manifest["views"].items():
        names = [*state["designs"], *(a for a, design in ALIASES.items() if design in state["designs"]), "records"]
        for name in names:
            files = found[f"{view}-{ALIASES.get(name, name)}"]
            configs[f"{view}-{name}"] = {split: files[split] for split in SPLITS if split in files}
    return configs


def split_files(folder: Path, manifest: dict, config: str, split: str) -> list[str]:
    """The files of one split of a config. Raises UsageError that names the nearest where there is none."""
    files = config_files(manifest)
    if config not in files:
        raise UsageError(f"unknown config {config!r} in {folder}. {nearest(config, list(files))}")
    if split not in files[config]:
        raise UsageError(f"{config!r} has no split {split!r}. {nearest(split, list(files[config]))}")
    return files[config][split]


def configs_of(chosen: tuple[str, ...]) -> int:
    """How many configs a view with these designs has, its aliases and its records among them."""
    return len(chosen) + sum(design in chosen for design in ALIASES.values()) + 1


def default_config(manifest: dict) -> str:
    """The config that loads without a name: lines-text or the first design of the first view that has any.

    Where no view has one, the records of the first.
    """
    for view, state in manifest["views"].items():
        chosen = state["designs"]
        if chosen:
            return f"{view}-{'lines-text' if 'lines-text' in chosen else chosen[0]}"
    return f"{next(iter(manifest['views']))}-records"


def rows_of(manifest: dict, config: str) -> dict[str, int]:
    """The rows of each split of a config."""
    files = config_files(manifest)[config]
    return {split: sum(manifest["outputs"][path]["rows"] for path in paths) for split, paths in files.items()}


def yaml_path(paths: list[str]) -> str | list[str]:
    """The files of a split as the card names them: one path, or a pattern for the shards of a whole set.

    Only this set matches the pattern, since the number of shards stands in every name; and the card stays small.
    """
    shards = [_SHARD.fullmatch(path) for path in paths]
    if len(paths) > 1 and all(shards) and len({(m[1], m[2]) for m in shards}) == 1 and len(paths) == int(shards[0][3]):
        return f"{shards[0][1]}*{shards[0][2]}"
    return paths[0] if len(paths) == 1 else paths
