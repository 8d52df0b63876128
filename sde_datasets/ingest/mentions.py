"""Align a mention with its text: small errors of annotation tools are corrected and counted."""

from __future__ import annotations

from collections.abc import Iterator

from sde_datasets.records.record import Annotation, Span, surface
from sde_datasets.records.words import cuts_word, same_words

RE_ANCHORED = "mentions found one or two characters away from their offset, re-anchored"
TRIMMED = "mentions with blanks at their edges, trimmed"
REWORDED = "mentions with other blanks or another Unicode form than the text, replaced by the text"
# the largest distance of a mention from its offset
NEAR = 2


def align_mention(annotation: Annotation, text: str) -> tuple[Annotation, list[str]]:
    """A mention that agrees with the text at its offsets, and the corrections (the notes above).

    A mention that is not at its offset is searched one or two characters away. Blanks at its edges are removed. A
    mention that cannot be corrected is returned unchanged, and `records.annotation_problem` names the problem.
    """
    mention, spans = annotation.mention, annotation.spans
    notes: list[str] = []
    if len(spans) == 1 and mention and mention == mention.strip() and text[slice(*spans[0])] == mention:
        # the common case
        return annotation, notes
    if mention is not None and spans and not (_inside(spans, text) and same_words(surface(text, spans), mention)):
        moved = re_anchored(text, spans, mention)
        if moved is None:
            return annotation, []
        spans, mention = moved, mention.strip()
        notes.append(RE_ANCHORED)
    if not spans or not _inside(spans, text):
        return annotation, []
    if mention is not None and mention.strip() != surface(text, spans).strip():
        notes.append(REWORDED)
    trimmed = tuple(_trimmed(text, spans))
    if not trimmed:
        return annotation, []
    if trimmed != spans:
        notes.append(TRIMMED)
    return annotation._replace(mention=surface(text, trimmed), spans=trimmed), notes


def re_anchored(text: str, spans: tuple[Span, ...], mention: str) -> tuple[Span, ...] | None:
    """The spans moved by at most two characters to where the text has the mention in whole words.

    None if there is no such position, or two that are equally near.
    """
    mention = mention.strip()
    for distance in range(NEAR + 1):
        near = {_moved(spans, shift, mention) for shift in (-distance, distance)}
        found = [moved for moved in near if _is_at(text, moved, mention) and _close(moved, spans)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _moved(spans: tuple[Span, ...], shift: int, mention: str) -> tuple[Span, ...]:
    if len(spans) == 1:
        start = spans[0][0] + shift
        return ((start, start + len(mention)),)
    return tuple((start + shift, end + shift) for start, end in spans)


def _is_at(text: str, spans: tuple[Span, ...], mention: str) -> bool:
    inside = bool(mention) and _inside(spans, text)
    return inside and surface(text, spans) == mention and not cuts_word(text, spans[0][0], spans[-1][1])


def _close(moved: tuple[Span, ...], spans: tuple[Span, ...]) -> bool:
    return abs(moved[-1][1] - spans[-1][1]) <= NEAR


def _inside(spans: tuple[Span, ...], text: str) -> bool:
    return all(0 <= start < end <= len(text) for start, end in spans)


def _trimmed(text: str, spans: tuple[Span, ...]) -> Iterator[Span]:
    """The pieces without blanks at their edges; blank pieces are left out."""
    for start, end in spans:
        piece = text[start:end]
        first, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        if first < last:
            yield first, last
