"""The mean tokens of prompts and answers under each design, counted on some training records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.designs.design import POST, Design
from sde_datasets.records.schema import Schema
from sde_datasets.runs.options import TINY, TrainingOptions
from sde_datasets.samples.prompts import task_template
from sde_datasets.samples.render import completions, gold_answers
from sde_datasets.tasks.task import Task

# records whose tokens are counted
_RECORDS = 64


@dataclass(frozen=True)
class Lengths:
    """Mean tokens of a sample of the data. prompt: with the chat markup. answer: trained on, with its end token.
    generated: of an answer that the model writes.

    Reasons after the answer are trained on, and are not generated.
    """

    prompt: float
    answer: float
    generated: float


def measure_lengths(
    folder: Path, view: str, task: Task, designs: Iterable[Design], options: TrainingOptions
) -> dict[Design, Lengths]:
    """Return the lengths under each design, in tokens of the model's tokenizer.

    options: of training, with model, end token and chat. The tokens of a prompt are those of its constant parts and of
    the text, counted apart. Raises InputError for a model that cannot be loaded, and for one without a chat template
    where the options ask for it.
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
    every = [*texts, *constant, *(text for written in answers.values() for text in written)]
    tokenizer = _tokenizer(options, every)
    count = partial(_mean_tokens, tokenizer)
    around = _chat_tokens(tokenizer, options)
    of_text = count(texts)
    of_answer = {answer: count(written) for answer, written in answers.items()}
    of_prompt = {words: count([words]) for words in sorted(constant)}
    return {
        design: Lengths(
            around + of_text + of_prompt[templates[design].prompt("")],
            of_answer[design.answer] + 1,
            of_answer[_generated(design)],
        )
        for design in chosen
    }


def _generated(design: Design) -> Design:
    """Return the design of the answer that a model writes."""
    return replace(design.answer, reasoning="none") if design.reasoning == POST else design.answer


def _answers(batch: pa.RecordBatch, answer: Design, schema: Schema) -> list[str]:
    gold = gold_answers(batch, schema, answer.format, answer.reasoning != "none")
    return completions(gold, answer, schema).to_pylist()


def _tokenizer(options: TrainingOptions, texts: Sequence[str]) -> Any:
    from sde_datasets.runs.loading import load_tokenizer
    from sde_datasets.runs.tiny_model import tiny_tokenizer

    if options.model == TINY:
        return tiny_tokenizer(iter(texts))
    return load_tokenizer(options.model, options.model_revision, options.end_token)


def _chat_tokens(tokenizer: Any, options: TrainingOptions) -> float:
    """Return the tokens of the chat markup around a prompt."""
    if not options.chat:
        return 0.0
    from sde_datasets.runs.chat import chat_frame

    frame, _ = chat_frame(tokenizer, options.system, options.model)
    return _mean_tokens(tokenizer, [frame.before + frame.after])


def _mean_tokens(tokenizer: Any, texts: Sequence[str]) -> float:
    """Return the mean number of tokens of texts."""
    encoded = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    return sum(map(len, encoded)) / len(texts)
