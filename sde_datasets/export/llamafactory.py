"""LLaMA-Factory: dataset_info.json with samples as alpaca or ShareGPT, and configurations of training and prediction.

{"ner-lines-text-train": {"file_name": "train.jsonl", "columns": {"prompt": "prompt", "response": "completion"}}}

Without --chat its template is `fewshot`, which adds only two line feeds and the end token after a completion.
The template `empty` adds no end token, so that answers would not end.
"""

from __future__ import annotations

from typing import Any

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions, score_command
from sde_datasets.export.samples_files import write_conversations, write_pairs

# LLaMA-Factory cuts samples at 2,048 tokens by default
CUTOFF = 131_072
PLAIN = "fewshot"
_ALPACA = {"columns": {"prompt": "prompt", "response": "completion"}}
_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
_SHAREGPT = {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": {**_TAGS, "system_tag": "system"}}


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl`, `dataset_info.json`, `sft.yaml` and `predict.yaml`."""
    data.require_train()
    (write_conversations if options.chat else write_pairs)(data, folder, options)
    form = _SHAREGPT if options.chat else _ALPACA
    datasets = {split: f"{data.config}-{split}" for split in data.splits}
    folder.json(
        "dataset_info.json", {name: {"file_name": f"{split}.jsonl", **form} for split, name in datasets.items()}
    )
    values: dict[str, Any] = {
        "options": options,
        "h": options.hyperparameters,
        "template": "" if options.chat else PLAIN,
        "datasets": datasets,
        "test": data.test,
        "adapter": folder.beside("model"),
        "output": folder.beside("predictions"),
        "max_new_tokens": data.longest_completion(),
        "cutoff": CUTOFF,
    }
    train, predict = (
        folder.template(name, "llamafactory_sft.yaml.jinja", training=training, **values)
        for name, training in (("sft.yaml", True), ("predict.yaml", False))
    )
    answers = f"{values['output']}/generated_predictions.jsonl"
    back = f"llamafactory-cli train {predict}\n{score_command(data, answers, data.test)}"
    return Commands(f"llamafactory-cli train {train}", back)


EXPORTER = Exporter(write)
