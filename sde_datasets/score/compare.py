"""Comparing two scorings of the same samples: paired differences, their intervals, and a permutation test."""

from __future__ import annotations

from typing import Any

import numpy as np

from sde_datasets.errors import InputError
from sde_datasets.score.intervals import PERMUTATIONS, RESAMPLES, SEED, bootstrap, interval, p_value, swapped
from sde_datasets.score.rows import COUNTS, FLAGS, Row, Table

FORMAT = 1


def compare(
    a: dict, b: dict, *, resamples: int = RESAMPLES, permutations: int = PERMUTATIONS, seed: int = SEED
) -> dict:
    """The difference b - a of each headline figure, over the samples that both have scored.

    Each with the 95 % interval of a bootstrap that draws samples with both their answers, and the p-value of a
    permutation test that swaps the answers of each sample by a coin. `a` and `b` are scores as `score` gives them.
    Raises InputError where they are not of the same samples with the same gold.
    """
    kind, classes = _same_task(a, b)
    first, second = ({row["id"]: _row(row, kind, classes) for row in scores["rows"]} for scores in (a, b))
    pairs: dict[tuple[Row, Row], int] = {}
    for id, row in first.items():
        if id in second:
            _same_gold(id, row, second[id], kind, classes)
            pair = row, second[id]
            pairs[pair] = pairs.get(pair, 0) + 1
    if not pairs:
        raise InputError("a and b", "have no sample in common", "Compare scores of the same split.")
    weights = a["figures"].get("weights")
    cells = {cell for pair in pairs for row in pair for cell, _ in row.counts} if kind == "label" else ()
    tables = [Table.of(kind, [pair[side] for pair in pairs], classes, weights, cells) for side in (0, 1)]
    frequency = np.array(list(pairs.values()), float)
    both = int(frequency.sum())
    return {
        "format": FORMAT,
        "a": {"design": a["design"], "samples": a["samples"]},
        "b": {"design": b["design"], "samples": b["samples"]},
        "samples": both,
        "only_a": len(first) - both,
        "only_b": len(second) - both,
        "seed": seed,
        "resamples": resamples,
        "permutations": permutations,
        "figures": _figures(tables, frequency, resamples, permutations, seed),
    }


def _figures(tables: list[Table], frequency: np.ndarray, resamples: int, permutations: int, seed: int) -> dict:
    values = [table.headline((frequency @ table.counts)[None]) for table in tables]
    drawn = bootstrap(tables, frequency, resamples, seed)
    coins = swapped(*tables, frequency, permutations, seed)
    figures = {}
    for name in values[0]:
        one, other = (float(each[name][0]) for each in values)
        figures[name] = {
            "a": None if np.isnan(one) else one,
            "b": None if np.isnan(other) else other,
        }
        if np.isnan(one) or np.isnan(other):
            why = f"undefined in {'both' if np.isnan(one) and np.isnan(other) else 'a' if np.isnan(one) else 'b'}"
            figures[name] |= dict.fromkeys(("difference", "low", "high", "p")) | {"undefined": {"difference": why}}
            continue
        low, high = interval(drawn[1][name] - drawn[0][name])
        difference = other - one
        figures[name] |= {"difference": difference, "low": low, "high": high, "p": p_value(difference, coins[name])}
    return figures


def _same_task(a: dict, b: dict) -> tuple[str, int]:
    """The kind of the task and the number of its classes, which must be those of both."""
    for what, where in (("kind", "schema"), ("targets", "schema"), ("classes", "figures"), ("weights", "figures")):
        if a[where].get(what) != b[where].get(what):
            raise InputError("a and b", f"have different {what}", "Compare scores of the same view.")
    return a["schema"]["kind"], len(a["figures"].get("classes", ()))


def _row(row: dict[str, Any], kind: str, classes: int) -> Row:
    flags = tuple(bool(row.get(name)) for name in FLAGS)
    if kind == "mention":
        return Row(tuple(row[name] for name in COUNTS), flags)
    return Row(tuple((gold * classes + answer, count) for gold, answer, count in row["cells"]), flags)


def _same_gold(id: str, a: Row, b: Row, kind: str, classes: int) -> None:
    """Raise InputError where the gold of a sample differs, as far as its row tells."""
    golds = [row.counts[0] if kind == "mention" else _gold_of(row, classes) for row in (a, b)]
    if golds[0] != golds[1]:
        raise InputError("a and b", f"have different gold for {id!r}", "Compare scores of the same data.")


def _gold_of(row: Row, classes: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for cell, count in row.counts:
        found[cell // classes] = found.get(cell // classes, 0) + count
    return found
