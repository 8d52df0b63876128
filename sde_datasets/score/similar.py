"""Soft matching (Han et al. 2023, arXiv 2305.14450): a predicted string is taken for the gold string it nearly is."""

from __future__ import annotations

from cydifflib import SequenceMatcher

# a string is taken for a gold string above this ratio
THRESHOLD = 0.5
# from this length on difflib takes frequent characters for junk, and a ratio is no longer what lengths say
_AUTOJUNK = 200


def ratio(predicted: str, gold: str) -> float:
    """The similarity of two strings, 2 * matching characters / all characters, as `difflib.SequenceMatcher` has it."""
    return SequenceMatcher(None, predicted, gold).ratio()


def nearest_gold(predicted: str, golds: list[str]) -> str:
    """The gold string for which soft matching takes `predicted`: itself where it is none of them and near none.

    That is the gold string with the highest ratio (the first of several), if the ratio is above one half and one of
    the two strings contains the other. A ratio is computed only where the lengths leave it open.
    """
    if predicted in golds:
        return predicted
    bounds = [2 * min(len(predicted), len(gold)) / (len(predicted) + len(gold)) for gold in golds]
    near = [i for i, gold in enumerate(golds) if bounds[i] > THRESHOLD and (gold in predicted or predicted in gold)]
    if not near:
        return predicted
    # where one string contains the other, the ratio is its upper bound
    best, found = -1.0, 0
    for i, gold in enumerate(golds):
        if bounds[i] > max(best, THRESHOLD):
            known = i in near and len(gold) < _AUTOJUNK
            value = bounds[i] if known else ratio(predicted, gold)
            if value > best:
                best, found = value, i
    return golds[found] if best > THRESHOLD and found in near else predicted
