"""Label Studio: tasks with predictions, to be corrected there, and the labelling configuration of the targets.

[{"data": {"id": "r1", "text": "The IL-2 gene", "split": "test"},
  "predictions": [{"model_version": "gold", "result": [...]}]}]
"""

from __future__ import annotations

from sde_datasets.export.annotations import annotated_rows, rebuild_command
from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Counted, Exporter, ExportFolder, ExportOptions
from sde_datasets.prediction.label_studio import write_tasks

GOLD = "gold"


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `tasks.json` and `tasks.xml`. Raises InputError for a file of answers that does not fit."""
    model = GOLD if options.predictions is None else options.predictions.stem
    rows = ({**row._asdict(), "split": split} for split, row in annotated_rows(data, options))
    counted = Counted(rows)
    write_tasks(counted, folder.work / "tasks.json", data.template.schema, model)
    folder.written |= {"tasks.json": f"{counted.count:,} tasks", "tasks.xml": ""}
    return Commands(
        f"label-studio init corrections --label-config {folder.path / 'tasks.xml'}\nlabel-studio start corrections    "
        f"# import {folder.path / 'tasks.json'}, correct, export as JSON",
        rebuild_command(data, "labelstudio", "EXPORT.json"),
    )


EXPORTER = Exporter(write, chat=False, predictions=True)
