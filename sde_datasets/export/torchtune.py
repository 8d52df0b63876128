"""torchtune: conversations, and the datasets of a recipe. Its tokenizers always write the markup of a chat."""

from __future__ import annotations

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions
from sde_datasets.export.samples_files import write_conversations


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl` and `datasets.yaml`."""
    data.require_train()
    paths = write_conversations(data, folder, options)
    validation, seed = paths.get("validation", ""), options.adapter.seed
    folder.template("datasets.yaml", "torchtune.yaml.jinja", train=paths["train"], validation=validation, seed=seed)
    component = "dataset=torchtune.datasets.chat_dataset dataset.source=json dataset.split=train"
    columns = "dataset.conversation_column=messages dataset.conversation_style=openai dataset.train_on_input=False"
    return Commands(
        "tune run lora_finetune_single_device --config qwen2_5/0.5B_lora_single_device "
        f"{component} dataset.data_files={paths['train']} {columns}"
    )


EXPORTER = Exporter(write, chat=True)
