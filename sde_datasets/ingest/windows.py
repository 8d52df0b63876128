"""Cut long documents into windows of whole sentences; no mention is cut.

    a text of 900 characters, at most 400, stride 100    ->    sentences 1-4, 4-7, 7-9

A window takes as many sentences as fit in `size` characters; one sentence that is longer is a window of its own. With a
stride, the windows of training records begin with the last sentences of the one before, as many as fit in `stride`
characters. The id of a window is that of its record with `#` and the offset of its first character, so that predictions
can be put together again; its document is that of the record, so a split keeps the windows of one text together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sde_datasets.ingest.sentences import sentences
from sde_datasets.records.record import Annotation, Record, Span

WHOLE = "records of a label task longer than max_chars, which are not cut"
CUT = "records cut into windows (max_chars)"


def windows(record: Record, size: int, stride: int) -> Iterator[Record]:
    """Yield the windows of a record; the record itself if it is short enough."""
    if len(record.text) <= size:
        yield record
        return
    for start, end in spans_of_windows(record, size, stride if record.split == "train" else 0):
        piece = record.text[start:end]
        begin, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        if begin >= last:
            continue
        inside = [a for a in record.annotations if begin <= a.spans[0][0] and a.spans[-1][1] <= last]
        moved = [_moved(annotation, begin, last) for annotation in inside]
        document = record.document or record.id
        yield replace(
            record, id=f"{record.id}#{begin}", text=record.text[begin:last], annotations=moved, document=document
        )


def spans_of_windows(record: Record, size: int, stride: int) -> list[Span]:
    """The windows as spans of the text, each of whole sentences."""
    whole = sorted((a.spans[0][0], a.spans[-1][1]) for a in record.annotations)
    pieces = sentences(record.text, whole)
    found: list[Span] = []
    first = at = 0
    while at < len(pieces):
        at = first + 1
        while at < len(pieces) and pieces[at][1] - pieces[first][0] <= size:
            at += 1
        found.append((pieces[first][0], pieces[at - 1][1]))
        back = at
        while back - 1 > first and pieces[at - 1][1] - pieces[back - 1][0] <= stride:
            back -= 1
        first = back
    return found


def _moved(annotation: Annotation, begin: int, last: int) -> Annotation:
    """An annotation with the offsets of its window; evidence that lies outside the window is left out."""
    evidence = tuple((a - begin, b - begin) for a, b in annotation.evidence if begin <= a and b <= last)
    spans = tuple((a - begin, b - begin) for a, b in annotation.spans)
    return annotation._replace(spans=spans, evidence=evidence, origin=annotation.origin if evidence else "none")
