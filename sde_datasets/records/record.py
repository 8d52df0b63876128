"""Records: a text with the annotations that an annotator made, with character offsets.

All offsets count characters (code points) of the text, ends exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sde_datasets.records.schema import Schema

Span = tuple[int, int]

SPLITS = ("train", "validation", "test")
ORIGINS = ("annotated", "context", "extracted", "generated", "none")

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
    """One annotation of one target: a label (label tasks), or a mention at one or several spans (mention tasks).

    evidence: the spans of the text that support it. origin: where the evidence comes from, one of ORIGINS.
    mention: None if the corpus gives offsets only; then the mention is the text at its spans.

    >>> import sde_datasets as sde
    >>> sde.Annotation("food", "positive", evidence=[(0, 18)]).label
    'positive'
    >>> sde.Annotation("DNA", spans=[(4, 17)]).spans
    [(4, 17)]
    """

    target: str
    label: str | None = None
    mention: str | None = None
    spans: tuple[Span, ...] = ()
    evidence: tuple[Span, ...] = ()
    origin: str = "none"


@dataclass(slots=True)
class Record:
    """An annotated text. `file` and `line` locate it in its corpus.

    id: required of builders; `render` does without.
    split: one of SPLITS or None. document: groups records that a split keeps together.

    >>> import sde_datasets as sde
    >>> sde.Record(text="The tuna was great.", annotations=[sde.Annotation("food", "positive")]).text
    'The tuna was great.'
    """

    id: str = ""
    text: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    split: str | None = None
    document: str | None = None
    file: str = ""
    line: int = 0


class Reject(NamedTuple):
    """A record, or an annotation of a record (`what`), that was read and is invalid, with the reason.

    A builder yields the reject of an annotation before its record, with the id of the record or of its document.
    """

    file: str
    line: int
    reason: str
    id: str | None = None
    what: str = "record"


def split_name(word: str) -> str | None:
    """The canonical split (train, validation, test) that `word` names, or None."""
    return _SPLIT_NAMES.get(word.strip().casefold())


def split_from_path(name: str) -> str | None:
    """The split that the path of a file names, in a word of its stem (`train_sample.csv`) or in a folder, or None."""
    parts = name.replace("\\", "/").split("/")
    stem = parts[-1].rsplit(".", 1)[0]
    words = stem.replace("-", "_").replace(".", "_").split("_")
    for word in [*words, *reversed(parts[:-1])]:
        split = split_name(word)
        if split:
            return split
    return None


def surface(text: str, spans: Iterable[Span]) -> str:
    """The string of a mention: the text at its spans, joined by one blank."""
    return " ".join([text[start:end] for start, end in spans])


def is_encodable(text: str) -> bool:
    """True if `text` can be written as UTF-8, which excludes lone surrogates."""
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


def annotation_problem(annotation: Annotation, text: str, schema: Schema) -> str | None:
    """The reason why an annotation is invalid under `schema`, or None for a valid one."""
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
    if wrong is None and mention is not None and mention != surface(text, spans):
        at = ";".join(f"{start}-{end}" for start, end in spans)
        wrong = f"the mention {mention!r} is not at its offset {at}, which holds {surface(text, spans)!r}"
    if wrong is None and not surface(text, spans).strip():
        wrong = f"the mention at {spans[0][0]}-{spans[-1][1]} is blank"
    return wrong


def field_problem(record: Record) -> str | None:
    """The reason why the id, text, document or split of a record is invalid, or None."""
    if not isinstance(record.id, str) or not record.id:
        return "the record has no id"
    if not isinstance(record.text, str) or not record.text:
        return "the text is empty"
    for what, value in (("text", record.text), ("id", record.id), ("document", record.document or "")):
        if not is_encodable(value):
            return f"the {what} holds a lone surrogate and cannot be written as UTF-8"
    if record.split is not None and record.split not in SPLITS:
        return f"unknown split {record.split!r}; known: {', '.join(SPLITS)}"
    return None


def label_conflict(annotations: Iterable[Annotation]) -> str | None:
    """A message about the first target with two labels, or None."""
    labelled: set[str] = set()
    for annotation in annotations:
        if annotation.label is not None and annotation.target in labelled:
            return f"two labels for {annotation.target!r}"
        labelled.add(annotation.target)
    return None


def record_problem(record: Record, schema: Schema) -> str | None:
    """The reason why `record` is invalid under `schema`, or None for a valid one.

    A valid record has an id and a text that are not empty, no lone surrogate, targets and labels of the schema, offsets
    inside the text, mentions equal to the text at their offsets, and one label for a target.
    """
    wrong = field_problem(record)
    if wrong:
        return wrong
    for annotation in record.annotations:
        wrong = annotation_problem(annotation, record.text, schema)
        if wrong:
            return wrong
    return label_conflict(record.annotations)


def sort_annotations(annotations: Iterable[Annotation], schema: Schema) -> list[Annotation]:
    """Annotations in canonical order: targets as in the schema, then by position in the text."""
    index = schema.index
    return sorted(annotations, key=lambda a: (index[a.target], a.spans, a.mention or ""))
