"""doccano: JSON lines with labels, which it imports for sequence labelling or text classification.

{"text": "Ana met Bo.", "label": [[0, 3, "PER"]], "record_id": "r1", "split": "test"}
{"text": "Good soup.", "label": ["food positive"], "record_id": "r2", "split": "test"}

doccano keeps further keys and exports them again, and numbers texts by an `id` of its own. It has no discontinuous
mentions: their pieces are mentions of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sde_datasets.export.annotations import annotated_rows, rebuild_command
from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `texts.jsonl` and `label_config.json`, the labels of the project."""
    schema = data.template.schema
    names = schema.targets
    if schema.kind == "label":
        names = tuple(f"{target} {label}" for target in schema.targets for label in schema.labels)
    path = folder.rows("texts.jsonl", _rows(data, options))
    folder.json("label_config.json", [{"text": name} for name in names])
    kind = "text classification" if schema.kind == "label" else "sequence labelling, with overlapping spans allowed"
    return Commands(
        f"doccano webserver    # create a project ({kind}), import {folder.path / 'label_config.json'} as labels and "
        f"{path} as JSONL, correct, export as JSONL",
        rebuild_command(data, "doccano", "EXPORT.jsonl", "--columns id=record_id"),
    )


def _rows(data: ConfigData, options: ExportOptions) -> Iterator[dict[str, Any]]:
    for split, row in annotated_rows(data, options):
        labels: list[Any] = []
        for found in row.annotations:
            if "label" in found:
                labels.append(f"{found['target']} {found['label']}")
            labels += [[start, end, found["target"]] for start, end in found.get("spans", ())]
        yield {"text": row.text, "label": labels, "record_id": row.id, "split": split}


EXPORTER = Exporter(write, chat=False, predictions=True)
