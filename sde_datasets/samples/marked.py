"""The gold answers of the format inline: texts with the places of their mentions, read from Arrow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.formats import Answer, MarkedText
from sde_datasets.formats.inline_marks import Place, crossing
from sde_datasets.records.columns import list_offsets
from sde_datasets.records.record import Span
from sde_datasets.records.schema import Schema

# a mention: target, surface and span; None for one of several pieces
_Mention = tuple[str, str, Span | None]


def marked_answers(texts: pa.Array, annotations: pa.Array, schema: Schema) -> list[Answer]:
    """The gold answer of each text. Mentions that cannot be marked come last in their target, without spans."""
    flat, index = annotations.flatten(), schema.index
    targets, surfaces = flat.field("target").to_pylist(), flat.field("mention").to_pylist()
    spans = list(_single_spans(flat.field("spans")))
    answers = []
    for text, (start, end) in zip(texts.to_pylist(), list_offsets(annotations), strict=True):
        mentions = list(zip(targets[start:end], surfaces[start:end], spans[start:end], strict=True))
        answers.append(_answer(text, _marked_first(mentions, index) if len(mentions) > 1 else mentions))
    return answers


def _single_spans(column: pa.Array) -> Iterator[Span | None]:
    """The span of each mention that consists of one piece; None for the others."""
    pieces, counts = column.flatten(), pc.list_value_length(column).to_numpy(zero_copy_only=False)
    first = np.cumsum(counts) - counts
    starts, ends = (pieces.field(name).take(pa.array(first)).to_pylist() for name in ("start", "end"))
    for start, end, count in zip(starts, ends, counts.tolist(), strict=True):
        yield (start, end) if count == 1 else None


def _marked_first(mentions: list[_Mention], index: dict[str, int]) -> list[_Mention]:
    """Mentions with those last that cross an earlier one, without their spans, or consist of several pieces."""
    placed = sorted((*Place.of(*span, index[target]), n) for n, (target, _, span) in enumerate(mentions) if span)
    following = {placed[number][3] for number in crossing([place[:3] for place in placed])}
    if not following and len(placed) == len(mentions):
        return mentions
    marked = [mention for n, mention in enumerate(mentions) if n not in following and mention[2]]
    return [*marked, *((t, s, None) for n, (t, s, span) in enumerate(mentions) if n in following or not span)]


def _answer(text: str, mentions: list[_Mention]) -> Answer:
    values: dict[str, tuple[str, ...]] = {}
    spans: dict[str, tuple[tuple[Span, ...] | None, ...]] = {}
    for target, surface, span in mentions:
        pieces = None if span is None else (span,)
        values[target] = (*values[target], surface) if target in values else (surface,)
        spans[target] = (*spans[target], pieces) if target in spans else (pieces,)
    return Answer({**values}, {}, MarkedText(text, spans))
