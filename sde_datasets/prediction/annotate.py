"""Turn an answer into annotations of its text: parse it, and find the mentions and descriptions in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sde_datasets.formats import ParsedAnswer, answer_format
from sde_datasets.prediction.completion import Completion
from sde_datasets.records.occurrences import Occurrences, find_occurrences, find_string
from sde_datasets.records.record import Span, surface
from sde_datasets.records.schema import Schema
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.samples.render import BETWEEN_EVIDENCE
from sde_datasets.scoring.settings import ScoringSettings


def annotate(text: str, completion: Completion, template: ConfigTemplate) -> dict[str, Any]:
    """Return a text with the annotations of an answer.

    Keys: text; annotations (see `align_answer`); not_in_text, the mentions that do not occur in the text; defects of
    the answer, each with name, position and target; prediction, the answer as it was written, and its reasoning; stop,
    why it ended.
    """
    schema = template.schema
    parser = answer_format(template.design.answer, schema, ScoringSettings.of(schema).aliases)
    written = completion.answer_fields()
    parsed = parser.read(written["prediction"], text)
    return {
        "text": text,
        "annotations": align_answer(parsed, text, schema),
        "not_in_text": unmatched_mentions(parsed, text, schema),
        "defects": [{"name": defect.name, "at": defect.at, "target": defect.target} for defect in parsed.defects],
        **written,
        "stop": completion.stop,
    }


def align_answer(parsed: ParsedAnswer, text: str, schema: Schema) -> list[dict[str, Any]]:
    """Return the annotations of an answer that can be found in the text, in the form that the builder jsonl reads.

    Label tasks: `target`, `label` and, if its description occurs in the text, `evidence`. `ambiguous` marks evidence
    that occurs more than once, of which the first occurrence is used.
    Mention tasks: `target`, `mention` and `spans`, one annotation for every occurrence. `ambiguous` marks a mention
    that occurs in the text more or less often than in the answer, or whose pieces can be combined in several ways;
    `scattered` marks one that occurs only in pieces. A mention whose place the answer gives (inline) has that place.
    """
    values, descriptions = parsed.values, parsed.descriptions
    if schema.kind == "label":
        return [
            {"target": target, "label": label, **_evidence(descriptions.get(target, ""), text)}
            for target, label in values.items()
        ]
    spans = parsed.spans or {}
    return [
        mention
        for target, surfaces in values.items()
        for mention in _placed(target, tuple(surfaces), spans.get(target, (None,) * len(surfaces)), text)
    ]


def unmatched_mentions(parsed: ParsedAnswer, text: str, schema: Schema) -> list[dict[str, str]]:
    """Return the mentions of an answer that do not occur in the text."""
    if schema.kind == "label":
        return []
    spans = parsed.spans or {}
    mentions = (
        (target, mention)
        for target, surfaces in parsed.values.items()
        for mention, pieces in zip(surfaces, spans.get(target, (None,) * len(surfaces)), strict=True)
        if pieces is None
    )
    return [
        {"target": target, "mention": mention}
        for target, mention in mentions
        if not find_occurrences(mention, text).spans
    ]


def _placed(
    target: str, surfaces: tuple[str, ...], spans: Sequence[tuple[Span, ...] | None], text: str
) -> Iterator[dict[str, Any]]:
    """The annotations of a target: those with spans at their places, the others wherever they occur."""
    for pieces in dict.fromkeys(spans):
        if pieces is not None:
            placed = [list(piece) for piece in pieces]
            yield {"target": target, "mention": surface(text, pieces), "spans": placed}
    searched = tuple(mention for mention, pieces in zip(surfaces, spans, strict=True) if pieces is None)
    yield from _mentions(target, searched, text)


def _mentions(target: str, surfaces: tuple[str, ...], text: str) -> Iterator[dict[str, Any]]:
    # surfaces that differ in case only may have the same occurrences
    counts: Counter[Occurrences] = Counter()
    for mention, times in Counter(surfaces).items():
        counts[find_occurrences(mention, text)] += times
    certain: dict[tuple[Span, ...], bool] = {}
    for occurrences, times in counts.items():
        for spans in occurrences.spans:
            unique = len(occurrences.spans) == times and not occurrences.ambiguous
            certain[spans] = certain.get(spans, False) or unique
    for spans, unique in certain.items():
        annotation: dict[str, Any] = {"target": target, "mention": surface(text, spans)}
        annotation["spans"] = [list(span) for span in spans]
        annotation |= {} if unique else {"ambiguous": True}
        yield annotation | ({"scattered": True} if len(spans) > 1 else {})


def _evidence(description: str | tuple[str, ...], text: str) -> dict[str, Any]:
    """Return a label's description with its spans in the text, as a whole or else in its parts."""
    if not isinstance(description, str) or not description:
        return {}
    found = [find_string(description, text)] if description.strip() else []
    if not all(found):
        parts = dict.fromkeys(part for part in description.split(BETWEEN_EVIDENCE) if part.strip())
        found = [find_string(part, text) for part in parts]
    result: dict[str, Any] = {"description": description}
    if found and all(found):
        result["evidence"] = [list(spans[0]) for spans in found]
        result |= {"ambiguous": True} if any(len(spans) > 1 for spans in found) else {}
    return result
