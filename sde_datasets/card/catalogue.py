"""The catalogue configs.csv: every config of samples with its axes and sizes, for spreadsheets."""

from __future__ import annotations

from typing import Any

import polars as pl

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.designs.design import AXES, get_design


def catalogue(manifest: Manifest) -> str:
    """The text of configs.csv: a line for each config of samples, with its axes, splits and sizes."""
    rows = [
        _row(manifest, view, design)
        for view, state in sorted(manifest.views.items())
        for design in sorted(state.designs)
    ]
    columns = ["config", "view", *AXES, "splits", "rows", "bytes", "mean_prompt", "mean_completion"]
    return pl.DataFrame(rows, schema=columns, orient="row").write_csv(float_precision=1)


def _row(manifest: Manifest, view: str, name: str) -> tuple[Any, ...]:
    config, design = f"{view}-{name}", get_design(name)
    entries = [manifest.outputs[path] for path in manifest.config_files(config)]
    counts = [sum(entry.rows for entry in entries), sum(entry.size for entry in entries)]
    axes = [getattr(design, axis) for axis in AXES]
    return config, view, *axes, " ".join(manifest.splits(config)), *counts, *manifest.mean_characters(config)
