"""Write batches of records as samples: the prompts and the completions of a design.

Arrow joins a prompt from constant prefix, text and constant suffix. A completion depends neither on the placement nor
on the wording of the instruction, so the answers of a batch are read from Arrow once and written for many designs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.designs.design import INLINE, Design
from sde_datasets.formats import Answer, answer_format
from sde_datasets.records.columns import SAMPLE_SCHEMA, list_offsets
from sde_datasets.records.schema import Schema
from sde_datasets.samples.marked import marked_answers
from sde_datasets.samples.prompts import PromptTemplate

# joins the pieces of evidence of a description
BETWEEN_EVIDENCE = " | "


def gold_answers(records: pa.RecordBatch, schema: Schema, format_name: str, described: bool = True) -> list[Answer]:
    """The gold answer of each record of a batch, for one answer format.

    The annotations are in the order of the schema. The list format describes each mention, the others each target.
    Without `described` there are no descriptions, which suffices for designs without reasoning. The format inline has
    no descriptions, and its answers have the text with the places of the mentions.
    """
    annotations = records.column("annotations")
    if format_name == INLINE:
        return marked_answers(records.column("text"), annotations, schema)
    flat = annotations.flatten()
    is_label_task = schema.kind == "label"
    targets = flat.field("target").to_pylist()
    values = flat.field("label" if is_label_task else "mention").to_pylist()
    group: Callable[..., dict] = dict if is_label_task else _surfaces
    describe = _by_mention if format_name == "list" and not is_label_task else _by_target
    evidence = _evidence(flat.field("evidence")) if described else []
    answers = []
    for start, end in list_offsets(annotations):
        row_targets = targets[start:end]
        descriptions = describe(row_targets, evidence[start:end]) if described else {}
        answers.append(Answer(group(zip(row_targets, values[start:end], strict=True)), descriptions))
    return answers


def _evidence(column: pa.Array) -> list[list[str]]:
    """The distinct evidence of each annotation, in the order given."""
    texts = column.flatten().field("text").to_pylist()
    return [
        texts[start:end] if end - start < 2 else list(dict.fromkeys(texts[start:end]))
        for start, end in list_offsets(column)
    ]


def _surfaces(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The surfaces of each target."""
    surfaces: dict[str, tuple[str, ...]] = {}
    for target, surface in pairs:
        surfaces[target] = (*surfaces[target], surface) if target in surfaces else (surface,)
    return surfaces


def _by_target(targets: list[str], evidence: list[list[str]]) -> dict[str, str | tuple[str, ...]]:
    """One description for each target: the distinct evidence of its annotations, in the order of the text."""
    found: dict[str, list[str]] = {}
    for target, texts in zip(targets, evidence, strict=True):
        if texts:
            found[target] = found[target] + texts if target in found else texts
    return {
        target: BETWEEN_EVIDENCE.join(dict.fromkeys(texts)) if len(texts) > 1 else texts[0]
        for target, texts in found.items()
    }


def _by_mention(targets: list[str], evidence: list[list[str]]) -> dict[str, str | tuple[str, ...]]:
    """One description for each mention of a target, `""` for a mention without evidence."""
    found: dict[str, tuple[str, ...]] = {}
    for target, texts in zip(targets, evidence, strict=True):
        found[target] = (*found.get(target, ()), BETWEEN_EVIDENCE.join(texts))
    return {target: described for target, described in found.items() if any(described)}


def completions(answers: list[Answer], design: Design, schema: Schema) -> pa.Array:
    """The completion of each answer under `design`; a design without reasoning leaves descriptions out."""
    write = answer_format(design.answer, schema).write
    return pa.array([write(answer) for answer in answers], pa.string())


def prompts(texts: pa.Array, template: PromptTemplate) -> pa.Array:
    """The prompt of each text."""
    return pc.binary_join_element_wise(pa.scalar(template.prefix), texts, pa.scalar(template.suffix), "")


def sample_batch(
    records: pa.RecordBatch, design: Design, template: PromptTemplate, completions: pa.Array
) -> pa.RecordBatch:
    """The samples of a batch of records under one design, with its `completions`, which several designs share."""
    columns: Mapping[str, pa.Array] = {
        "id": records.column("id"),
        "prompt": prompts(records.column("text"), template),
        "completion": completions,
        "source_text": records.column("text"),
        "annotations": records.column("annotations"),
        "corpus": records.column("corpus"),
        "language": records.column("language"),
        "design": pa.repeat(pa.scalar(design.name), len(records)),
        "schema": records.column("schema"),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=SAMPLE_SCHEMA)
