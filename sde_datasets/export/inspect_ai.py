"""Inspect: a task whose scorer is ours. Its samples are those of the split test, or else of the last split."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `samples.jsonl`, `config.json` and `task.py`."""
    template = data.template
    folder.rows("samples.jsonl", _rows(data))
    folder.json(
        "config.json",
        {
            "config": data.config,
            "split": data.test,
            "design": template.design.name,
            "system": options.system,
            "max_tokens": data.longest_completion(),
            "schema": template.schema.as_dict(),
        },
    )
    name = re.sub(r"\W", "_", data.config)
    folder.template("task.py", "inspect_task.py.jinja", config=data.config, name=name)
    # Inspect takes a file by a path below the working directory only
    return Commands(f"cd {folder.path} && inspect eval task.py --model hf/{options.model}")


def _rows(data: ConfigData) -> Iterator[dict[str, Any]]:
    prompted = data.prompted(data.test)
    for (id, prompt, completion), text in zip(prompted, data.annotated(data.test), strict=True):
        gold = {"source_text": text.text, "annotations": text.annotations}
        yield {"id": id, "prompt": prompt, "completion": completion, **gold}


EXPORTER = Exporter(write, chat=True)
