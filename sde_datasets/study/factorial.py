"""Factorial plans: a D-optimal fraction of the grid of all options, for main effects and two-factor interactions.

A design matrix X has a row for each run and a column for each parameter. A D-optimal choice of rows maximizes det(X'X),
which minimizes the volume of the confidence region of the parameters. Rows are exchanged one by one until none
improves the determinant (Fedorov 1972; Cook and Nachtsheim 1980). pyDOE3 has such exchanges for numeric factors; with
options of words they start from a singular choice and reach a smaller determinant, so only tests use it, to compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np

from sde_datasets.designs.design import EVERY
from sde_datasets.errors import InputError, UsageError
from sde_datasets.study.arms import Arm, arm_from
from sde_datasets.study.plan import Plan

_SWEEPS = 30
_STARTS = 3
_RIDGE = 1e-6


@dataclass(frozen=True)
class Term:
    """A column of the design matrix: the options whose codes are multiplied; none for the intercept."""

    options: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The name of the effect: `format=lines`, `format=lines x labels=num`."""
        return " x ".join(f"{axis}={option}" for axis, option in self.options) or "mean"

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of the effect."""
        return tuple(axis for axis, _ in self.options)


def levels_of(axes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the options of each axis as words."""
    return {
        axis: [f"{option:g}" if isinstance(option, float) else str(option) for option in options]
        for axis, options in axes.items()
    }


def terms_of(levels: Mapping[str, Sequence[str]], interactions: bool) -> list[Term]:
    """Return the columns: the mean, main effects of all options but the last of each axis, and products of two axes."""
    main = {axis: [(axis, option) for option in options[:-1]] for axis, options in levels.items()}
    terms = [Term(()), *(Term((choice,)) for choices in main.values() for choice in choices)]
    if interactions:
        terms += [Term(pair) for a, b in combinations(main, 2) for pair in product(main[a], main[b])]
    return terms


def design_matrix(arms: Sequence[Arm], levels: Mapping[str, Sequence[str]], interactions: bool) -> np.ndarray:
    """Return the matrix (arms x terms) in effects coding: an option is 1, the last option of its axis -1, others 0."""
    codes = {
        (axis, option): np.array(
            [1.0 if arm.option(axis) == option else -1.0 if arm.option(axis) == options[-1] else 0.0 for arm in arms]
        )
        for axis, options in levels.items()
        for option in options[:-1]
    }
    columns = []
    for term in terms_of(levels, interactions):
        column = np.ones(len(arms))
        for choice in term.options:
            column = column * codes[choice]
        columns.append(column)
    return np.stack(columns, axis=1)


def factorial_arms(plan: Plan) -> list[Arm]:
    """Return the arms of a factorial plan, in the order in which each one teaches most after those before it.

    Raises InputError if `runs` are fewer than the main effects.
    """
    levels = levels_of(plan.axes)
    candidates = [arm for choice in product(*_choices(plan.axes)) if (arm := _arm(choice))]
    interactions = plan.runs >= len(terms_of(levels, True))
    needed = len(terms_of(levels, False))
    if plan.runs < needed:
        raise InputError(plan.name, f"has {plan.runs} runs for {needed} main effects", f"Give runs = {needed} or more.")
    if plan.runs >= len(candidates):
        return candidates
    matrix = design_matrix(candidates, levels, interactions)
    best = max(
        (d_optimal(matrix, plan.runs, start) for start in range(_STARTS)), key=lambda rows: _log_det(matrix[rows])
    )
    return [candidates[row] for row in teaching_order(matrix, best)]


def d_optimal(matrix: np.ndarray, runs: int, seed: int) -> list[int]:
    """Return `runs` rows of the matrix (candidates x terms) with a large determinant, each at most once."""
    rows = teaching_order(matrix, list(range(len(matrix))), seed)[:runs]
    for _ in range(_SWEEPS):
        changed = False
        for place in range(runs):
            inverse = _inverse(matrix[rows])
            moved = matrix @ inverse
            variance = np.einsum("ij,ij->i", moved, matrix)
            own, shared = variance[rows[place]], moved @ matrix[rows[place]]
            # the factor by which an exchange multiplies the determinant, less 1 (Fedorov's delta)
            gain = variance - own - (variance * own - shared**2)
            gain[rows] = 0.0
            best = int(gain.argmax())
            if gain[best] > 1e-9:
                rows[place], changed = best, True
        if not changed:
            break
    return rows


def teaching_order(matrix: np.ndarray, rows: list[int], seed: int | None = None) -> list[int]:
    """Return the rows in an order in which each next one has the largest variance of prediction under those before.

    seed: draws the first row; None begins with the first of `rows`.
    """
    left = list(rows)
    first = 0 if seed is None else int(np.random.default_rng(seed).integers(len(left)))
    inverse = np.eye(matrix.shape[1]) / _RIDGE
    order: list[int] = []
    while left:
        if order:
            part = matrix[left]
            first = int(np.einsum("ij,jk,ik->i", part, inverse, part).argmax())
        row = left.pop(first)
        order.append(row)
        moved = inverse @ matrix[row]
        inverse -= np.outer(moved, moved) / (1 + matrix[row] @ moved)
    return order


def _choices(axes: Mapping[str, Any]) -> list[list[tuple[str, Any]]]:
    return [[(axis, option) for option in options] for axis, options in axes.items()]


def _arm(choice: Sequence[tuple[str, Any]]) -> Arm | None:
    """The arm of a choice; None for options that exclude each other, such as no instruction in another wording."""
    try:
        arm = arm_from(dict(choice))
    except UsageError:
        return None
    return arm if arm.design.name in EVERY else None


def _inverse(rows: np.ndarray) -> np.ndarray:
    return np.linalg.inv(rows.T @ rows + _RIDGE * np.eye(rows.shape[1]))


def _log_det(rows: np.ndarray) -> float:
    return float(np.linalg.slogdet(rows.T @ rows + _RIDGE * np.eye(rows.shape[1]))[1])
