"""Build a dataset folder from Python, as the command `sde-datasets build` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sde_datasets.building.pipeline import Built
from sde_datasets.building.pipeline import build as build_locally
from sde_datasets.errors import UsageError, nearest
from sde_datasets.ingest.plan import Plan, bundled_plan, read_plan
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress

ENGINES = ("local", "ray")


def build(
    sources: Plan | Path | str | Iterable[str] | None,
    out: str | Path,
    *,
    designs: str | Iterable[str] = (),
    task: str = "",
    workers: int = 1,
    strict: bool = False,
    quiet: bool = True,
    engine: str = "local",
    address: str | None = None,
    **keys: Any,
) -> Built:
    """Write a dataset folder: every record of the sources under every design.

    sources: `CORPUS=PATH` or a list of these, a Plan, the path of a project file (`sde.toml`), or None for the bundled
        corpora.
    designs: names, aliases or patterns; `paper` (the default) or `all`.
    task: the task of own data. keys: further keys of a view (`targets`, `columns`, `labels`, `rename`, `options`).
    out: a folder; with `engine="ray"` also an address that fsspec opens (`s3://bucket/out`).
    workers: processes; 0 for one per core. strict: any rejected row is an error.
    engine: `local`, or `ray` for a cluster, of which `address` is the address, by default the running one.

    Raises UsageError for sources or designs that do not exist and InputError for bad input.

    >>> import tempfile, sde_datasets as sde
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = sde.build("synthetic=20", f"{folder}/out", task="mabsa", designs="lines-text")
    ...     sorted(result.manifest.views)
    ['mabsa']
    """
    plan = _plan(sources, task, keys)
    wanted = (designs,) if isinstance(designs, str) else tuple(designs)
    if wanted:
        plan = replace(plan, designs=wanted)
    return run_build(plan, str(out), workers, strict, Progress(quiet), engine, address)


def run_build(
    plan: Plan,
    out: str,
    workers: int,
    strict: bool,
    progress: Progress,
    engine: str = "local",
    address: str | None = None,
) -> Built:
    """Build a plan with an engine. Raises UsageError for an unknown engine and for an option that it does not have."""
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}. {nearest(engine, ENGINES)}")
    if engine == "ray":
        from sde_datasets.building.on_ray import build_on_ray

        return build_on_ray(plan, out, address, strict, progress)
    if address is not None or "://" in out:
        raise UsageError("a cluster and an address such as s3://bucket/out need the engine ray")
    return build_locally(plan, Path(out), workers, strict, progress)


def _plan(sources: Plan | Path | str | Iterable[str] | None, task: str, keys: dict[str, Any]) -> Plan:
    if isinstance(sources, Plan):
        return sources
    if sources is None or isinstance(sources, Path) or (isinstance(sources, str) and sources.endswith(".toml")):
        return read_plan(bundled_plan() if sources is None else Path(sources))
    return source_plan([sources] if isinstance(sources, str) else sources, task, "", keys)
