"""Build a dataset folder from Python, as the command `sde-datasets build` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sde_datasets.building.pipeline import Built
from sde_datasets.building.pipeline import build as run_build
from sde_datasets.ingest.plan import Plan, bundled_plan, read_plan
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress


def build(
    sources: Plan | Path | str | Iterable[str] | None,
    out: str | Path,
    *,
    designs: str | Iterable[str] = (),
    task: str = "",
    workers: int = 1,
    strict: bool = False,
    quiet: bool = True,
    **keys: Any,
) -> Built:
    """Write a dataset folder: every record of the sources under every design.

    sources: `CORPUS=PATH` or a list of these, a Plan, the path of a project file (`sde.toml`), or None for the bundled
        corpora.
    designs: names, aliases or patterns; `paper` (the default) or `all`.
    task: the task of own data. keys: further keys of a view (`targets`, `columns`, `labels`, `rename`, `options`).
    workers: processes; 0 for one per core. strict: any rejected row is an error.

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
    return run_build(plan, Path(out), workers, strict, Progress(quiet))


def _plan(sources: Plan | Path | str | Iterable[str] | None, task: str, keys: dict[str, Any]) -> Plan:
    if isinstance(sources, Plan):
        return sources
    if sources is None or isinstance(sources, Path) or (isinstance(sources, str) and sources.endswith(".toml")):
        return read_plan(bundled_plan() if sources is None else Path(sources))
    return source_plan([sources] if isinstance(sources, str) else sources, task, "", keys)
