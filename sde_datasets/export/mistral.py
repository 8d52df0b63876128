"""Mistral's fine-tuning, of its API and of the repository mistral-finetune: conversations as JSON lines.

{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}

Rules (https://github.com/mistralai/mistral-finetune): `messages` that end with one of the assistant, in valid order;
only messages of the assistant have a loss.
"""

from __future__ import annotations

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import DEFAULT_MODEL, Commands, Exporter, ExportFolder, ExportOptions
from sde_datasets.export.samples_files import write_conversations

MODEL = "mistral-7b"


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl` and `finetune.yaml`, a configuration of mistral-finetune."""
    data.require_train()
    h = options.hyperparameters
    paths = write_conversations(data, folder, options, with_id=False)
    config = folder.template(
        "finetune.yaml",
        "mistral_finetune.yaml.jinja",
        train=paths["train"],
        validation=paths.get("validation", ""),
        model=options.model if options.model != DEFAULT_MODEL else MODEL,
        output=folder.beside("run"),
        h=h,
        steps=max(1, round(h.epochs * len(data.splits["train"]) / h.batch_size)),
        seed=options.adapter.seed,
    )
    check = f"python -m utils.validate_data --train_yaml {config}"
    return Commands(f"{check}\ntorchrun --nproc-per-node 1 -m train {config}")


EXPORTER = Exporter(write, chat=True)
