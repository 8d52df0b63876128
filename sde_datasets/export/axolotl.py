"""axolotl: samples as JSON lines, and a configuration that learns completions alone."""

from __future__ import annotations

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions
from sde_datasets.export.samples_files import write_conversations, write_pairs

# axolotl leaves out samples that are longer
LENGTH = 8192


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl` and `config.yaml`."""
    data.require_train()
    paths = (write_conversations if options.chat else write_pairs)(data, folder, options)
    config = folder.template(
        "config.yaml",
        "axolotl.yaml.jinja",
        train=paths["train"],
        validation=paths.get("validation", ""),
        output=folder.beside("model"),
        prepared=folder.beside("prepared"),
        length=LENGTH,
        options=options,
        h=options.hyperparameters,
    )
    return Commands(f"axolotl train {config}")


EXPORTER = Exporter(write)
