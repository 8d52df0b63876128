"""The next run at full size: the one after which the best design is expected to score highest."""

from __future__ import annotations

import numpy as np

from sde_datasets.choosing.model import PosteriorDraws

_CONSIDERED = 40
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


def gain_of_runs(draws: PosteriorDraws, rows: np.ndarray) -> np.ndarray:
    """Return the expected gain of one more run at full size of each candidate in `rows`.

    The gain is that of the highest posterior mean (the knowledge gradient: Frazier, Powell and Dayanik 2009), for a
    normal approximation of the posterior of these candidates.
    """
    score = draws.score[rows]
    mean = score.mean(1)
    covariance = np.cov(score)
    move = covariance / np.sqrt(np.diag(covariance) + draws.noise**2)
    # (candidates, candidate that is run, nodes)
    after = mean[:, None, None] + move[:, :, None] * _NODES
    return after.max(0) @ (_WEIGHTS / _WEIGHTS.sum()) - mean.max()


def best_run(draws: PosteriorDraws, allowed: np.ndarray, chance_best: np.ndarray) -> int:
    """Return the candidate whose run gains most, among the allowed ones that are most likely the best."""
    rows = allowed[np.argsort(-chance_best[allowed], kind="stable")[:_CONSIDERED]]
    if len(rows) == 1:
        return int(rows[0])
    return int(rows[gain_of_runs(draws, rows).argmax()])
