"""Estimates with intervals and p-values from a bootstrap over few seeds, and Holm's correction for several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval and p-value; None with one seed. seeds: how many there are."""

    value: float
    seeds: int
    low: float | None = None
    high: float | None = None
    p: float | None = None

    @property
    def is_clear(self) -> bool:
        """True if the interval excludes 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def estimate(drawn: np.ndarray, by_seed: Sequence[float]) -> Estimate:
    """Return the estimate of a mean over seeds.

    drawn: the value in each resample. by_seed: the value of each seed. The interval is t times the standard deviation
    of the resamples. The quantile has the degrees of freedom of Satterthwaite (1946): S - 1 if seeds are the only
    source of variance, and more as samples contribute more. Percentiles over two or three seeds would be too narrow.
    """
    values = np.asarray(by_seed, float)
    count, value = len(values), float(np.mean(values))
    drawn = drawn[~np.isnan(drawn)]
    if count < 2 or not len(drawn) or np.isnan(value):
        return Estimate(value, count)
    of_seeds = float(values.var(ddof=1)) / count
    variance = max(float(drawn.var(ddof=1)), of_seeds)
    if variance <= 0:
        return Estimate(value, count, value, value, 1.0 if value == 0 else 0.0)
    freedom = variance**2 / (of_seeds**2 / (count - 1)) if of_seeds > 0 else np.inf
    error = variance**0.5
    margin = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(value) / error, freedom))
    return Estimate(value, count, value - margin, value + margin, p)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the p-values corrected by the method of Holm (1979); None stays None and is not counted."""
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        corrected[place] = largest
    return corrected
