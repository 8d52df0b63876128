"""Weighted kappa of confusion matrices: agreement beyond chance, where some confusions are worth more than others.

kappa = (Po - Pe) / (1 - Pe), Po = sum w_ij p_ij, Pe = sum w_ij p_i. p_.j (Cohen 1968); rows are gold, columns the
answer. The matrix for sentiment is not symmetric, so the orientation matters.
"""

from __future__ import annotations

import numpy as np

from sde_datasets.score.ratios import share


def kappas(confusions: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The kappa of each of several matrices of counts (n x classes x classes); NaN where it is undefined.

    Without `weights` Cohen's kappa, where only what is equal agrees. Undefined: no counts, or no disagreement by
    chance, which is so where gold and answers know one class only.
    """
    counts = np.asarray(confusions, float)
    weights = np.eye(counts.shape[-1]) if weights is None else np.asarray(weights, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = counts / counts.sum((1, 2), keepdims=True)
        observed = (shares * weights).sum((1, 2))
        expected = np.einsum("ni,ij,nj->n", shares.sum(2), weights, shares.sum(1))
        return np.where(1 - expected > 1e-12, (observed - expected) / (1 - expected), np.nan)


def kappa(confusion: np.ndarray, weights: np.ndarray | None = None) -> dict:
    """`{"kappa": ...}` of one matrix of counts, None with the reason where it is undefined."""
    value = float(kappas(np.asarray(confusion)[None], weights)[0])
    if not np.isnan(value):
        return {"kappa": value}
    return share("kappa", 0, 0, "one class only" if np.any(confusion) else "no gold")
