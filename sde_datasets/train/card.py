"""The model card of a run: made from its files, with the section that a person wrote kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sde_datasets.card.markdown import inline
from sde_datasets.card.notes import notes_of
from sde_datasets.card.template import filled
from sde_datasets.manifest import write_text
from sde_datasets.train import metrics
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.options import BUNDLED, TINY, Options
from sde_datasets.train.samples import Sample, Template


def write_card(folder: RunFolder, sample: Sample | None = None) -> None:
    """Write README.md of a run that has its about.json; `sample` is shown, by default the one that was shown before.

    Raises InputError.
    """
    if sample:
        example = _example(Template.from_dict(folder.read("template")), sample)
        folder.write("about", folder.read("about") | {"example": example})
    write_text(folder.path / "README.md", card(folder))


def card(folder: RunFolder, repository: str = "", weights: Path | None = None) -> str:
    """The card of a run as it stands in its folder or, where one is named, in a repository.

    weights: the folder of the weights that it is about, by default those of the run. Raises InputError.
    """
    options, about = folder.options(), folder.read("about")
    template, method = Template.from_dict(folder.read("template")), options.method
    if method == "lora" and ((weights or folder.model) / "config.json").is_file():
        method = "merged"
    before = folder.path / "README.md"
    words = notes_of(before.read_text("utf-8"), str(before)) if before.is_file() else ""
    sections = {
        "title": repository.rpartition("/")[2] or folder.path.absolute().name,
        "summary": _summary(options, template, method),
        "facts": _facts(options, about, template),
        # JSON's strings are Python's
        "run": json.dumps(repository or str(folder.path), ensure_ascii=False),
        "example": about["example"],
        "training": _training(options, about, folder),
        "curve": "loss.png",
        "repeat": _repeat(options),
        "scores": _scores(folder),
    }
    return filled("model", _fields(options, template, method), sections, words)


def local(name: str) -> bool:
    """Is this model, or are these data, a folder, which others do not have?"""
    return name not in (BUNDLED, TINY) and (name.startswith(".") or Path(name).is_absolute() or Path(name).is_dir())


def _fields(options: Options, template: Template, method: str) -> dict[str, Any]:
    known = options.model != TINY and not local(options.model)
    relation = "adapter" if method == "lora" else "finetune"
    base = {"base_model": options.model, "base_model_relation": relation} if known else {}
    repository = "" if options.data == BUNDLED or local(options.data) else options.data
    tags = ["sample-design", template.schema.task, *(["lora"] if method == "lora" else [])]
    return {
        "language": [template.schema.language],
        **base,
        "library_name": "peft" if method == "lora" else "transformers",
        "pipeline_tag": "text-generation",
        "datasets": [repository] if repository else [],
        "tags": tags,
    }


def _summary(options: Options, template: Template, method: str) -> str:
    what = {"label": "gives each target its label", "mention": "finds the mentions of each target"}[
        template.schema.kind
    ]
    name = f"{Path(options.model).name} (a local folder)" if local(options.model) else options.model
    model = "a small Llama trained from scratch" if options.model == TINY else inline(name)
    how = {
        "tiny": "",
        "full": ", all weights trained",
        "lora": ", with a LoRA adapter",
        "merged": ", with a LoRA adapter that was added into the weights",
    }[method]
    where = f"({template.schema.task}, {template.schema.language})"
    return f"It {what} in a text {where}: {model}{how}, on `{options.config}`."


def _repeat(options: Options) -> str:
    """What of a run others lack, in words that go on after `run.toml` and its command."""
    lacking = [what for what, name in (("data", options.data), ("base model", options.model)) if local(name)]
    return f", where you have the {' and the '.join(lacking)}" if lacking else ""


def _data(options: Options, about: dict) -> str:
    return "the corpora that come with sde-datasets" if options.data == BUNDLED else about["data"]["name"]


def _facts(options: Options, about: dict, template: Template) -> str:
    samples, parameters = about["samples"], about["parameters"]
    rows = {
        "design": f"`{template.design}`",
        "data": f"{inline(_data(options, about))} {about['data']['revision'] or ''}".strip(),
        "samples": f"{samples['train']:,} of {samples['of']:,}, seed {options.seed}",
        "shortened, rejected": f"{samples['shortened']:,}, {len(samples['rejected']):,}",
        "parameters": f"{parameters['trained']:,} trained of {parameters['all']:,}",
        "loss weights": f"instruction {options.weights[0]:g}, text {options.weights[1]:g}, completion 1",
        "chat template": "yes" if options.chat else "no",
    }
    return "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _training(options: Options, about: dict, folder: RunFolder) -> str:
    rows = [row for row in metrics.rows(folder.metrics) if "loss" in row]
    rate = f"{options.learning_rate:g}, {options.schedule}, warm-up {options.warmup:g}"
    words = f"{about['steps']:,} steps of {options.batch_size} samples, learning rate {rate}."
    if options.method == "lora":
        adapter = f"rank {options.lora_rank}, alpha {options.lora_alpha}, dropout {options.lora_dropout:g}"
        words += f" Adapter: {adapter}, on {inline(options.lora_targets)}."
    return words + f" The loss went from {rows[0]['loss']:.3f} to {rows[-1]['loss']:.3f} nats a token."


def _example(template: Template, sample: Sample) -> str:
    return "\n".join(f"    {line}" for line in f"{template.prompt(sample.text)}{sample.completion}".split("\n"))


def _scores(folder: RunFolder) -> str:
    """The headline figures of every split that was scored."""
    lines = ["| answers | figure | value | 95 % interval |", "| --- | --- | --- | --- |"]
    for path in sorted((folder.path / "predictions").glob("*.scores.json")):
        scores = json.loads(path.read_text("utf-8"))
        for name, each in scores["headline"].items():
            if each["value"] is not None:
                row = (path.name.removesuffix(".scores.json"), name, f"{each['value']:.3f}")
                lines.append(f"| {' | '.join(row)} | {each['low']:.3f} to {each['high']:.3f} |")
    return "\n".join(lines) if len(lines) > 2 else "None yet: `sde-datasets evaluate` scores the test split."
