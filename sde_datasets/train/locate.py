"""Answers as annotations: what a model says of a text, with the places where it stands there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sde_datasets.formats import Reading
from sde_datasets.records import Span, surface
from sde_datasets.schemas import Schema


def annotations(reading: Reading, text: str, schema: Schema) -> list[dict[str, Any]]:
    """The annotations of an answer that stand in the text, as the builder jsonl reads them.

    Label tasks: `target`, `label` and, where its description stands in the text, `evidence`.
    Mention tasks: `target`, `mention` and `spans`, one annotation for every occurrence. `ambiguous` marks those of a
    surface that stands in the text more or less often than the answer says, so that nobody can tell which are meant.
    """
    values, descriptions = reading.answer
    if schema.kind == "label":
        return [
            {"target": target, "label": label, **_evidence(descriptions.get(target), text)}
            for target, label in values.items()
        ]
    return [each for target, surfaces in values.items() for each in _mentions(target, surfaces, text)]


def strangers(reading: Reading, text: str, schema: Schema) -> list[dict[str, str]]:
    """The mentions of an answer that do not stand in the text."""
    if schema.kind == "label":
        return []
    said = ((target, mention) for target, surfaces in reading.answer.values.items() for mention in surfaces)
    return [{"target": target, "mention": mention} for target, mention in said if not occurrences(mention, text)]


def _mentions(target: str, surfaces: tuple[str, ...], text: str) -> Iterator[dict[str, Any]]:
    for mention in dict.fromkeys(surfaces):
        found = occurrences(mention, text)
        unsure = {"ambiguous": True} if len(found) != surfaces.count(mention) else {}
        for spans in found:
            shown = {"mention": surface(text, spans), "spans": [list(span) for span in spans]}
            yield {"target": target, **shown, **unsure}


def occurrences(mention: str, text: str) -> list[tuple[Span, ...]]:
    """Where a surface stands in a text: every place, those that cut no word before all others.

    Without such a place, case apart; without that too, its words in their order, as a mention of several pieces.
    """
    for wanted, within in ((mention, text), (mention.lower(), text.lower())):
        # a text whose length changes with its case would give places of another one
        if len(within) == len(text) and (places := list(_find(wanted, within))):
            whole = [span for span in places if not _cuts(span, text)]
            return [(span,) for span in whole or places]
    pieces = _in_order(mention.split(), text)
    return [pieces] if len(pieces) > 1 else []


def _find(wanted: str, text: str) -> Iterator[Span]:
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        yield at, at + len(wanted)
        at = text.find(wanted, at + 1)


def _cuts(span: Span, text: str) -> bool:
    """True where a span begins or ends in the middle of a word of letters with case or of digits."""
    return any(0 < edge < len(text) and _joined(text[edge - 1]) and _joined(text[edge]) for edge in span)


def _joined(char: str) -> bool:
    # scripts without case write without blanks between words, as Chinese does: there nothing can be said
    return char.isdigit() or char.lower() != char.upper()


def _in_order(words: list[str], text: str) -> tuple[Span, ...]:
    pieces: list[Span] = []
    for word in words:
        at = text.find(word, pieces[-1][1] if pieces else 0)
        if at < 0:
            return ()
        pieces.append((at, at + len(word)))
    return tuple(pieces)


def _evidence(description: str | None, text: str) -> dict[str, Any]:
    """The places of a label's description; what was joined by ` | ` is parted again."""
    if not description:
        return {}
    said = {"description": description}
    parts = description.split(" | ")
    places = [text.find(part) for part in parts]
    if min(places) >= 0:
        said["evidence"] = [[at, at + len(part)] for at, part in zip(places, parts, strict=True)]
    return said
