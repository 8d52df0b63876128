"""Intervals by bootstrap and p-values by permutation, both by sample and with a seed.

Samples with equal counts are interchangeable. Drawing n samples with replacement is therefore one draw from a
multinomial distribution over the distinct counts, and swapping each pair of answers at random is one binomial draw for
each distinct pair.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sde_datasets.scoring.count_table import CountTable
from sde_datasets.scoring.figures import Figure

RESAMPLES, PERMUTATIONS, SEED = 1000, 10_000, 1
# with fewer samples or documents, the interval of a bootstrap is too narrow (see docs/score.md)
FEW = 20
# the most cells (draws x distinct counts) in memory at a time
_MOST_CELLS = 4_000_000
_REASONS = {
    "kappa": "one class only",
    "f1": "neither gold nor predicted",
    "soft_f1": "neither gold nor predicted",
    "precision": "nothing predicted",
    "recall": "no gold",
}


def _portions(draws: int, distinct: int) -> Iterator[int]:
    """Split a number of draws into portions of bounded memory."""
    size = max(1, _MOST_CELLS // max(distinct, 1))
    for done in range(0, draws, size):
        yield min(size, draws - done)


def bootstrap(
    tables: list[CountTable], frequency: np.ndarray, resamples: int, seed: int
) -> list[dict[str, np.ndarray]]:
    """Return the headline figures of each table in each resample; all tables share the drawn samples.

    frequency: how many samples have each row of the tables.
    """
    generator, samples = np.random.default_rng(seed), int(frequency.sum())
    portions: list[list[dict[str, np.ndarray]]] = [[] for _ in tables]
    for count in _portions(resamples, len(frequency)):
        drawn = generator.multinomial(samples, frequency / samples, size=count).astype(float)
        for portion, table in zip(portions, tables, strict=True):
            portion.append(table.headline(drawn @ table.counts))
    return [{name: np.concatenate([figures[name] for figures in part]) for name in part[0]} for part in portions]


def few_warnings(count: int, units: str, resamples: int) -> tuple[str, ...] | None:
    """Return what to say of intervals from so many samples or documents; None where they are enough."""
    if not resamples or count >= FEW:
        return None
    return (f"{count} {units} are too few for the intervals: they are narrower than the uncertainty.",)


def interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """Return the bounds of the middle 95 % of the resampled values that are defined; None where none is."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None, None
    low, high = np.percentile(defined, (2.5, 97.5))
    return float(low), float(high)


def headline(
    table: CountTable,
    frequency: np.ndarray,
    resamples: int,
    seed: int,
    clusters: tuple[CountTable, np.ndarray] | None = None,
) -> dict[str, Figure]:
    """Return each headline figure with its 95 % interval.

    clusters: the sums of documents, which the bootstrap draws in place of samples, and how many have each row.
    """
    values = table.headline((frequency @ table.counts)[None])
    units, times = clusters or (table, frequency)
    drawn = bootstrap([units], times, resamples, seed)[0] if frequency.sum() and resamples else {}
    figures = {}
    for name, (value,) in values.items():
        if np.isnan(value):
            figures[name] = Figure(None, reason=_REASONS.get(name, "no samples") if frequency.sum() else "no samples")
        else:
            figures[name] = Figure(float(value), *(interval(drawn[name]) if drawn else (None, None)))
    return figures


def swapped(a: CountTable, b: CountTable, frequency: np.ndarray, permutations: int, seed: int) -> dict[str, np.ndarray]:
    """Return the difference b - a of each headline figure in permutations that swap each pair of answers at random.

    The rows of `a` and `b` belong to the same samples and have the same columns.
    """
    generator, portions = np.random.default_rng(seed), []
    for count in _portions(permutations, len(frequency)):
        moved = generator.binomial(frequency.astype(np.int64), 0.5, size=(count, len(frequency))).astype(float)
        kept = frequency - moved
        first = a.headline(kept @ a.counts + moved @ b.counts)
        second = b.headline(moved @ a.counts + kept @ b.counts)
        portions.append({name: second[name] - first[name] for name in first})
    return {name: np.concatenate([portion[name] for portion in portions]) for name in portions[0]}


def p_value(difference: float, drawn: np.ndarray) -> float:
    """Return the share of permutations with a difference at least as large, with the observed one (Phipson 2010)."""
    defined = drawn[~np.isnan(drawn)]
    return float((1 + np.count_nonzero(np.abs(defined) >= abs(difference) - 1e-12)) / (1 + len(defined)))
