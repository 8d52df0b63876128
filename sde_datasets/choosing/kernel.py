"""The covariance of scores over candidates: main effects of axes, their interactions, and what is left.

The kernel of an axis is 1 for equal levels and -1 / (levels - 1) for different ones: its functions sum to 0 over the
levels, as main effects do (Durrande et al. 2013). Products of the kernels of two and three axes give interactions. Each
part is a mean over its axes, pairs or triples, so that it has variance 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sde_datasets.choosing.trials import Candidate

PARTS = ("main", "pairs", "triples", "rest")


@dataclass(frozen=True, eq=False)
class DesignKernel:
    """The parts of the kernel over the candidates: shape (4, candidates, candidates), in the order of PARTS."""

    parts: np.ndarray

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> DesignKernel:
        """Return the kernel of candidates with the same axes. Axes with one level have no effects."""
        axes = [_axis_kernel(values) for values in level_codes(candidates) if len(set(values)) > 1]
        size = len(candidates)
        parts = np.zeros((len(PARTS), size, size))
        for order in (1, 2, 3):
            products = [np.prod(chosen, axis=0) for chosen in combinations(axes, order)]
            parts[order - 1] = sum(products) / max(len(products), 1)
        parts[3] = np.eye(size)
        return cls(parts)

    def roots(self) -> list[np.ndarray]:
        """Return for each part a matrix R (candidates x rank) with R R' equal to the part."""
        return [matrix_root(part) for part in self.parts]


def level_codes(candidates: Sequence[Candidate]) -> list[tuple[str, ...]]:
    """Return for each axis the level of each candidate."""
    return list(zip(*([level for _, level in one.levels] for one in candidates), strict=True))


def matrix_root(matrix: np.ndarray) -> np.ndarray:
    """Return R with R R' equal to the positive semidefinite matrix, without the directions of variance 0."""
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-10 * max(values[-1], 1e-30)
    return vectors[:, kept] * np.sqrt(values[kept])


def _axis_kernel(values: Sequence[str]) -> np.ndarray:
    codes = np.unique(np.array(values), return_inverse=True)[1]
    levels = codes.max() + 1
    return np.where(codes[:, None] == codes, 1.0, -1.0 / (levels - 1))
