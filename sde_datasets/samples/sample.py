"""Render records as samples without a dataset, with the functions that the build uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import overload

from sde_datasets.designs.design import Design, ViewTraits, get_design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.records.record import Annotation, Record, Span, record_problem, sort_annotations, surface
from sde_datasets.records.schema import Schema
from sde_datasets.tasks.task import Task, get_task


@dataclass(frozen=True)
class Sample:
    """A prompt and its completion.

    >>> import sde_datasets as sde
    >>> sde.Sample("2 + 2 = ", "4").messages
    [{'role': 'user', 'content': '2 + 2 = '}, {'role': 'assistant', 'content': '4'}]
    """

    prompt: str
    completion: str

    @property
    def messages(self) -> list[dict[str, str]]:
        """The sample as a conversation: the prompt of a user and the completion of an assistant."""
        return [{"role": "user", "content": self.prompt}, {"role": "assistant", "content": self.completion}]


@overload
def render(record: Record, design: str | Design, schema: Schema, *, task: str | Task = "") -> Sample: ...
@overload
def render(
    record: Sequence[Record], design: str | Design, schema: Schema, *, task: str | Task = ""
) -> list[Sample]: ...
def render(record, design, schema, *, task=""):
    """Write a record, or each of a list of records, as a sample under one design.

    design: a name (`lines-text-cot`), an alias (`es`) or a Design.
    task: the task whose instructions are used, by default the one that the schema names; the path of its TOML file for
        a task that is not installed.

    Designs with reasoning show the `evidence` of an annotation; one without evidence has no description.

    Raises UsageError for an unknown design or task, or one that the kind of the task cannot have, and InputError for a
    record that is invalid under the schema.

    >>> import sde_datasets as sde
    >>> record = sde.Record(text="The tuna was great.", annotations=[sde.Annotation("food", "positive")])
    >>> print(sde.render(record, "lines-text", sde.schema("mabsa", targets=["food", "service"])).completion)
    food: positive
    service: unmentioned
    """
    records = [record] if isinstance(record, Record) else list(record)
    found = get_design(design) if isinstance(design, str) else design
    if reason := ViewTraits(f"the task {schema.task}", schema.kind).refusal(found):
        raise UsageError(reason)
    used = get_task(task or schema.task) if isinstance(task, str) else task
    samples = _samples([_valid(each, number, schema) for number, each in enumerate(records, 1)], found, schema, used)
    return samples[0] if isinstance(record, Record) else samples


def _samples(records: list[Record], design: Design, schema: Schema, task: Task) -> list[Sample]:
    import pyarrow as pa

    from sde_datasets.records.columns import record_rows
    from sde_datasets.samples.prompts import task_template
    from sde_datasets.samples.render import completions, gold_answers, prompts

    batch = record_rows(records, {})
    gold = gold_answers(batch, schema, design.format)
    written = completions(gold, design, schema).to_pylist()
    texts = pa.array([record.text for record in records], pa.string())
    asked = prompts(texts, task_template(task, schema, design)).to_pylist()
    return [Sample(*pair) for pair in zip(asked, written, strict=True)]


def _valid(record: Record, number: int, schema: Schema) -> Record:
    """Return the record in its canonical form. Raises InputError where it is invalid under the schema."""
    name = record.id or f"record {number}"
    tidy = replace(record, id=name, annotations=[_canonical(annotation) for annotation in record.annotations])
    if wrong := record_problem(tidy, schema):
        raise InputError(name, wrong)
    return replace(
        tidy, annotations=[_with_mention(each, record.text) for each in sort_annotations(tidy.annotations, schema)]
    )


def _canonical(annotation: Annotation) -> Annotation:
    """Spans and evidence as tuples, whatever sequences they are given as."""
    return annotation._replace(spans=_spans(annotation.spans), evidence=_spans(annotation.evidence))


def _spans(spans: Iterable[Sequence[int]]) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in spans)


def _with_mention(annotation: Annotation, text: str) -> Annotation:
    """The annotation with the text at its spans as its mention, where only offsets are given."""
    if annotation.mention is not None or not annotation.spans:
        return annotation
    return annotation._replace(mention=surface(text, annotation.spans))
