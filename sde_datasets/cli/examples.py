"""The example record of a task, for `sde-datasets designs --explain`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from sde_datasets.records.record import Annotation, Record, Span
from sde_datasets.tasks.task import Task


@dataclass(frozen=True)
class Example:
    """A record and the targets of its schema."""

    record: Record
    targets: tuple[str, ...]


def example_record(task: Task, language: str) -> Example:
    """Return an example of a task, in the language of its words; a formal one for a task without an example."""
    spoken = task.word_language(language)
    table = tomllib.loads((files("sde_datasets.cli") / "examples.toml").read_text("utf-8"))
    values = table.get(task.name, {}).get(spoken) or _formal_example(task, spoken)
    text = values["text"]
    annotations = [_annotation(each, text) for each in values["annotations"]]
    return Example(Record("example", text, annotations), tuple(values["targets"]))


def _formal_example(task: Task, language: str) -> dict[str, Any]:
    labels = task.words[language].get("labels")
    value = {"label": labels[0]} if labels else {"mention": "a text"}
    return {
        "text": "(a text)",
        "targets": ["one", "another"],
        "annotations": [{"target": "one", "evidence": "a text", **value}],
    }


def _annotation(values: dict[str, str], text: str) -> Annotation:
    spans = (_span(values["mention"], text),) if "mention" in values else ()
    evidence = (_span(values["evidence"], text),)
    return Annotation(values["target"], values.get("label"), values.get("mention"), spans, evidence, "annotated")


def _span(words: str, text: str) -> Span:
    start = text.index(words)
    return start, start + len(words)
