"""How to build a folder again: its plan as a project file that names the inputs without where they stood."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields
from pathlib import PurePath

from sde_datasets.plan import Plan, ViewPlan
from sde_datasets.toml_file import toml_value

_SETTINGS = ("name", "repository", "designs", "evidence", "dedupe", "max_empty")


def command(plan: Plan, bundled: bool) -> str:
    """The command that builds the folder again: from the bundled corpora, or from the plan as `plan_toml` writes it."""
    if not bundled:
        return "sde-datasets build --plan sde.toml --out out"
    options = [f"--designs '{pattern}'" for pattern in plan.designs]
    options += [f"--evidence {plan.evidence}"] if plan.evidence != "all" else []
    options += ["--dedupe"] if plan.dedupe else []
    options += [f"--max-empty {plan.max_empty}"] if plan.max_empty < 1 else []
    return " ".join(["sde-datasets build", *options, "--out out"])


def plan_toml(plan: Plan) -> str:
    """The plan as TOML, without what is left at its default but for the designs; a path is its last part."""
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
        if name in ("path", "facts") or (name == "task" and value.endswith(".toml")):
            value = PurePath(value).name
        lines.append(f"{name} = {toml_value(value)}")
    return lines
