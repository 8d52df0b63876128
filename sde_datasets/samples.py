"""Samples: what a model sees. A record under a design becomes a prompt and a completion, batch by batch.

A prompt is constant prefix + text + constant suffix, which Arrow joins, and a completion depends on neither the place
nor the wording of the instruction. So the answers of a batch are taken from Arrow once and written for many designs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.arrow import SAMPLE_SCHEMA
from sde_datasets.designs import Design
from sde_datasets.formats import Answer, format_of
from sde_datasets.prompts import around
from sde_datasets.schemas import Schema
from sde_datasets.tasks import Task

BETWEEN_EVIDENCE = " | "


def answers(annotations: pa.Array, schema: Schema, form: str, described: bool = True) -> list[Answer]:
    """What the annotators said in each row of an `annotations` column, as the format `form` answers it.

    The annotations are in the order of the schema. The list format describes each mention, the others each target.
    Without `described` there are no descriptions, which is enough where no design has reasoning.
    """
    flat = annotations.flatten()
    labelled = schema.kind == "label"
    targets = flat.field("target").to_pylist()
    values = flat.field("label" if labelled else "mention").to_pylist()
    group = dict if labelled else _surfaces
    describe = _by_mention if form == "list" and not labelled else _by_target
    evidence = _evidence(flat.field("evidence")) if described else []
    result = []
    for start, end in stretches(annotations):
        here = targets[start:end]
        descriptions = describe(here, evidence[start:end]) if described else {}
        result.append(Answer(group(zip(here, values[start:end], strict=True)), descriptions))
    return result


def stretches(column: pa.Array) -> Iterator[tuple[int, int]]:
    """Where the items of each list begin and end in the flattened column."""
    ends = pc.cumulative_sum(pc.list_value_length(column)).to_pylist()
    return zip([0, *ends], ends, strict=False)


def _evidence(column: pa.Array) -> list[list[str]]:
    """The distinct evidence of each annotation, in the order given."""
    texts = column.flatten().field("text").to_pylist()
    return [texts[a:b] if b - a < 2 else list(dict.fromkeys(texts[a:b])) for a, b in stretches(column)]


def _surfaces(said: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for target, surface in said:
        values[target] = (*values[target], surface) if target in values else (surface,)
    return values


def _by_target(targets: list[str], evidence: list[list[str]]) -> dict[str, str]:
    """One description a target: the distinct evidence of its annotations, in the order of the text."""
    found: dict[str, list[str]] = {}
    for target, words in zip(targets, evidence, strict=True):
        if words:
            found[target] = found[target] + words if target in found else words
    return {
        t: BETWEEN_EVIDENCE.join(dict.fromkeys(words)) if len(words) > 1 else words[0] for t, words in found.items()
    }


def _by_mention(targets: list[str], evidence: list[list[str]]) -> dict[str, tuple[str, ...]]:
    """One description for each mention of a target, `""` where it has none."""
    found: dict[str, tuple[str, ...]] = {}
    for target, words in zip(targets, evidence, strict=True):
        found[target] = (*found.get(target, ()), BETWEEN_EVIDENCE.join(words))
    return {target: described for target, described in found.items() if any(described)}


def completions(said: list[Answer], design: Design, schema: Schema) -> pa.Array:
    """The completion of each answer under `design`; a design without reasoning leaves descriptions out."""
    write = format_of(design.answer, schema).write
    return pa.array([write(answer) for answer in said], pa.string())


def prompts(texts: pa.Array, design: Design, schema: Schema, task: Task) -> pa.Array:
    """The prompt of each text under `design`."""
    prefix, suffix = around(task.wordings[schema.language], schema, design)
    return pc.binary_join_element_wise(pa.scalar(prefix), texts, pa.scalar(suffix), "")


def sample_batch(
    records: pa.RecordBatch, design: Design, schema: Schema, task: Task, written: pa.Array
) -> pa.RecordBatch:
    """The samples of a batch of records under one design. `written` are its completions, shared by several designs."""
    columns: Mapping[str, pa.Array] = {
        "id": records.column("id"),
        "prompt": prompts(records.column("text"), design, schema, task),
        "completion": written,
        "source_text": records.column("text"),
        "annotations": records.column("annotations"),
        "corpus": records.column("corpus"),
        "language": records.column("language"),
        "design": pa.repeat(pa.scalar(design.name), len(records)),
        "schema": records.column("schema"),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=SAMPLE_SCHEMA)
