"""How to build a folder again: the command, and the plan as a TOML file with paths reduced to their last part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import PurePath
from typing import Any

from sde_datasets.ingest.plan import Plan, ViewPlan
from sde_datasets.ingest.remote import is_address, public_address
from sde_datasets.ingest.source_files import unique_endings
from sde_datasets.utils.toml import toml_value

_SETTINGS = ("name", "repository", "designs", "evidence", "dedupe", "max_empty", "max_rejected", "split", "builders")


def command(plan: Plan, bundled: bool) -> str:
    """The command that builds the folder again, from the bundled corpora or from the plan of `plan_toml`."""
    if not bundled:
        return "sde-datasets build --plan sde.toml --out out"
    options = [f"--designs '{pattern}'" for pattern in plan.designs]
    options += [f"--evidence {plan.evidence}"] if plan.evidence != "all" else []
    options += ["--dedupe"] if plan.dedupe else []
    options += [f"--max-empty {plan.max_empty}"] if plan.max_empty < 1 else []
    options += [f"--max-rejected {plan.max_rejected}"] if plan.max_rejected != Plan.max_rejected else []
    options += [f"--split {plan.split}"] if plan.split else []
    return " ".join(["sde-datasets build", *options, "--out out"])


def plan_toml(plan: Plan) -> str:
    """The plan as TOML: the designs, and every key that is not at its default. A path is reduced to its last part."""
    lines = _table(plan, _SETTINGS)
    for view in plan.view:
        lines += ["", "[[view]]", *_table(view, [f.name for f in fields(ViewPlan)])]
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(given: Plan | ViewPlan, names: Iterable[str]) -> list[str]:
    known = {f.name: f for f in fields(given)}
    lines = []
    for name in names:
        value, field = getattr(given, name), known[name]
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value == default and not (name == "designs" and isinstance(given, Plan)):
            continue
        if isinstance(given, ViewPlan) and name in ("path", "splits"):
            value = _public_paths(given, value)
        elif name == "facts" or (name == "task" and value.endswith(".toml")):
            value = PurePath(value).name
        if name == "builders":
            value = [PurePath(path).name for path in value]
        lines.append(f"{name} = {toml_value(value)}")
    return lines


def _public_paths(view: ViewPlan, value: Any) -> Any:
    """The paths of a view, or its splits by path: each path as its last part, an address without what may be secret."""
    endings = [PurePath(view.path).name] if isinstance(view.path, str) else unique_endings(view.paths)
    public = {
        path: public_address(path) if is_address(path) else ending
        for path, ending in zip(view.paths, endings, strict=True)
    }
    if isinstance(value, str):
        return public[value]
    return (
        {public[path]: word for path, word in value.items()} if isinstance(value, Mapping) else tuple(public.values())
    )
