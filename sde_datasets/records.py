"""Records: what an annotator said. A text, a schema, and annotations with character offsets.

All offsets count characters (code points) of the text, ends exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sde_datasets.schemas import Schema

Span = tuple[int, int]

SPLITS = ("train", "validation", "test")
ORIGINS = ("annotated", "context", "extracted", "none")

_SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "dev": "validation",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


class Annotation(NamedTuple):
    """One statement about one target: a label (label tasks), or a mention at one or several spans (mention tasks).

    `evidence` are the spans of the text that speak for it and `origin` says where they come from (ORIGINS).
    """

    target: str
    label: str | None = None
    mention: str | None = None
    spans: tuple[Span, ...] = ()
    evidence: tuple[Span, ...] = ()
    origin: str = "none"


@dataclass(slots=True)
class Record:
    """One annotated text as a builder gives it; `file` and `line` say where it stands in the corpus.

    `split` is one of SPLITS or None, `document` groups records that must not be parted by a split.
    """

    id: str
    text: str
    annotations: list[Annotation]
    split: str | None = None
    document: str | None = None
    file: str = ""
    line: int = 0


class Reject(NamedTuple):
    """Something that was read and could not be taken: a whole record, or one annotation of a kept record."""

    file: str
    line: int
    reason: str
    id: str | None = None
    what: str = "record"


def split_name(word: str) -> str | None:
    """The canonical split (train, validation, test) that `word` names, or None."""
    return _SPLIT_NAMES.get(word.strip().casefold())


def split_of_path(name: str) -> str | None:
    """The split that a file's path names, in a word of its stem (`train_sample.csv`) or in a folder, or None."""
    parts = name.replace("\\", "/").split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    words = stem.replace("-", "_").replace(".", "_").split("_")
    for word in [*words, *reversed(parts[:-1])]:
        split = split_name(word)
        if split:
            return split
    return None


def surface(text: str, spans: Iterable[Span]) -> str:
    """The string a mention shows: its pieces joined by one blank."""
    return " ".join([text[start:end] for start, end in spans])


def encodable(text: str) -> bool:
    """True where `text` holds no lone surrogate, so that it can be written as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _bad_spans(spans: tuple[Span, ...], length: int) -> str | None:
    before = 0
    for start, end in spans:
        if not 0 <= start < end <= length:
            return f"offsets {start}-{end} lie outside the text of {length} characters"
        if start < before:
            return f"the pieces of a mention overlap or are out of order at {start}-{end}"
        before = end
    return None


def _bad_annotation(annotation: Annotation, text: str, schema: Schema) -> str | None:
    target, label, mention, spans, evidence, origin = annotation
    if target not in schema.index:
        return f"unknown target {target!r}"
    if origin not in ORIGINS:
        return f"unknown origin of evidence {origin!r}"
    for start, end in evidence:
        if not 0 <= start < end <= len(text):
            return f"evidence {start}-{end} lies outside the text of {len(text)} characters"
    if schema.kind == "label":
        if label not in schema.labels:
            return f"unknown label {label!r} for {target!r}; known: {', '.join(schema.labels)}"
        return "a label task has no mentions" if mention is not None or spans else None
    if label is not None:
        return "a mention task has no labels"
    if not spans:
        return f"the mention {mention!r} has no offsets"
    wrong = _bad_spans(spans, len(text))
    if wrong is None and mention != surface(text, spans):
        at = ";".join(f"{start}-{end}" for start, end in spans)
        wrong = f"the mention {mention!r} is not at its offset {at}, which holds {surface(text, spans)!r}"
    return wrong


def problem(record: Record, schema: Schema) -> str | None:
    """What makes `record` invalid under `schema`, in words, or None for a valid one.

    Valid: an id and a text that are not empty, no lone surrogate, targets and labels of the schema, offsets inside the
    text, mentions equal to the text at their offsets, one label a target.
    """
    if not isinstance(record.id, str) or not record.id:
        return "the record has no id"
    if not isinstance(record.text, str) or not record.text:
        return "the text is empty"
    for what, value in (("text", record.text), ("id", record.id), ("document", record.document or "")):
        if not encodable(value):
            return f"the {what} holds a lone surrogate and cannot be written as UTF-8"
    if record.split is not None and record.split not in SPLITS:
        return f"unknown split {record.split!r}; known: {', '.join(SPLITS)}"
    labelled: set[str] = set()
    for annotation in record.annotations:
        wrong = _bad_annotation(annotation, record.text, schema)
        if wrong:
            return wrong
        if schema.kind == "label":
            if annotation.target in labelled:
                return f"two labels for {annotation.target!r}"
            labelled.add(annotation.target)
    return None


def in_order(annotations: Iterable[Annotation], schema: Schema) -> list[Annotation]:
    """Annotations in the order in which everything writes them: targets as in the schema, then by place in the text."""
    index = schema.index
    return sorted(annotations, key=lambda a: (index[a.target], a.spans, a.mention or ""))
