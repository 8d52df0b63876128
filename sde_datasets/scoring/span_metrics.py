"""Compare located mentions with gold mentions under the four schemes of SemEval-2013 task 9.1, as nervaluate does.

| scheme | correct | incorrect | partial |
| --- | --- | --- | --- |
| strict | same spans and type | overlap | |
| exact | same spans, whatever the type | overlap | |
| partial | same spans, whatever the type | | overlap |
| type | overlap and the same type | overlap and another type | |

A prediction that overlaps no gold mention that is left is spurious; a gold mention without a prediction is missed.
Mentions with the same spans and type are paired first; then predictions, in the order of the text, take the first gold
mention that they overlap (scheme type: of those with the same type the one with the closest boundaries). Discontinuous
mentions overlap if they share a character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sde_datasets.scoring.align import Spans, overlaps

SCHEMES = ("strict", "exact", "partial", "type")


class Entity(NamedTuple):
    """A mention with its spans and the number of its target."""

    spans: Spans
    target: int


class Outcome(NamedTuple):
    """How many mentions are correct, incorrect, partial, missed and spurious under one scheme."""

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0


class SpanOutcome(NamedTuple):
    """The outcome of one sample: by scheme; the targets of the pairs with the same spans (gold, predicted)."""

    schemes: tuple[Outcome, ...]
    same_spans: list[tuple[int, int]]


def compare_spans(gold: Iterable[Entity], predicted: Iterable[Entity]) -> SpanOutcome:
    """Return the outcome of the located predictions of one sample."""
    golds, others, equal = sorted(gold), [], []
    for entity in sorted(predicted):
        if entity in golds:
            golds.remove(entity)
            equal.append((entity.target, entity.target))
        else:
            others.append(entity)
    same = len(equal)
    if not any(overlaps(gold.spans, other.spans) for gold in golds for other in others):
        outcome = Outcome(correct=same, missed=len(golds), spurious=len(others))
        return SpanOutcome((outcome,) * len(SCHEMES), equal)
    strict = bounds = types = _pairs(golds, others, None, _first_overlap)
    if len(golds) > 1 or len(others) > 1:
        bounds = _pairs(golds, others, _same_spans, _first_overlap)
        types = _pairs(golds, others, None, _closest_of_type)
    exact = [(g, p) for g, p in bounds if g.spans == p.spans]
    typed = sum(g.target == p.target for g, p in types)
    partial = len(bounds) - len(exact)
    outcomes = (
        _outcome(golds, others, strict, same, incorrect=len(strict)),
        _outcome(golds, others, bounds, same + len(exact), incorrect=partial),
        _outcome(golds, others, bounds, same + len(exact), partial=partial),
        _outcome(golds, others, types, same + typed, incorrect=len(types) - typed),
    )
    return SpanOutcome(outcomes, equal + [(g.target, p.target) for g, p in exact])


Pairing = list[tuple[Entity, Entity]]
Choice = Callable[[Entity, list[Entity]], Entity | None]


def _outcome(
    golds: Sequence[Entity],
    predicted: Sequence[Entity],
    pairs: Pairing,
    correct: int,
    incorrect: int = 0,
    partial: int = 0,
) -> Outcome:
    return Outcome(correct, incorrect, partial, len(golds) - len(pairs), len(predicted) - len(pairs))


def _pairs(golds: list[Entity], predicted: list[Entity], first: Choice | None, then: Choice) -> Pairing:
    """Pair predictions in order with gold mentions: all by the choice `first`, the others by `then`."""
    left, pairs, others = golds.copy(), [], []
    for entity in predicted:
        gold = first(entity, left) if first else None
        if gold is None:
            others.append(entity)
        else:
            left.remove(gold)
            pairs.append((gold, entity))
    for entity in others:
        gold = then(entity, left)
        if gold is not None:
            left.remove(gold)
            pairs.append((gold, entity))
    return pairs


def _same_spans(entity: Entity, golds: list[Entity]) -> Entity | None:
    return next((gold for gold in golds if gold.spans == entity.spans), None)


def _first_overlap(entity: Entity, golds: list[Entity]) -> Entity | None:
    return next((gold for gold in golds if overlaps(gold.spans, entity.spans)), None)


def _closest_of_type(entity: Entity, golds: list[Entity]) -> Entity | None:
    """The overlapping mention of the same type with the closest boundaries; the first overlapping one without any."""
    same = [gold for gold in golds if gold.target == entity.target and overlaps(gold.spans, entity.spans)]
    return min(same, key=lambda gold: _distance(gold, entity)) if same else _first_overlap(entity, golds)


def _distance(one: Entity, other: Entity) -> int:
    return abs(one.spans[0][0] - other.spans[0][0]) + abs(one.spans[-1][1] - other.spans[-1][1])
