"""Samples: what a model sees. A record under a design becomes a prompt and a completion, batch by batch.

A prompt is constant prefix + text + constant suffix, which Arrow joins, and a completion depends on neither the place
nor the wording of the instruction. So the answers of a batch are taken from Arrow once and written for many designs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.arrow import SAMPLE_SCHEMA
from sde_datasets.designs import Design
from sde_datasets.formats import Answer, format_of
from sde_datasets.prompts import around
from sde_datasets.schemas import Schema
from sde_datasets.tasks import Task

BETWEEN_EVIDENCE = " | "


class Gold(NamedTuple):
    """What the annotators said in one record, with the descriptions in both shapes that formats write.

    values: target -> label or tuple of surfaces. by_target: target -> its description. by_mention: target -> the
    description of each surface. Targets without any description are absent from both.
    """

    values: dict
    by_target: dict[str, str]
    by_mention: dict[str, tuple[str, ...]]

    def answer(self, design: Design, schema: Schema) -> Answer:
        """The answer that `design` writes for this record."""
        if design.reasoning == "none":
            return Answer(self.values, {})
        each = design.format == "list" and schema.kind == "mention"
        return Answer(self.values, self.by_mention if each else self.by_target)


def golds(annotations: pa.Array, schema: Schema) -> list[Gold]:
    """The gold of each row of an `annotations` column, whose annotations are in the order of the schema."""
    lengths = pc.list_value_length(annotations).to_pylist()
    flat = annotations.flatten()
    targets = flat.field("target").to_pylist()
    values = flat.field("label" if schema.kind == "label" else "mention").to_pylist()
    evidence = _evidence(flat.field("evidence"))
    result, start = [], 0
    for length in lengths:
        end = start + length
        result.append(_gold(targets[start:end], values[start:end], evidence[start:end], schema.kind == "label"))
        start = end
    return result


def _evidence(column: pa.Array) -> list[list[str]]:
    """The distinct evidence of each annotation, in the order given."""
    texts = column.flatten().field("text").to_pylist()
    result, start = [], 0
    for length in pc.list_value_length(column).to_pylist():
        result.append(list(dict.fromkeys(texts[start : start + length])) if length else [])
        start += length
    return result


def _gold(targets: list[str], values: list[str], evidence: list[list[str]], labelled: bool) -> Gold:
    if labelled:
        described = {t: BETWEEN_EVIDENCE.join(e) for t, e in zip(targets, evidence, strict=True) if e}
        return Gold(dict(zip(targets, values, strict=True)), described, {})
    surfaces: dict[str, list[str]] = {}
    passages: dict[str, list[list[str]]] = {}
    for target, value, words in zip(targets, values, evidence, strict=True):
        surfaces.setdefault(target, []).append(value)
        passages.setdefault(target, []).append(words)
    by_target, by_mention = {}, {}
    for target, each in passages.items():
        if any(each):
            by_target[target] = BETWEEN_EVIDENCE.join(dict.fromkeys(word for words in each for word in words))
            by_mention[target] = tuple([BETWEEN_EVIDENCE.join(words) for words in each])
    return Gold({target: tuple(found) for target, found in surfaces.items()}, by_target, by_mention)


def completions(gold: list[Gold], design: Design, schema: Schema) -> pa.Array:
    """The completion of each record under `design`."""
    write = format_of(design.answer, schema).write
    return pa.array([write(record.answer(design, schema)) for record in gold], pa.string())


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
