"""Intervals by bootstrap and p-values by permutation, both by sample and with a seed.

Samples with equal rows are alike, so that drawing n samples with replacement is one draw from a multinomial
distribution over the different rows, and swapping each sample of a pair at random is a binomial draw for each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sde_datasets.score.rows import Table

RESAMPLES, PERMUTATIONS, SEED = 1000, 10_000, 1
# draws times different rows that are held at once
_AT_ONCE = 4_000_000
_WHY = {
    "kappa": "one class only",
    "f1": "neither gold nor predicted",
    "soft_f1": "neither gold nor predicted",
    "precision": "nothing predicted",
    "recall": "no gold",
}


def _draws(total: int, rows: int) -> Iterator[int]:
    """How many draws to make at a time, so that memory is bounded."""
    size = max(1, _AT_ONCE // max(rows, 1))
    for done in range(0, total, size):
        yield min(size, total - done)


def bootstrap(tables: list[Table], frequency: np.ndarray, resamples: int, seed: int) -> list[dict[str, np.ndarray]]:
    """The headline figures of each table in each resample; the same samples are drawn for all tables."""
    generator, samples = np.random.default_rng(seed), int(frequency.sum())
    parts: list[list[dict[str, np.ndarray]]] = [[] for _ in tables]
    for count in _draws(resamples, len(frequency)):
        drawn = generator.multinomial(samples, frequency / samples, size=count).astype(float)
        for part, table in zip(parts, tables, strict=True):
            part.append(table.headline(drawn @ table.counts))
    return [{name: np.concatenate([each[name] for each in part]) for name in part[0]} for part in parts]


def interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """The middle 95 % of resampled values, of those that are defined; None where none is."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None, None
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)


def headline(table: Table, frequency: np.ndarray, resamples: int, seed: int) -> dict[str, dict]:
    """Each headline figure with its 95 % interval; None with the reason where it is undefined."""
    values = table.headline((frequency @ table.counts)[None])
    drawn = bootstrap([table], frequency, resamples, seed)[0] if frequency.sum() and resamples else {}
    figures = {}
    for name, (value,) in values.items():
        low, high = interval(drawn[name]) if drawn else (None, None)
        figures[name] = {"value": float(value), "low": low, "high": high}
        if np.isnan(value):
            why = _WHY.get(name, "no samples") if frequency.sum() else "no samples"
            figures[name] = {"value": None, "low": None, "high": None, "undefined": {"value": why}}
    return figures


def swapped(a: Table, b: Table, frequency: np.ndarray, permutations: int, seed: int) -> dict[str, np.ndarray]:
    """The difference b - a of each headline figure when each sample's pair of answers is swapped by a coin.

    The rows of `a` and `b` are those of the same samples, with the same columns.
    """
    generator, parts = np.random.default_rng(seed), []
    for count in _draws(permutations, len(frequency)):
        moved = generator.binomial(frequency.astype(np.int64), 0.5, size=(count, len(frequency))).astype(float)
        kept = frequency - moved
        first = a.headline(kept @ a.counts + moved @ b.counts)
        second = b.headline(moved @ a.counts + kept @ b.counts)
        parts.append({name: second[name] - first[name] for name in first})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def p_value(difference: float, drawn: np.ndarray) -> float:
    """The share of permutations with a difference at least as large, the observed one among them (Phipson 2010)."""
    known = drawn[~np.isnan(drawn)]
    return float((1 + np.count_nonzero(np.abs(known) >= abs(difference) - 1e-12)) / (1 + len(known)))
