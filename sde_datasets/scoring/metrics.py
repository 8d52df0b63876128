"""Formulas of metrics: ratios of counts, precision, recall, F1, weighted kappa."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sde_datasets.scoring.figures import PrecisionRecallF1
from sde_datasets.scoring.json_object import Ratio


def ratio(part: float, whole: float, reason: str) -> Ratio:
    """Return `part / whole`; undefined for `reason` where the whole is 0."""
    return Ratio(part / whole) if whole else Ratio(None, reason)


def mean(ratios: Iterable[Ratio], reason: str) -> Ratio:
    """Return the mean of the ratios that are defined; undefined for `reason` where none is."""
    values = [ratio.value for ratio in ratios if ratio.value is not None]
    return ratio(sum(values), len(values), reason)


def precision_recall_f1(gold: int, predicted: int, tp: int) -> PrecisionRecallF1:
    """Return precision, recall and F1 = 2 tp / (gold + predicted) with the counts."""
    return PrecisionRecallF1(
        gold,
        predicted,
        tp,
        precision=ratio(tp, predicted, "nothing predicted"),
        recall=ratio(tp, gold, "no gold"),
        f1=ratio(2 * tp, gold + predicted, "neither gold nor predicted"),
    )


def kappas(confusions: np.ndarray, weights: np.ndarray | Sequence[Sequence[float]] | None = None) -> np.ndarray:
    """Return the weighted kappa of each of n matrices of counts (n x classes x classes); NaN where it is undefined.

    kappa = (Po - Pe) / (1 - Pe), Po = sum w_ij p_ij, Pe = sum w_ij p_i. p_.j (Cohen 1968); rows are gold, columns are
    answers. The matrix for sentiment is not symmetric, so the orientation matters. Without `weights`: Cohen's kappa,
    which counts only equal classes as agreement. Undefined: no counts, or gold and answers have only one class.
    """
    counts = np.asarray(confusions, float)
    weights = np.eye(counts.shape[-1]) if weights is None else np.asarray(weights, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = counts / counts.sum((1, 2), keepdims=True)
        observed = (shares * weights).sum((1, 2))
        expected = np.einsum("ni,ij,nj->n", shares.sum(2), weights, shares.sum(1))
        return np.where(1 - expected > 1e-12, (observed - expected) / (1 - expected), np.nan)


def kappa(confusion: np.ndarray, weights: np.ndarray | Sequence[Sequence[float]] | None = None) -> Ratio:
    """Return the weighted kappa of one matrix of counts (classes x classes)."""
    value = float(kappas(np.asarray(confusion)[None], weights)[0])
    if not np.isnan(value):
        return Ratio(value)
    return Ratio(None, "one class only" if np.any(confusion) else "no gold")
