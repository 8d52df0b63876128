"""Rename the targets of a view as the plan says, and find names that differ only in case or in blanks at the edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sde_datasets.errors import InputError, nearest
from sde_datasets.utils.toml import toml_value


def renamed(targets: Iterable[str], rename: Mapping[str, str]) -> tuple[str, ...]:
    """The targets under their new names, in the same order; targets with the same new name are merged."""
    return tuple(dict.fromkeys(rename.get(target, target) for target in targets))


def check_rename(rename: Mapping[str, str], targets: tuple[str, ...], location: str) -> None:
    """Raise InputError, naming `location`, if neither the old nor the new name is a target."""
    for old, new in rename.items():
        if old not in targets and new not in targets:
            raise InputError(location, f"rename: {old!r} is not a target", nearest(old, targets))


def alike(names: Iterable[str]) -> list[list[str]]:
    """Groups of names that differ only in case or in blanks at the edges."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.strip().casefold(), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def remarks(rename: Mapping[str, str], targets: Iterable[str], outside: Iterable[str]) -> list[str]:
    """Remarks for the report: which targets were renamed, and which may be the same target by mistake."""
    lines = [f"{old!r} is renamed {new!r}" for old, new in rename.items()]
    for group in alike(dict.fromkeys([*targets, *outside])):
        names = ", ".join(map(repr, group))
        merged = toml_value(dict.fromkeys(group[1:], group[0]))
        lines.append(f"the targets {names} differ only in case or blanks; to merge them: rename = {merged}")
    return lines
