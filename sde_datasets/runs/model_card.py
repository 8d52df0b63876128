"""The model card of a run: rendered from the files of its folder; the user's own section is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sde_datasets.card.markdown import inline
from sde_datasets.card.notes import notes_of
from sde_datasets.card.template import fill_card
from sde_datasets.runs import metrics_file
from sde_datasets.runs.options import BUNDLED, TINY, TrainingOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.run_info import RunInfo
from sde_datasets.runs.samples import ConfigTemplate, SampleRow
from sde_datasets.scoring.scores_file import read_scores
from sde_datasets.utils.files import write_text

_TASKS = {"label": "gives each target its label", "mention": "finds the mentions of each target"}
_METHODS = {
    "tiny": "from scratch",
    "full": "with all weights",
    "lora": "with a LoRA adapter",
    "merged": "with a LoRA adapter, now merged into the weights",
}


def write_card(folder: RunFolder, sample: SampleRow | None = None) -> None:
    """Write README.md of a run. sample: the example to show, by default the previous one. Raises InputError."""
    if sample:
        example = _example(folder.read_template(), sample)
        folder.write_info(replace(folder.read_info(), example=example))
    write_text(folder.path / "README.md", render_card(folder))


def render_card(folder: RunFolder, repository: str = "", weights: Path | None = None) -> str:
    """Render the card of a run for its folder, or for the repository that it is pushed to.

    weights: the folder with the weights that the card describes, by default those of the run. Raises InputError.
    """
    options, info, template = folder.options(), folder.read_info(), folder.read_template()
    method = options.method
    if method == "lora" and ((weights or folder.model) / "config.json").is_file():
        method = "merged"
    previous = folder.path / "README.md"
    notes = notes_of(previous.read_text("utf-8"), str(previous)) if previous.is_file() else ""
    sections = {
        "title": repository.rpartition("/")[2] or folder.path.absolute().name,
        "summary": _summary(options, template, method),
        "facts": _facts(options, info, template),
        # strings of JSON are strings of Python
        "run": json.dumps(repository or str(folder.path), ensure_ascii=False),
        "example": info.example,
        "training": _training(options, info, folder),
        "curve": "loss.png",
        "repeat": _repeat(options),
        "scores": _scores(folder),
    }
    return fill_card("model", _metadata(options, template, method), sections, notes)


def is_local(name: str) -> bool:
    """Return True if a model or data set is a folder of this machine, which other users do not have."""
    return name not in (BUNDLED, TINY) and (name.startswith(".") or Path(name).is_absolute() or Path(name).is_dir())


def _metadata(options: TrainingOptions, template: ConfigTemplate, method: str) -> dict[str, Any]:
    """Return the YAML fields of the card."""
    public = options.model != TINY and not is_local(options.model)
    relation = "adapter" if method == "lora" else "finetune"
    base = {"base_model": options.model, "base_model_relation": relation} if public else {}
    repository = "" if options.data == BUNDLED or is_local(options.data) else options.data
    tags = ["sample-design", template.schema.task, *(["lora"] if method == "lora" else [])]
    return {
        "language": [template.schema.language],
        **base,
        "library_name": "peft" if method == "lora" else "transformers",
        "pipeline_tag": "text-generation",
        "datasets": [repository] if repository else [],
        "tags": tags,
    }


def _summary(options: TrainingOptions, template: ConfigTemplate, method: str) -> str:
    name = f"{Path(options.model).name} (a local folder)" if is_local(options.model) else options.model
    model = "a small Llama" if options.model == TINY else inline(name)
    task = f"({template.schema.task}, {template.schema.language})"
    does = _TASKS[template.schema.kind]
    return f"This model {does} in a text {task}: {model}, trained on `{options.config}` {_METHODS[method]}."


def _repeat(options: TrainingOptions) -> str:
    """Name what other users lack to repeat the run; continues the sentence about `run.toml`."""
    lacking = [what for what, name in (("data", options.data), ("base model", options.model)) if is_local(name)]
    return f", if you have the {' and the '.join(lacking)}" if lacking else ""


def _facts(options: TrainingOptions, info: RunInfo, template: ConfigTemplate) -> str:
    samples, parameters, weights = info.samples, info.parameters, options.prompt_weights
    data = "the bundled corpora of sde-datasets" if options.data == BUNDLED else info.data.name
    rows = {
        "design": f"`{template.design.name}`",
        "data": f"{inline(data)} {info.data.revision or ''}".strip(),
        "samples": f"{samples.train:,} of {samples.available:,}, seed {options.seed}",
        "shortened, rejected": f"{samples.shortened:,}, {len(samples.rejected):,}",
        "parameters": f"{parameters.trained:,} trained of {parameters.all:,}",
        "loss weights": f"instruction {weights[0]:g}, text {weights[1]:g}, completion 1",
        "chat template": "yes" if options.chat else "no",
        "an answer ends at": f"token ids {', '.join(map(str, info.ends))} (`stop_token_ids` of a server)",
    }
    return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _training(options: TrainingOptions, info: RunInfo, folder: RunFolder) -> str:
    rows = [row for row in metrics_file.read_rows(folder.metrics) if "loss" in row]
    parameters = options.hyperparameters
    rate = f"{parameters.learning_rate:g}, {parameters.schedule}, warm-up {parameters.warmup:g}"
    text = f"{info.steps:,} steps of {parameters.batch_size} samples, learning rate {rate}."
    if options.method == "lora":
        adapter = f"rank {parameters.lora_rank}, alpha {options.lora_alpha}, dropout {options.lora_dropout:g}"
        text += f" Adapter: {adapter}, on {inline(options.lora_targets)}."
        text += "".join(f" Note: {inline(note)}." for note in info.adapter_notes)
    return text + f" The loss went from {rows[0]['loss']:.3f} to {rows[-1]['loss']:.3f} nats per token."


def _example(template: ConfigTemplate, sample: SampleRow) -> str:
    return "\n".join(f"    {line}" for line in f"{template.prompt(sample.text)}{sample.completion}".split("\n"))


def _scores(folder: RunFolder) -> str:
    """Return a table with the headline figures of every split that was scored."""
    lines = ["| answers | figure | value | 95 % interval |", "| --- | --- | --- | --- |"]
    for path in sorted((folder.path / "predictions").glob("*.scores.json")):
        for name, figure in read_scores(path).headline.items():
            if figure.value is not None:
                row = (path.name.removesuffix(".scores.json"), name, f"{figure.value:.3f}")
                lines.append(f"| {' | '.join(row)} | {figure.low:.3f} to {figure.high:.3f} |")
    return "\n".join(lines) if len(lines) > 2 else "None yet: `sde-datasets evaluate` scores the test split."
