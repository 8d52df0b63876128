"""The Arrow form of records and samples: one schema each for all tasks, with the features that `datasets` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pyarrow as pa

from sde_datasets.records import Record

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


def _feature(kind: pa.DataType) -> dict:
    """The feature of a type as `datasets` writes it (`Features.to_dict`)."""
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": str(kind), "_type": "Value"}


def _with_features(schema: pa.Schema) -> pa.Schema:
    # with this key `datasets` needs no dataset_info in the card, and its loading does not slow down with every config
    features = {field.name: _feature(field.type) for field in schema}
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


RECORD_SCHEMA = _with_features(_RECORD)
SAMPLE_SCHEMA = _with_features(_SAMPLE)


def record_rows(records: Iterable[Record], constant: dict[str, str]) -> pa.RecordBatch:
    """Records as a batch; `constant` gives the columns that are equal for all (corpus, view, language, schema)."""
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


def _annotation_row(annotation, text: str) -> dict:
    return {
        "target": annotation.target,
        "label": annotation.label,
        "mention": annotation.mention,
        "spans": [{"start": start, "end": end} for start, end in annotation.spans],
        "evidence": [{"text": text[start:end], "start": start, "end": end} for start, end in annotation.evidence],
        "origin": annotation.origin,
    }
