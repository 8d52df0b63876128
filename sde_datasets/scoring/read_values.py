"""What gold has and what was read from an answer, value by value, for reports of single samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sde_datasets.formats import ParsedAnswer
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.align import Spans, align
from sde_datasets.scoring.answer_figures import ReadValue
from sde_datasets.scoring.gold import Gold, Mentions

_Value = tuple[str, str]


def read_values(
    gold: Gold, number: int, parsed: ParsedAnswer, text: str | None, schema: Schema
) -> tuple[ReadValue, ...]:
    """Return the values of a sample of a batch, in the order of the schema; absent are targets that no side mentions.

    number: that of the sample in the batch. text: None where it is unknown.
    """
    if gold.codes is not None:
        return tuple(_labels(gold.codes[number].tolist(), parsed, schema))
    if gold.mentions is None:
        return ()
    return tuple(_mentions(gold.mentions, number, parsed, text, schema))


def gold_values(gold: Gold, number: int, schema: Schema) -> tuple[tuple[str, str], ...]:
    """Return the pairs of target and value that gold has for a sample of a batch."""
    if gold.codes is not None:
        words = list(schema.number_of)
        codes = zip(schema.targets, gold.codes[number].tolist(), strict=True)
        return tuple((target, words[code]) for target, code in codes if code < len(schema.labels))
    if gold.mentions is None:
        return ()
    return tuple(sorted(_of_sample(gold.mentions, number, schema), key=lambda pair: schema.index[pair[0]]))


def _labels(codes: list[int], parsed: ParsedAnswer, schema: Schema) -> Iterator[ReadValue]:
    for target, code in zip(schema.targets, codes, strict=True):
        gold = schema.labels[code] if code < len(schema.labels) else None
        value = parsed.values.get(target)
        read = value if isinstance(value, str) else None
        if gold is not None or read is not None:
            yield ReadValue(target, gold, read)


def _of_sample(mentions: Mentions, number: int, schema: Schema) -> list[_Value]:
    begin, end = mentions.starts[number], mentions.starts[number + 1]
    types = mentions.types[begin:end].tolist()
    return [(schema.targets[code], surface) for code, surface in zip(types, mentions.surfaces[begin:end], strict=True)]


def _mentions(
    mentions: Mentions, number: int, parsed: ParsedAnswer, text: str | None, schema: Schema
) -> list[ReadValue]:
    """Mentions that gold and answer have, ignoring case as hard matching does; then those of one side.

    Mentions of targets outside the schema, which count as wrong, are the last ones.
    """
    gold = _of_sample(mentions, number, schema)
    left: dict[_Value, list[str]] = {}
    for target, found in parsed.values.items():
        for surface in found:
            left.setdefault((target, surface.lower()), []).append(surface)
    values = []
    for (target, surface), spans in zip(gold, _gold_spans(mentions, number, gold, text, schema), strict=True):
        same = left.get((target, surface.lower()))
        values.append(ReadValue(target, surface, same.pop(0) if same else None, spans))
    others = [(target, each) for (target, _), found in left.items() for each in found]
    others += parsed.unknown
    taken = [(schema.index[value.target], value.spans) for value in values if value.read is not None and value.spans]
    places = [None] * len(others) if text is None else align(_coded(others, schema), text, taken=taken)
    values += [ReadValue(target, None, each, spans) for (target, each), spans in zip(others, places, strict=True)]
    return sorted(values, key=lambda value: schema.index.get(value.target, len(schema.targets)))


def _gold_spans(
    mentions: Mentions, number: int, gold: list[_Value], text: str | None, schema: Schema
) -> list[Spans | None]:
    """Where the gold mentions of a sample are: known from the data, otherwise located in the text."""
    if mentions.spans is not None:
        return list(mentions.spans.of[mentions.starts[number] : mentions.starts[number + 1]])
    return [None] * len(gold) if text is None else align(_coded(gold, schema), text)


def _coded(values: Iterable[_Value], schema: Schema) -> list[tuple[int, str]]:
    return [(schema.index.get(target, len(schema.targets)), surface) for target, surface in values]
