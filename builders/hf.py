r"""Datasets of the Hugging Face Hub, or local copies: tokens with tags, lists of spans, GLiNER, W2NER, aspect columns.

    --source hf=org/name            the default config; hf=org/name:config, hf=org/name@REVISION:config
    --source hf=data.parquet        a file or a folder of *.parquet, *.arrow, *.json or *.jsonl
    {"tokens": ["Ana", "met", "Bo", "."], "ner_tags": [1, 0, 1, 0]}
    {"text": "Ana met Bo.", "entities": [{"start": 0, "end": 3, "label": "PER"}]}
    {"tokenized_text": ["Ana", "met", "Bo"], "ner": [[0, 0, "PER"], [2, 2, "PER"]]}
    {"sentence": ["Ana", "met", "Bo"], "ner": [{"index": [0], "type": "PER"}]}
    {"text": "Good soup.", "food": 1, "service": null}                    aspect columns, names from the features

Rules
- A dataset of the Hub is read at one commit, which the report names. Its Parquet files are fetched, those that the Hub
  converted if the repository has none. Copies on the Hub often name another licence than the source of a corpus: give
  the source's in the plan.
- The names of tags and labels are those of the features in the Parquet file (ClassLabel); tag_names = "O,B-PER,I-PER"
  gives them for files without features.
- Mentions: `ner_tags` (or another list of tags), `entities`, `spans` or `ner`. The tokens of GLiNER have inclusive
  ends, W2NER lists every token, so a mention may have gaps. Offsets in a text follow the option `offsets`, or the
  mentions.
- Label tasks: every other column whose values are labels or classes is a target; an empty value is not mentioned. The
  option `targets` of the plan chooses columns.
- The split is that of the column `split`, else the one in the name of the file. Ids are `id`, else `<file stem>-<row>`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sde_builders import looks
from sde_builders.aspect_names import AspectNames
from sde_builders.drafts import Draft, Form, Mark, drafts_builder
from sde_builders.json_values import Found, in_path, objects
from sde_builders.labels import Unfit, columns, short, wrong
from sde_builders.token_rows import span_list, token_key, token_row
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.ingest.source_files import plain_name
from sde_datasets.records.record import Reject

KEYS = ("text", "id", "split", "document")
_TEXTS = ("text", "sentence", "review", "content")
_BATCH = 2000

Names = Mapping[str, Sequence[str]]


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The rows of one file."""
    location, given, aspects = context.source.location(name), columns(context, KEYS), AspectNames(context)
    names, rows = _rows(context, name)
    for line, row, path in rows:
        if isinstance(row, Reject):
            yield row
            continue
        values = {key: row.get(given.get(key, key)) for key in ("id", "split", "document")}
        texts = {key: None if value is None else str(value) for key, value in values.items()}
        try:
            text, marks = _content(row, given, names, aspects)
            yield Draft(text, marks, line, texts["id"], texts["split"], texts["document"], path=path)
        except Unfit as error:
            yield Reject(location, line, in_path(path, str(error)), texts["id"])


def _content(
    row: dict[str, Any], given: Mapping[str, str], names: Names, aspects: AspectNames
) -> tuple[str, list[Mark]]:
    """The text and the marks of a row. Raises Unfit for a row of another form."""
    if (key := token_key(row)) and not aspects.wanted:
        return token_row(row, key, names)
    text_key = given.get("text") or next((key for key in _TEXTS if isinstance(row.get(key), str)), "text")
    text = row.get(text_key)
    if not isinstance(text, str):
        raise Unfit(f"there is no text; the keys are {', '.join(map(short, list(row)[:12]))}; columns = {{text = ...}}")
    if aspects.wanted:
        return text, _aspects(row, {text_key, *given.values(), *KEYS}, names, aspects)
    marks = span_list(row)
    if marks is None:
        raise Unfit("unlabelled: there are no tags, entities or spans; [] says that nothing is mentioned")
    return text, marks


def _aspects(row: dict[str, Any], used: set[str], names: Names, aspects: AspectNames) -> list[Mark]:
    """The labels in the columns that are aspects."""
    found = []
    for column, value in row.items():
        if column in used or value is None:
            continue
        classes = names.get(column)
        if classes is not None and type(value) is int:
            if value < 0:
                continue
            if value >= len(classes):
                raise wrong(column, f"one of the {len(classes)} classes", value)
            value = classes[value]
        if isinstance(value, str) and aspects.is_label(value):
            found.append(Mark(column, value))
    return found


def _rows(context: ReadContext, name: str) -> tuple[Names, Iterator[Found]]:
    """The names of classes by column, and the rows of a file. Raises InputError for a file that cannot be read."""
    given = str(context.options.get("tag_names", ""))
    own = {"ner_tags": [part.strip() for part in given.split(",")], "tags": given.split(",")} if given else {}
    if not plain_name(name).lower().endswith((".parquet", ".arrow")):
        return own, objects(context, name)
    import pyarrow as pa

    try:
        with context.source.open(name) as stream:
            classes = _classes(_arrow(stream, name)[0].metadata)
    except pa.ArrowInvalid as error:
        raise InputError(context.source.location(name), f"is not a file of Parquet or Arrow ({error})") from error
    return classes | own, _numbered(context, name)


def _arrow(stream: Any, name: str) -> tuple[Any, Any]:
    """The schema and the batches of a file of Parquet or Arrow."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if plain_name(name).lower().endswith(".parquet"):
        file = pq.ParquetFile(stream)
        return file.schema_arrow, file.iter_batches(_BATCH)
    reader = pa.ipc.open_stream(stream)
    return reader.schema, reader


def _numbered(context: ReadContext, name: str) -> Iterator[Found]:
    with context.source.open(name) as stream:
        number = 0
        for batch in _arrow(stream, name)[1]:
            for row in batch.to_pylist():
                number += 1
                yield Found(number, row)


def _classes(metadata: Mapping[bytes, bytes] | None) -> dict[str, Sequence[str]]:
    """The names of classes by column, from the features that `datasets` writes into a file."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    found: dict[str, Sequence[str]] = {}
    for column, feature in features.items():
        inner = feature[0] if isinstance(feature, list) and feature else feature
        while isinstance(inner, dict) and isinstance(inner.get("feature"), dict):
            inner = inner["feature"]
        if isinstance(inner, dict) and isinstance(inner.get("names"), list):
            found[column] = inner["names"]
    return found


FORM = Form(("*.parquet", "*.arrow", "*.json", "*.jsonl", "*.jsonlines"), drafts, UNITS)
OPTIONS = ("columns", "labels", "offsets", "ends", "tag_names")
BUILDER = drafts_builder(__name__, "hf", None, FORM, options=OPTIONS, recognise=looks.hf)
