"""The model of scores: design x at size n scores f(x) - G(n) h(x), with Gaussian processes f and h over the designs.

G(n) = (n^-c - N^-c) / (n0^-c - N^-c) with the full size N and the smallest size n0, so f is the score at full size and
h is the loss at the smallest size. The hyperparameters and c are samples of a prior, weighted by the marginal
likelihood of the results. Draws from the posterior are draws from the prior, corrected by what the results say
(Matheron's rule: Wilson et al. 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sde_datasets.choosing.hyperparameters import EXPONENTS, Hyperparameters, posterior_points
from sde_datasets.choosing.kernel import DesignKernel
from sde_datasets.choosing.noise import Observations
from sde_datasets.choosing.trials import Candidate, Settings

# mean and standard deviation of the mean score at full size, and of the mean loss at the smallest size
_SCORE_MEAN, _SCORE_SD = 0.5, 0.3
_DROP_MEAN, _DROP_SD = 0.1, 0.15
# a seed has an effect that all designs share: its variance, in units of the variance of the noise
_SEED_SHARE = 0.25
# samples of the hyperparameters from which draws are made
_PARTICLES = 80


@dataclass(frozen=True, eq=False)
class PosteriorDraws:
    """Draws of all candidates.

    score, drop: shape (candidates, draws). exponent: shape (draws,), of the learning curve. noise: standard deviation
    of a score at full size over seeds and validation samples, as it is between designs. effective: effective number of
    samples of the hyperparameters.
    """

    score: np.ndarray
    drop: np.ndarray
    exponent: np.ndarray
    noise: float
    effective: float

    def at(self, size: float, smallest: int, full: int) -> np.ndarray:
        """Return draws of the scores at a size (candidates x draws)."""
        return self.score - shape_of_curve(np.array([size]), self.exponent[:, None], smallest, full)[:, 0] * self.drop


def shape_of_curve(sizes: np.ndarray, exponent: np.ndarray | float, smallest: int, full: int) -> np.ndarray:
    """Return G(n): 1 at the smallest size, 0 at full size; 0 everywhere if these are the same."""
    if smallest >= full:
        return np.zeros(np.broadcast_shapes(np.shape(sizes), np.shape(exponent)))
    return ((sizes / full) ** -exponent - 1) / ((smallest / full) ** -exponent - 1)


class ScoreModel:
    """The model of given candidates, with its draws from the prior."""

    def __init__(self, candidates: Sequence[Candidate], settings: Settings) -> None:
        self.kernel = DesignKernel.of(candidates)
        self.settings = settings
        self.prior = np.array([sum(settings.prior_effects.get(level, 0.0) for level in c.levels) for c in candidates])
        self._draws = -(-settings.draws // _PARTICLES)
        self._prior_draws = _prior_draws(tuple(candidates), self._draws, settings.seed)

    def posterior(self, seen: Observations) -> PosteriorDraws:
        """Return draws from the posterior under the results."""
        points, weights = posterior_points(lambda samples: self._log_likelihood(seen, samples))
        # systematic resampling: sample j gets about particles * weight of the particles
        chosen = np.searchsorted(np.cumsum(weights), (np.arange(_PARTICLES) + 0.5) / _PARTICLES)
        chosen = chosen.clip(max=len(weights) - 1)
        samples = Hyperparameters.at(points[chosen])
        score, drop = self._corrected(seen, samples, *self._observed(seen, samples))
        flat = (len(score), -1)
        return PosteriorDraws(
            score.reshape(flat) + self.prior[:, None],
            drop.reshape(flat),
            np.repeat(np.array(EXPONENTS)[samples.exponent], self._draws),
            float(np.sqrt((samples.noise**2).mean() + _own_variance(seen.test_noise))),
            float(1 / (weights**2).sum()),
        )

    def _observed(self, seen: Observations, samples: Hyperparameters) -> tuple[np.ndarray, np.ndarray]:
        """Return covariances of the results (samples x trials x trials) and G (samples x trials)."""
        trials = len(seen.scores)
        parts = self.kernel.parts[:, seen.candidates][:, :, seen.candidates].reshape(len(self.kernel.parts), -1)
        group = _groups(seen)
        same = (group[:, None] == group).reshape(1, -1)
        fixed = (seen.test_noise + _SCORE_SD**2).reshape(1, -1)
        smallest = int(min(seen.sizes.min(), self.settings.screen_size))
        curves = np.stack([shape_of_curve(seen.sizes, c, smallest, self.settings.full_size) for c in EXPONENTS])
        covariance = np.empty((len(samples.noise), trials * trials))
        variances = np.concatenate(
            [
                samples.score**2,
                samples.drop**2,
                _SEED_SHARE * samples.noise[:, None] ** 2,
                np.ones((len(samples.noise), 1)),
            ],
            axis=1,
        )
        for number, curve in enumerate(curves):
            rows = np.flatnonzero(samples.exponent == number)
            both = np.outer(curve, curve).reshape(1, -1)
            covariance[rows] = variances[rows] @ np.concatenate([parts, parts * both, same, fixed + _DROP_SD**2 * both])
        # the diagonal, as every (trials + 1)-th element
        covariance[:, :: trials + 1] += self._noise_sd(seen, samples) ** 2 + 1e-10
        return covariance.reshape(-1, trials, trials), curves[samples.exponent]

    def _log_likelihood(self, seen: Observations, samples: Hyperparameters) -> np.ndarray:
        """Return the logarithm of the marginal likelihood of each sample, up to a constant."""
        covariance, curve = self._observed(seen, samples)
        residual = seen.scores - self.prior[seen.candidates] - (_SCORE_MEAN - _DROP_MEAN * curve)
        return _log_density(covariance, residual)

    def _noise_sd(self, seen: Observations, samples: Hyperparameters) -> np.ndarray:
        """Return the standard deviation of each score over seeds (samples x trials)."""
        spread = (seen.scores.max() - seen.scores) / max(float(np.ptp(seen.scores)), 1e-9)
        relative = 1 + samples.growth[:, None] * spread
        own = samples.noise[:, None] * relative / relative.mean(1, keepdims=True)
        return np.hypot(own, seen.extra_sd)

    def _corrected(
        self, seen: Observations, samples: Hyperparameters, covariance: np.ndarray, curve: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return score and drop (candidates x particles x draws), from one sample of the hyperparameters a particle."""
        random = np.random.default_rng((self.settings.seed, 3, len(seen.scores)))
        score_parts, drop_parts, means = self._prior_draws
        score = _SCORE_MEAN + _SCORE_SD * means[0] + np.einsum("hp,pchk->chk", samples.score, score_parts)
        drop = _DROP_MEAN + _DROP_SD * means[1] + np.einsum("hp,pchk->chk", samples.drop, drop_parts)
        rows, shape = seen.candidates, (_PARTICLES, self._draws)
        values, vectors = np.linalg.eigh(seen.test_noise)
        test_root = vectors * np.sqrt(np.maximum(values, 0))
        group = _groups(seen)
        shared = random.standard_normal((group.max() + 1, *shape)) * np.sqrt(_SEED_SHARE) * samples.noise[:, None]
        noise = self._noise_sd(seen, samples).T[:, :, None] * random.standard_normal((len(rows), *shape))
        noise += np.tensordot(test_root, random.standard_normal((len(rows), *shape)), 1) + shared[group]
        simulated = score[rows] - curve.T[:, :, None] * drop[rows] + noise
        error = (seen.scores - self.prior[rows])[:, None, None] - simulated
        moved = np.linalg.solve(covariance, error.transpose(1, 0, 2))
        columns = self.kernel.parts[:, :, rows].reshape(len(self.kernel.parts), -1)
        cross = (len(samples.noise), -1, len(rows))
        gain = ((samples.score**2) @ columns + _SCORE_SD**2).reshape(cross) @ moved
        loss = ((samples.drop**2) @ columns + _DROP_SD**2).reshape(cross) @ (curve[:, :, None] * moved)
        return score + gain.transpose(1, 0, 2), drop - loss.transpose(1, 0, 2)


