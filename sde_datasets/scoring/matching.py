"""Match the predicted mentions of a sample with gold: hard and soft, and which mention has another type.

Mentions are multisets of pairs of target and string. Each prediction matches at most one gold mention, and each gold
mention at most one prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from cydifflib import SequenceMatcher

# soft matching takes a string for a gold string above this similarity
THRESHOLD = 0.5
# from this length on, difflib ignores frequent characters, so that lengths no longer determine a similarity
_AUTOJUNK = 200

Pair = tuple[int, str]


class Matches(NamedTuple):
    """For each gold mention, whether a prediction matches it, hard and soft; and the predictions without a hard match.

    left: how often each pair of target and form of a string was predicted without a match; pairs may have the count 0.
    formed: the pairs of all predictions in order; gold: those of the gold mentions.
    """

    hard: list[bool]
    soft: list[bool]
    left: dict[Pair, int]
    formed: list[Pair]
    gold: list[Pair]

    def unmatched(self, predicted: Sequence[Pair]) -> list[Pair]:
        """Return the predictions without a hard match, of equal ones the first."""
        left, others = {pair: count for pair, count in self.left.items() if count}, []
        if not left:
            return []
        for pair, formed in zip(predicted, self.formed, strict=True):
            if count := left.get(formed):
                left[formed] = count - 1
                others.append(pair)
        return others


def match(mentions: Sequence[Pair], predicted: Sequence[Pair], form: Callable[[str], str] = str.lower) -> Matches:
    """Return which gold mentions of a sample the predictions match, under hard and under soft matching.

    mentions, predicted: pairs of the number of a target and a surface, of gold in order and of an answer. form: what of
    a surface is compared. Of equal gold mentions the first ones are matched. Soft: a predicted string is replaced by
    the gold string of the sample that it is similar to, of whatever target (`nearest_gold`). The target must be equal
    in both cases.
    """
    gold = [(code, form(surface)) for code, surface in mentions]
    pairs = [(code, form(surface)) for code, surface in predicted]
    hard, left = _matched(gold, pairs)
    known = dict.fromkeys(surface for _, surface in gold)
    if known.keys() >= {surface for _, surface in pairs}:
        return Matches(hard, hard, left, pairs, gold)
    golds, own = list(known), set(gold)
    near = [
        pair if pair[1] in known else (pair[0], nearest_gold(pair[1], golds, lambda g, code=pair[0]: (code, g) in own))  # type: ignore[misc]
        for pair in pairs
    ]
    return Matches(hard, _matched(gold, near)[0], left, pairs, gold)


def _matched(gold: list[Pair], pairs: list[Pair]) -> tuple[list[bool], dict[Pair, int]]:
    left: dict[Pair, int] = {}
    for pair in pairs:
        left[pair] = left.get(pair, 0) + 1
    matched = []
    for mention in gold:
        count = left.get(mention, 0)
        if count:
            left[mention] = count - 1
        matched.append(count > 0)
    return matched, left


def confused_types(gold: Sequence[Pair], left: dict[Pair, int]) -> Iterator[tuple[int | None, int | None]]:
    """Yield pairs of gold type and predicted type of the mentions of a sample without a hard match, by string.

    gold: the gold mentions without a match; left: the predictions without one (see `Matches`), both by the same form.
    None as the predicted type: the mention was missed; as the gold type: the mention is spurious. The result does not
    depend on the order of gold and predictions.
    """
    types: dict[str, list[int]] = {}
    for (code, surface), count in left.items():
        if count:
            types.setdefault(surface, []).extend([code] * count)
    # the order matters only where a string has several types
    for code, surface in sorted(gold) if len(gold) > 1 and types else gold:
        found = types.get(surface)
        if found:
            found.sort()
        yield code, found.pop(0) if found else None
    for found in types.values():
        for code in found:
            yield None, code


def similarity(predicted: str, gold: str) -> float:
    """Return 2 * matching characters / all characters of two strings, as `difflib.SequenceMatcher` defines it."""
    return SequenceMatcher(None, predicted, gold).ratio()


def nearest_gold(predicted: str, golds: list[str], is_preferred: Callable[[str], bool] = lambda gold: False) -> str:
    """Return the gold string for which soft matching takes `predicted` (Han et al. 2023, arXiv 2305.14450).

    That is the gold string with the highest similarity, if the similarity is above one half and one of the two strings
    contains the other; otherwise `predicted` itself. Of equally similar gold strings it is one that contains
    `predicted` or is contained, then one that `is_preferred`, then the first in the order of strings: the result does
    not depend on the order of gold. A similarity is computed only where the lengths of the strings do not decide.
    """
    if predicted in golds:
        return predicted
    contained = [i for i, gold in enumerate(golds) if gold in predicted or predicted in gold]
    if not contained:
        return predicted
    bounds = [2 * min(len(predicted), len(gold)) / (len(predicted) + len(gold)) for gold in golds]
    near = {i for i in contained if bounds[i] > THRESHOLD}
    if not near:
        return predicted
    best, nearest = THRESHOLD, set()
    for i, gold in enumerate(golds):
        if bounds[i] <= THRESHOLD or bounds[i] < best:
            continue
        # where one string contains the other, the similarity equals its upper bound
        is_bound = i in near and len(gold) < _AUTOJUNK
        value = bounds[i] if is_bound else similarity(predicted, gold)
        if value > best:
            best, nearest = value, {i}
        elif value == best and nearest:
            nearest.add(i)
    candidates = nearest & near
    return min((golds[i] for i in candidates), key=lambda gold: (not is_preferred(gold), gold), default=predicted)
