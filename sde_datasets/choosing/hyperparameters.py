"""Hyperparameters of the model: their prior, and samples that are mixed by marginal likelihood, not maximised.

A sample is a point of standard normal coordinates, one for each hyperparameter. Points of the prior find where the
likelihood is. Further points come from normal proposals, each around the weighted points before it, and all points are
weighted by prior * likelihood / density of the mixture that they come from (Owen and Zhou 2000; Cornuet et al. 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

# median and standard deviation of the logarithm of each positive hyperparameter
_PRIORS = {
    "main": (0.05, 0.9),
    "pairs": (0.5, 0.6),
    "triples": (0.12, 0.8),
    "rest": (0.08, 0.7),
    "drop_main": (0.7, 1.0),
    "drop_pairs": (0.5, 0.6),
    "drop_rest": (0.25, 0.7),
    "noise": (0.015, 0.8),
    "growth": (0.2, 1.2),
}
EXPONENTS = (0.2, 0.5, 1.0, 2.0)
_POINTS = 256
# the likelihood is tempered for the proposals, which must be wider than the posterior
_TEMPERS = (0.5, 0.7, 0.9)
_WIDEN = 0.15


@dataclass(frozen=True, eq=False)
class Hyperparameters:
    """Samples of the hyperparameters; arrays of shape (samples,), or (samples, 4) for the parts of a kernel.

    score: standard deviations of the parts of the kernel (`PARTS`) of scores at full size. drop: the same for the
    loss at the smallest size. noise: mean standard deviation over seeds. growth: by what share the noise of the worst
    score exceeds that of the best. exponent: index into EXPONENTS of the learning curve.
    """

    score: np.ndarray
    drop: np.ndarray
    noise: np.ndarray
    growth: np.ndarray
    exponent: np.ndarray

    @classmethod
    def at(cls, points: np.ndarray) -> Hyperparameters:
        """Return the hyperparameters at points (samples x coordinates)."""
        from scipy.special import ndtr

        drawn = {
            name: median * np.exp(spread * points[:, column])
            for column, (name, (median, spread)) in enumerate(_PRIORS.items())
        }
        ratios = (np.ones(len(points)), drawn["pairs"], drawn["triples"], drawn["rest"])
        drops = (np.ones(len(points)), drawn["drop_pairs"], np.zeros(len(points)), drawn["drop_rest"])
        score = drawn["main"][:, None] * np.stack(ratios, 1)
        drop = (drawn["main"] * drawn["drop_main"])[:, None] * np.stack(drops, 1)
        exponent = np.minimum((ndtr(points[:, -1]) * len(EXPONENTS)).astype(int), len(EXPONENTS) - 1)
        return cls(score, drop, drawn["noise"], drawn["growth"], exponent)

    def rows(self, chosen: np.ndarray) -> Hyperparameters:
        """Return the samples with the given numbers."""
        return Hyperparameters(*(getattr(self, part.name)[chosen] for part in fields(self)))


def posterior_points(log_likelihood: Callable[[Hyperparameters], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return points (samples x coordinates) and their weights, which sum to 1."""
    points = _normal_points(0)
    likelihood = log_likelihood(Hyperparameters.at(points))
    densities = [_log_normal(points)]
    proposals: list[_Proposal] = []
    for number, temper in enumerate(_TEMPERS, 1):
        weights = _normalized(temper * (likelihood + densities[0] - np.logaddexp.reduce(densities)))
        proposal = _Proposal.of(points, weights)
        further = proposal.points(_normal_points(number))
        likelihood = np.concatenate([likelihood, log_likelihood(Hyperparameters.at(further))])
        points = np.concatenate([points, further])
        proposals.append(proposal)
        densities = [_log_normal(points), *(one.log_density(points) for one in proposals)]
    return points, _normalized(likelihood + densities[0] - np.logaddexp.reduce(densities))


@dataclass(frozen=True, eq=False)
class _Proposal:
    """A normal distribution: its mean, and the Cholesky factor of its covariance."""

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray, weights: np.ndarray) -> _Proposal:
        """Return one around weighted points, a little wider than they are."""
        mean = weights @ points
        centred = points - mean
        covariance = (1 - _WIDEN) * (centred.T * weights) @ centred + _WIDEN * np.eye(points.shape[1])
        return cls(mean, np.linalg.cholesky(covariance))

    def points(self, normal: np.ndarray) -> np.ndarray:
        """Return standard normal points moved into the distribution."""
        return self.mean + normal @ self.factor.T

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Return the logarithm of the density at points, up to the constant of a standard normal distribution."""
        white = np.linalg.solve(self.factor, (points - self.mean).T).T
        return _log_normal(white) - np.log(np.diag(self.factor)).sum()


def _log_normal(points: np.ndarray) -> np.ndarray:
    """Return the logarithm of the standard normal density, up to a constant."""
    return -0.5 * (points**2).sum(1)


@lru_cache(maxsize=1 + len(_TEMPERS))
def _normal_points(seed: int) -> np.ndarray:
    """Return standard normal points, evenly spread (a scrambled Sobol sequence)."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(len(_PRIORS) + 1, seed=seed).random(_POINTS)
    return ndtri(np.clip(uniform, 1e-9, 1 - 1e-9))


def _normalized(logarithms: np.ndarray) -> np.ndarray:
    weights = np.exp(logarithms - logarithms.max())
    return weights / weights.sum()
