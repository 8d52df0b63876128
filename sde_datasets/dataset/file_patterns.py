"""File patterns: how a card names the shards of a split, and the other files that such a pattern matches."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sde_datasets.dataset.manifest import Manifest

_SHARD = re.compile(r"((?:[^/]*/)*[^/-]+-)\d{5}-of-(\d{5})\.parquet")


def file_pattern(paths: list[str]) -> str | list[str]:
    """The files of a split as the card names them: one pattern for a complete set of shards, else their paths.

    The pattern is the one that `push_to_hub` of `datasets` writes, such as `data/<config>/train-*`. It keeps the card
    short; `stray_files` finds files that match it and do not belong to the set.
    """
    prefix = _shard_prefix(paths)
    if prefix is not None:
        return f"{prefix}*"
    return paths[0] if len(paths) == 1 else paths


def _shard_prefix(paths: list[str]) -> str | None:
    """The common beginning of the paths of a complete set of shards; None for other paths."""
    shards = [shard for path in paths if (shard := _SHARD.fullmatch(path))]
    sets = {(shard[1], int(shard[2])) for shard in shards}
    if len(shards) != len(paths) or len(sets) != 1:
        return None
    ((prefix, count),) = sets
    return prefix if len(paths) == count else None


def stray_files(manifest: Manifest, present: Iterable[str]) -> list[str]:
    """The files of a folder or repository that a pattern of the card matches and the manifest does not list."""
    named = [path for config in manifest.configs() for path in manifest.config_files(config)]
    prefixes = {shard[1] for path in named if (shard := _SHARD.fullmatch(path))}
    return sorted(path for path in present if path not in manifest.outputs and _prefix(path) in prefixes)


def _prefix(path: str) -> str:
    """The part before the `*` of a pattern that matches this path: its folder, and its name up to the first dash."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.partition('-')[0]}-"
