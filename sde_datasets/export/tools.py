"""The tools to which a config can be exported. A module is imported when its tool is used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from sde_datasets.errors import UsageError, nearest

if TYPE_CHECKING:
    from sde_datasets.export.exporter import Exporter


@dataclass(frozen=True)
class Tool:
    """The module of an exporter, and what the tool gets, in a few words."""

    module: str
    gets: str


TOOLS = {
    "trl": Tool("trl", "prompts and completions, and the configuration of `trl sft`"),
    "llamafactory": Tool("llamafactory", "dataset_info.json, and the configurations of training and prediction"),
    "axolotl": Tool("axolotl", "samples and the configuration of `axolotl train`"),
    "unsloth": Tool("unsloth", "samples and a script"),
    "torchtune": Tool("torchtune", "conversations and the datasets of a recipe"),
    "openai": Tool("openai", "the JSON lines of OpenAI's fine-tuning"),
    "mistral": Tool("mistral", "the JSON lines of Mistral's fine-tuning"),
    "vllm": Tool("vllm", "the prompts of the test split as a batch"),
    "lm-eval": Tool("lm_eval", "a task (of a view: a group of tasks) with our parser and the figures of the corpus"),
    "dspy": Tool("dspy", "an adapter made from the design, and examples"),
    "labelstudio": Tool("labelstudio", "annotations as predictions, to be corrected"),
    "doccano": Tool("doccano", "annotations, to be corrected"),
    "spacy": Tool("spacy", "a DocBin for each split"),
    "gliner": Tool("gliner", "words and spans"),
    "inspect-ai": Tool("inspect_ai", "a task with our scorer"),
}


def get_exporter(name: str) -> Exporter:
    """Return the exporter of a tool. Raises UsageError for an unknown name."""
    if name not in TOOLS:
        raise UsageError(f"unknown tool {name!r}. {nearest(name, TOOLS)}")
    return import_module(f"sde_datasets.export.{TOOLS[name].module}").EXPORTER
