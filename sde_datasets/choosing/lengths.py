"""The mean tokens of prompts and answers under each design, counted on some training records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.designs.design import POST, Design
from sde_datasets.records.schema import Schema
from sde_datasets.runs.options import TINY
from sde_datasets.samples.prompts import task_template
from sde_datasets.samples.render import completions, gold_answers
from sde_datasets.tasks.task import Task

# records whose tokens are counted
_RECORDS = 64


@dataclass(frozen=True)
class Lengths:
    """Mean tokens of a sample. prompt, answer: trained on; generated: of an answer that the model writes.

    Reasons after the answer are trained on, and are not generated.
    """

    prompt: float
    answer: float
    generated: float


def measure_lengths(
    folder: Path, view: str, task: Task, designs: Iterable[Design], model: str, end_token: str | None = None
) -> dict[Design, Lengths]:
    """Return the lengths under each design, in tokens of the model's tokenizer.

    The tokens of a prompt are those of its constant parts and of the text, counted apart. Raises InputError for a model
    that cannot be loaded.
    """
    manifest = Manifest.load(folder)
    schema = manifest.views[view].schema
    batch = next(b for path in manifest.files(f"{view}-records", "train") for b in row_groups(folder / path))
    batch = batch.slice(0, _RECORDS)
    chosen = list(designs)
    forms = {form for design in chosen for form in (design.answer, _generated(design))}
    answers = {form: _answers(batch, form, schema) for form in sorted(forms)}
    texts = batch.column("text").to_pylist()
    templates = {design: task_template(task, schema, design) for design in chosen}
    constant = {template.prompt("") for template in templates.values()}
    count = _counter(model, end_token, [*texts, *constant, *(text for written in answers.values() for text in written)])
    of_text = count(texts)
    of_answer = {answer: count(written) for answer, written in answers.items()}
    of_prompt = {words: count([words]) for words in sorted(constant)}
    return {
        design: Lengths(
            of_text + of_prompt[templates[design].prompt("")], of_answer[design.answer], of_answer[_generated(design)]
        )
        for design in chosen
    }


def _generated(design: Design) -> Design:
    """Return the design of the answer that a model writes."""
    return replace(design.answer, reasoning="none") if design.reasoning == POST else design.answer


def _answers(batch: pa.RecordBatch, answer: Design, schema: Schema) -> list[str]:
    gold = gold_answers(batch, schema, answer.format, answer.reasoning != "none")
    return completions(gold, answer, schema).to_pylist()


def _counter(model: str, end_token: str | None, texts: Sequence[str]) -> Callable[[Sequence[str]], float]:
    """Return a function from texts to their mean number of tokens."""
    from sde_datasets.runs.loading import load_tokenizer
    from sde_datasets.runs.tiny_model import tiny_tokenizer

    tokenizer = tiny_tokenizer(iter(texts)) if model == TINY else load_tokenizer(model, None, end_token)

    def mean(words: Sequence[str]) -> float:
        return sum(_lengths(tokenizer, words)) / len(words)

    return mean


def _lengths(tokenizer: Any, words: Sequence[str]) -> Iterator[int]:
    for ids in tokenizer(list(words), add_special_tokens=False)["input_ids"]:
        yield len(ids)
