"""Split a draft of a document into drafts of its sentences, with the marks of each.

    Draft("It rained. Ana left.", [Mark("Leave", spans=((15, 19),))], id="d")
        ->   Draft("It rained.", [], id="d-1"), Draft("Ana left.", [Mark("Leave", spans=((4, 8),))], id="d-2")

The offsets of the document may be in any unit of `units`; those of the sentences are in characters. No mark is cut: a
sentence ends where no mark is open. Blanks at the edges of a sentence are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sde_builders.drafts import Bad, Draft, Mark
from sde_datasets.ingest.mentions import align_mention
from sde_datasets.ingest.offsets import Given, Unit, best_unit
from sde_datasets.ingest.sentences import sentences
from sde_datasets.records.record import Annotation, Span


def by_sentence(draft: Draft, units: tuple[Unit, ...] = (Unit(),), cuts: list[Span] | None = None) -> Iterator[Draft]:
    """Yield the sentences of a document. cuts: the spans of its sentences where the file gives them."""
    text = draft.text
    unit, _ = best_unit(units, (Given(text, m.spans, m.mention) for m in draft.marks if m.mention and m.spans))
    marks, bad = list[Mark](), list(draft.bad)
    for mark in draft.marks:
        try:
            spans = unit.to_characters(text, mark.spans)
        except ValueError as error:
            bad.append(Bad(f"{mark.target}: {error}", mark.path))
            continue
        # a mention that is a character or two away is moved before its sentence is looked up
        aligned, _ = align_mention(Annotation(mark.target, mention=mark.mention, spans=spans), text)
        if not all(0 <= start < end <= len(text) for start, end in aligned.spans):
            where = f"{spans[0][0]}-{spans[-1][1]}"
            bad.append(Bad(f"{mark.target}: the offsets {where} lie outside the text", mark.path))
            continue
        marks.append(replace(mark, spans=aligned.spans, mention=aligned.mention))
    marks.sort(key=lambda mark: mark.spans)
    whole = sorted((mark.spans[0][0], mark.spans[-1][1]) for mark in marks)
    pieces = [span for span in _merged(cuts, whole) if text[slice(*span)].strip()] if cuts else None
    pieces = pieces or [span for span in sentences(text, whole) if text[slice(*span)].strip()]
    for number, (start, end) in enumerate(pieces, 1):
        piece = text[start:end]
        begin, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        own = [_moved(mark, begin) for mark in marks if start <= mark.spans[0][0] and mark.spans[-1][1] <= end]
        id_ = f"{draft.id or draft.line}-{number}"
        # an annotation without a sentence is reported with the first one
        yield Draft(text[begin:last], own, draft.line, id_, draft.split, draft.document, bad if number == 1 else [])


def _moved(mark: Mark, begin: int) -> Mark:
    return replace(mark, spans=tuple((start - begin, end - begin) for start, end in mark.spans))


def _merged(cuts: list[Span], whole: list[Span]) -> list[Span]:
    """The spans of sentences, joined where a mark crosses their edge."""
    found: list[Span] = []
    for start, end in cuts:
        if found and any(a < found[-1][1] and b > start for a, b in whole):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
