"""Cut long documents into windows of whole sentences; no mention is cut.

    a text of 900 characters, at most 400, stride 100    ->    sentences 1-4, 4-7, 7-9

A window takes as many sentences as fit in `size` characters; one sentence that is longer is a window of its own. With a
stride, the windows of training records begin with the last sentences of the one before, as many as fit in `stride`
characters. The id of a window is that of its record with `#` and the offset of its first character, so that predictions
can be joined again (`prediction/documents.py`); its document is that of the record, so a split keeps the windows of one
text together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    whole = sorted((a.spans[0][0], a.spans[-1][1]) for a in record.annotations)
    for begin, last in window_spans(record.text, size, stride if record.split == "train" else 0, whole):
        inside = [a for a in record.annotations if begin <= a.spans[0][0] and a.spans[-1][1] <= last]
        moved = [_moved(annotation, begin, last) for annotation in inside]
        document = record.document or record.id
        yield replace(
            record, id=window_id(record.id, begin), text=record.text[begin:last], annotations=moved, document=document
        )


def window_id(id: str, offset: int) -> str:
    """The id of the window that begins at `offset` of the text of a record."""
    return f"{id}#{offset}"


def parse_window_id(id: str) -> tuple[str, int] | None:
    """The id of the record and the offset that `window_id` joined; None for an id of another form."""
    record, mark, offset = id.rpartition("#")
    return (record, int(offset)) if mark and record and offset.isascii() and offset.isdecimal() else None


def window_spans(text: str, size: int, stride: int, whole: Sequence[Span] = ()) -> Iterator[Span]:
    """The windows of a text as spans without white space at their edges. whole: sorted spans that are not cut."""
    for start, end in _sentence_groups(sentences(text, list(whole)), size, stride):
        piece = text[start:end]
        begin, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        if begin < last:
            yield begin, last


def _sentence_groups(pieces: list[Span], size: int, stride: int) -> Iterator[Span]:
    """Groups of as many sentences as fit in `size` characters; two share at most `stride` characters."""
    first = at = 0
    while at < len(pieces):
        at = first + 1
        while at < len(pieces) and pieces[at][1] - pieces[first][0] <= size:
            at += 1
        yield pieces[first][0], pieces[at - 1][1]
        back = at
        while back - 1 > first and pieces[at - 1][1] - pieces[back - 1][0] <= stride:
            back -= 1
        first = back


def _moved(annotation: Annotation, begin: int, last: int) -> Annotation:
    """An annotation with the offsets of its window; evidence that lies outside the window is left out."""
    evidence = tuple((a - begin, b - begin) for a, b in annotation.evidence if begin <= a and b <= last)
    spans = tuple((a - begin, b - begin) for a, b in annotation.spans)
    return annotation._replace(spans=spans, evidence=evidence, origin=annotation.origin if evidence else "none")