@lru_cache(maxsize=1)
def _prior_draws(candidates: tuple[Candidate, ...], draws: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return draws of the parts of score and drop (parts x candidates x particles x draws) and of their means."""
    random = np.random.default_rng((seed, 1))
    roots = DesignKernel.of(candidates).roots()
    shape = (_PARTICLES, draws)
    score, drop = (
        np.stack([np.tensordot(root, random.standard_normal((root.shape[1], *shape)), 1) for root in roots])
        for _ in range(2)
    )
    return score, drop, random.standard_normal((2, *shape))


def _log_density(covariance: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Return the logarithm of the density of residuals (samples x trials), up to a constant."""
    samples, trials = residual.shape
    # the last row of the Cholesky factor of the bordered matrix is the whitened residual
    bordered = np.empty((samples, trials + 1, trials + 1))
    bordered[:, :trials, :trials] = covariance
    bordered[:, trials, :trials] = bordered[:, :trials, trials] = residual
    bordered[:, trials, trials] = 1e12
    factor = np.linalg.cholesky(bordered)
    logs = np.log(np.diagonal(factor, axis1=1, axis2=2)[:, :trials])
    return -0.5 * (factor[:, trials, :trials] ** 2).sum(1) - logs.sum(1)


def _own_variance(noise: np.ndarray) -> float:
    """Return the mean variance of a score without what two scores share on average."""
    trials = len(noise)
    if trials == 1:
        return 0.0
    shared = (noise.sum() - np.trace(noise)) / (trials * (trials - 1))
    return max(float(np.trace(noise) / trials - shared), 0.0)


def _groups(seen: Observations) -> np.ndarray:
    """Return a number for each pair of size and seed."""
    return np.unique(np.stack([seen.sizes, seen.seeds]), axis=1, return_inverse=True)[1].reshape(-1)
