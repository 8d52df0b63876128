"""lm-eval: a task for each config, a group for a view, and a utils.py whose metrics call the parser and the scorer.

The configs of a view are exported together by its name: `export OUT ner --to lm-eval`. The data stay where they are.
"""

from __future__ import annotations

from shlex import quote

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions, score_command
from sde_datasets.scoring.single_answers import figure_names


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write the task of a config, the group of its view, `utils.py` and `schema.json`."""
    schema = data.template.schema
    names = figure_names(schema.kind)
    configs = [data, *data.others]
    for each in configs:
        folder.template(
            f"{each.config}.yaml",
            "lm_eval_task.yaml.jinja",
            config=each.config,
            data=each.data,
            revision=each.revision,
            train="train" in each.splits,
            test=each.test,
            tokens=each.longest_completion(),
            names=names,
        )
    group = data.config.partition("-")[0]
    tasks = "".join(f"  - {each.config}\n" for each in configs)
    folder.text(f"{group}.yaml", f"group: {group}\ntask:\n{tasks}metadata:\n  version: 1\n")
    folder.text("schema.json", schema.to_json() + "\n")
    folder.template("utils.py", "lm_eval_utils.py.jinja", names=names)
    task = group if data.others else data.config
    chat = " --apply_chat_template" if options.chat else ""
    chat += f" --system_instruction {quote(options.system)}" if options.system else ""
    output = folder.beside("answers")
    run = (
        f"lm-eval run --model hf --model_args pretrained={options.model} --tasks {task} --include_path {folder.path}"
        f"{chat} --log_samples --output_path {output}"
    )
    answers = f"{output}/*/samples_{data.config}_*.jsonl"
    return Commands(run, score_command(data, answers, data.test))


EXPORTER = Exporter(write, view=True)
