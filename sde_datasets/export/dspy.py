"""DSPy: an adapter made from the design of a config, and its samples as examples.

{"text": "The tuna was great.", "annotations": {"food": "positive"}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl`, `adapter.json` and `program.py`."""
    for split in data.splits:
        folder.rows(f"{split}.jsonl", _examples(data, split))
    folder.json("adapter.json", data.template.to_dict())
    script = folder.template("program.py", "dspy_program.py.jinja", options=options, test=data.test)
    return Commands(f"python {script}")


def _examples(data: ConfigData, split: str) -> Iterator[dict[str, Any]]:
    is_label_task = data.template.schema.kind == "label"
    for row in data.annotated(split):
        values: dict[str, Any] = {}
        for each in row.annotations:
            if is_label_task:
                values[each["target"]] = each["label"]
            else:
                values.setdefault(each["target"], []).append(each["mention"])
        yield {"text": row.text, "annotations": values}


EXPORTER = Exporter(write, chat=False)
