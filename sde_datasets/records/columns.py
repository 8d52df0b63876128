"""The Arrow schemas of records and of samples, the same for all tasks, with the features that `datasets` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.records.record import Annotation, Record

_SPAN = pa.struct({"start": pa.int32(), "end": pa.int32()})
_EVIDENCE = pa.struct({"text": pa.string(), "start": pa.int32(), "end": pa.int32()})
_ANNOTATION = pa.struct(
    {
        "target": pa.string(),
        "label": pa.string(),
        "mention": pa.string(),
        "spans": pa.list_(_SPAN),
        "evidence": pa.list_(_EVIDENCE),
        "origin": pa.string(),
    }
)
_RECORD = pa.schema(
    {
        "id": pa.string(),
        "corpus": pa.string(),
        "view": pa.string(),
        "split": pa.string(),
        "language": pa.string(),
        "text": pa.string(),
        "schema": pa.string(),
        "annotations": pa.list_(_ANNOTATION),
        "document": pa.string(),
        "place": pa.struct({"file": pa.string(), "line": pa.int32()}),
    }
)
_SAMPLE = pa.schema(
    {
        "id": pa.string(),
        "prompt": pa.string(),
        "completion": pa.string(),
        "source_text": pa.string(),
        "annotations": pa.list_(_ANNOTATION),
        "corpus": pa.string(),
        "language": pa.string(),
        "design": pa.string(),
        "schema": pa.string(),
    }
)


def _feature(kind: pa.DataType) -> dict[str, Any] | list[Any]:
    """Return the feature of a type in the form that `Features.from_dict` of `datasets` reads.

    A list is written as `[item]`, which every release of `datasets` reads. The form with `"_type": "List"` is read by
    4.0 and later only.
    """
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": str(kind), "_type": "Value"}


def _with_features(schema: pa.Schema) -> pa.Schema:
    # with this key `datasets` needs no dataset_info in the card, and its loading does not slow down with every config
    features = {field.name: _feature(field.type) for field in schema}
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


RECORD_SCHEMA = _with_features(_RECORD)
SAMPLE_SCHEMA = _with_features(_SAMPLE)


def schema_text(schema: pa.Schema) -> str:
    """Return a schema with its metadata as text, so that the key of a file tells one schema from another."""
    return schema.to_string(truncate_metadata=False)


def list_offsets(column: pa.Array) -> Iterator[tuple[int, int]]:
    """For each list of a list column: its start and its end in the flattened column."""
    ends = pc.cumulative_sum(pc.list_value_length(column)).to_pylist()
    return zip([0, *ends], ends, strict=False)


def record_rows(records: Iterable[Record], constant: dict[str, str]) -> pa.RecordBatch:
    """Records as a batch. `constant` holds the columns with one value for all (corpus, view, language, schema)."""
    rows = [
        {
            "id": record.id,
            "split": record.split,
            "text": record.text,
            "annotations": [_annotation_row(annotation, record.text) for annotation in record.annotations],
            "document": record.document,
            "place": {"file": record.file, "line": record.line},
            **constant,
        }
        for record in records
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD_SCHEMA)


def _annotation_row(annotation: Annotation, text: str) -> dict[str, Any]:
    return {
        "target": annotation.target,
        "label": annotation.label,
        "mention": annotation.mention,
        "spans": [{"start": start, "end": end} for start, end in annotation.spans],
        "evidence": [{"text": text[start:end], "start": start, "end": end} for start, end in annotation.evidence],
        "origin": annotation.origin,
    }
