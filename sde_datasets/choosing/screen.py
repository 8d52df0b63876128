"""The screen: the candidates that teach most about all of them before any run is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sde_datasets.choosing.kernel import DesignKernel
from sde_datasets.choosing.trials import Candidate, Settings, Trial
from sde_datasets.study.factorial import d_optimal, teaching_order

# prior variances of the mean, the main effects and the interactions, in units of the noise of a run
_MEAN, _MAIN, _PAIRS = 100.0, 12.0, 3.0
# the ridge that `d_optimal` adds
_RIDGE = 1e-6


def screen_trials(candidates: Sequence[Candidate], settings: Settings) -> list[Trial]:
    """Return the trials of the screen, the most informative first, and repeats of the first candidates at the end."""
    repeats = min(settings.repeats, max(settings.screen_runs - 2, 0), len(candidates))
    order = screen_rows(tuple(candidates), min(settings.screen_runs - repeats, len(candidates)), settings.seed)
    size = settings.screen_size
    return [Trial(row, size, 0) for row in order] + [Trial(row, size, 1) for row in order[:repeats]]


@lru_cache(maxsize=16)
def screen_rows(candidates: tuple[Candidate, ...], runs: int, seed: int) -> tuple[int, ...]:
    """Return the candidates of a D-optimal screen under the prior: they maximize det(I + covariance / noise)."""
    kernel = DesignKernel.of(candidates)
    main, pairs = (root * np.sqrt(v) for root, v in zip(kernel.roots()[:2], (_MAIN, _PAIRS), strict=True))
    features = np.concatenate([np.full((len(candidates), 1), np.sqrt(_MEAN)), main, pairs], axis=1) * np.sqrt(_RIDGE)
    rows = list(range(len(candidates))) if runs == len(candidates) else d_optimal(features, runs, seed)
    return tuple(teaching_order(features, rows))
