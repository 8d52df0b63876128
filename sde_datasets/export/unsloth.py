"""Unsloth: a script that trains on the samples in the form of TRL, whose trainer Unsloth uses."""

from __future__ import annotations

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions
from sde_datasets.export.samples_files import write_pairs

LENGTH = 8192


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl` and `train_unsloth.py`."""
    data.require_train()
    paths = write_pairs(data, folder, options)
    script = folder.template(
        "train_unsloth.py",
        "unsloth.py.jinja",
        output=folder.beside("model"),
        validation="validation" in paths,
        length=LENGTH,
        options=options,
        h=options.hyperparameters,
    )
    return Commands(f"python {script}")


EXPORTER = Exporter(write)
