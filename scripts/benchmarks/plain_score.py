"""The same scoring in plain Python, as one's own script would do it: `ast.literal_eval` line by line, and `difflib`."""

from __future__ import annotations

import ast
from collections import Counter
from difflib import SequenceMatcher

Pairs = list[tuple[str, str]]


def read(answer: str) -> tuple[Pairs, bool]:
    """The pairs of target and value in an answer in the list format, and whether all of it could be read."""
    pairs, right = [], bool(answer.strip())
    for line in answer.splitlines():
        try:
            target, value = ast.literal_eval(line)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            right = False
            continue
        if isinstance(value, str):
            pairs.append((target, value))
    return pairs, right


def softened(surface: str, golds: list[str]) -> str:
    """The gold string that a string nearly is, or itself."""
    if not golds or surface in golds:
        return surface
    ratios = [SequenceMatcher(None, surface, gold).ratio() for gold in golds]
    best = golds[ratios.index(max(ratios))]
    return best if max(ratios) > 0.5 and (best in surface or surface in best) else surface


def mentions(gold: list[Pairs], answers: list[str]) -> dict:
    """Micro F1, hard and soft, and the rate of format errors."""
    errors = count = predicted = hard = soft = 0
    for pairs, answer in zip(gold, answers, strict=True):
        said, right = read(answer)
        said = [(target, surface.lower()) for target, surface in said]
        wanted = Counter((target, surface.lower()) for target, surface in pairs)
        golds = list(dict.fromkeys(surface for _, surface in wanted))
        near = Counter((target, softened(surface, golds)) for target, surface in said)
        errors, count, predicted = errors + (not right), count + len(pairs), predicted + len(said)
        hard, soft = hard + (wanted & Counter(said)).total(), soft + (wanted & near).total()
    return {"f1": 2 * hard / (count + predicted), "soft_f1": 2 * soft / (count + predicted), "errors": errors}


def labels(gold: list[dict[str, str]], answers: list[str], targets: tuple[str, ...], absent: str) -> dict:
    """Accuracy, confusions of all targets, and the rate of format errors."""
    errors, confusion = 0, Counter()
    for values, answer in zip(gold, answers, strict=True):
        pairs, right = read(answer)
        said = dict(reversed(pairs))
        errors += not right
        confusion.update((values.get(target, absent), said.get(target, absent)) for target in targets)
    right = sum(count for (one, other), count in confusion.items() if one == other)
    return {"accuracy": right / confusion.total(), "errors": errors}
