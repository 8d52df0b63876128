"""A record under all designs of its view: its text with marks, its annotations, and every completion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa

from sde_datasets.designs.design import EVERY
from sde_datasets.explorer.view import ExploredView
from sde_datasets.records.record import Span
from sde_datasets.samples.render import BETWEEN_EVIDENCE, completions, gold_answers
from sde_datasets.scoring.marked_text import Mark, Segment, segments

# styles of marks; targets beyond them share one
COLOURS = 8


@dataclass(frozen=True)
class AnnotationRow:
    """An annotation as the page lists it. value: a label, or a mention. evidence: the texts that support it."""

    target: str
    value: str
    evidence: str
    colour: str


@dataclass(frozen=True)
class RenderedRecord:
    """A record and what its designs make of it.

    place: its file and line in the corpus. completions: the distinct ones. answers: for each design without its prompt
    axes the number of its completion.
    """

    id: str
    split: str
    text: str
    place: str
    document: str | None
    segments: tuple[Segment, ...]
    annotations: tuple[AnnotationRow, ...]
    completions: tuple[str, ...]
    answers: dict[str, int]


def rendered(view: ExploredView, record: pa.RecordBatch) -> RenderedRecord:
    """Render a record, a batch of one row, under all designs of a view."""
    row = record.to_pylist()[0]
    answers = dict(_answers(view, record))
    distinct = tuple(dict.fromkeys(answers.values()))
    number = {completion: n for n, completion in enumerate(distinct)}
    index = view.state.schema.index
    return RenderedRecord(
        id=row["id"],
        split=row["split"],
        text=row["text"],
        place=f"{row['place']['file']}:{row['place']['line']}" if row["place"] and row["place"]["file"] else "",
        document=row["document"],
        segments=tuple(segments(row["text"], list(_marks(row["annotations"], index)))),
        annotations=tuple(_annotation(each, index) for each in row["annotations"]),
        completions=distinct,
        answers={design: number[completion] for design, completion in answers.items()},
    )


def _answers(view: ExploredView, record: pa.RecordBatch) -> Iterator[tuple[str, str]]:
    """Yield the name of each design without its prompt axes, with the completion."""
    schema = view.state.schema
    designs = dict.fromkeys(EVERY[name].answer for name in view.templates)
    for form, group in groupby(designs, key=lambda design: design.format):
        gold = gold_answers(record, schema, form)
        for design in group:
            yield design.name, completions(gold, design, schema)[0].as_py()


def _marks(annotations: list[dict[str, Any]], index: dict[str, int]) -> Iterator[Mark]:
    """The mentions, or where an annotation has none its evidence with its label."""
    for each in annotations:
        tag = f"{each['target']}: {each['label']}" if each["label"] else each["target"]
        for piece in each["spans"] or each["evidence"]:
            yield Mark(_span(piece), tag, _colour(each["target"], index))


def _annotation(each: dict[str, Any], index: dict[str, int]) -> AnnotationRow:
    evidence = BETWEEN_EVIDENCE.join(piece["text"] for piece in each["evidence"])
    return AnnotationRow(each["target"], each["label"] or each["mention"], evidence, _colour(each["target"], index))


def _span(piece: dict[str, Any]) -> Span:
    return piece["start"], piece["end"]


def _colour(target: str, index: dict[str, int]) -> str:
    return f"c{index[target] % COLOURS}"
