"""The catalogue, configs.csv: what there is to choose from, in a form that a spreadsheet reads."""

from __future__ import annotations

import csv
import io

from sde_datasets.card.configs import config_files
from sde_datasets.designs import AXES, find_design

MEANS = ("prompt_characters", "completion_characters")


def means(manifest: dict, files: dict[str, list[str]]) -> list[float]:
    """The mean characters of the prompts and of the completions in the files of a config."""
    entries = [manifest["outputs"][path] for paths in files.values() for path in paths]
    return [sum(entry[what] for entry in entries) / sum(entry["rows"] for entry in entries) for what in MEANS]


def catalogue(manifest: dict) -> str:
    """A line for each config of samples with its axes, splits, rows, bytes and mean characters."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["config", "view", *AXES, "splits", "rows", "bytes", "mean_prompt", "mean_completion"])
    files = config_files(manifest)
    for view, state in sorted(manifest["views"].items()):
        for name in sorted(state["designs"]):
            config, design = f"{view}-{name}", find_design(name)
            entries = [manifest["outputs"][path] for paths in files[config].values() for path in paths]
            counts = [sum(entry[what] for entry in entries) for what in ("rows", "bytes")]
            axes = [getattr(design, axis) for axis in AXES]
            mean = [f"{value:.1f}" for value in means(manifest, files[config])]
            table.writerow([config, view, *axes, " ".join(files[config]), *counts, *mean])
    return text.getvalue()
