"""Which gold mentions of a sample an answer finds, hard and soft, as multisets of target and lower-cased string."""

from __future__ import annotations

from collections.abc import Sequence

from sde_datasets.score.similar import nearest_gold


def match(
    types: Sequence[int], surfaces: Sequence[str], said: Sequence[tuple[int, str]]
) -> tuple[list[bool], list[bool]]:
    """For each gold mention of a sample whether `said` finds it, hard and soft.

    `types` and `surfaces` are those of the gold mentions, in order; `said` are the pairs of an answer. Each pair said
    finds one gold mention at most, of equal ones the first that is left. Soft: a string is taken for the gold string
    of the sample that it nearly is, of whatever target (`similar.py`); the target must be right in both.
    """
    lowered = [surface.lower() for surface in surfaces]
    gold = list(zip(types, lowered, strict=True))
    pairs = [(code, surface.lower()) for code, surface in said]
    hard, known = _found(gold, pairs), dict.fromkeys(lowered)
    if all(surface in known for _, surface in pairs):
        return hard, hard
    golds = list(known)
    return hard, _found(gold, [(code, nearest_gold(surface, golds)) for code, surface in pairs])


def _found(gold: list[tuple[int, str]], pairs: list[tuple[int, str]]) -> list[bool]:
    left: dict[tuple[int, str], int] = {}
    for pair in pairs:
        left[pair] = left.get(pair, 0) + 1
    found = []
    for mention in gold:
        count = left.get(mention, 0)
        if count:
            left[mention] = count - 1
        found.append(count > 0)
    return found
