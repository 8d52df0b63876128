"""TRL: samples as its types prompt-completion, of texts or conversational, and the configuration of `trl sft`.

TRL adds the end token to completions, or renders the chat template of the model, and learns completions only.
"""

from __future__ import annotations

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions
from sde_datasets.export.samples_files import write_pairs


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl` and `sft.yaml`."""
    data.require_train()
    paths = write_pairs(data, folder, options)
    config = folder.template(
        "sft.yaml",
        "trl_sft.yaml.jinja",
        output=folder.beside("model"),
        validation="validation" in paths,
        options=options,
        h=options.hyperparameters,
    )
    return Commands(f"trl sft --config {config}")


EXPORTER = Exporter(write)
