"""Effects of a factorial plan by least squares, with intervals by the bootstrap over seeds and samples.

The response of a run is the mean of its score over conditions. With effects coding, a main effect is the deviation of
an option from the mean of all designs, and an interaction is what two options do beyond their main effects. The effects
are a linear function of the responses, so the bootstrap applies that function to each resample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sde_datasets.study.analysis.differences import DOMAINS
from sde_datasets.study.analysis.estimates import Estimate, estimate, holm
from sde_datasets.study.analysis.scores import EvaluatedArm, Resampling
from sde_datasets.study.arms import Arm
from sde_datasets.study.factorial import Term, design_matrix, terms_of


@dataclass(frozen=True)
class Effect:
    """The effect of an option, or of a pair of options. term: its options; those of the last option are included.

    holm: the p-value corrected for all effects of the kind (main effects, interactions).
    """

    term: Term
    estimate: Estimate
    holm: float | None = None

    @property
    def is_clear(self) -> bool:
        """True if the effect holds after the correction for several comparisons."""
        return self.estimate.is_clear and self.holm is not None and self.holm < 0.05


@dataclass(frozen=True)
class Fit:
    """The effects of a factorial plan in one domain. reason: why there are none; runs: designs in the fit."""

    domain: str
    score_name: str
    runs: int
    effects: tuple[Effect, ...] = ()
    reason: str = ""

    @property
    def main(self) -> list[Effect]:
        """The main effects."""
        return [effect for effect in self.effects if len(effect.term.options) == 1]

    @property
    def interactions(self) -> list[Effect]:
        """The interactions of two axes."""
        return [effect for effect in self.effects if len(effect.term.options) == 2]


def fits(
    arms: Sequence[Arm],
    levels: Mapping[str, Sequence[str]],
    evaluated: Sequence[EvaluatedArm],
    resampling: Resampling,
) -> list[Fit]:
    """Return the fit of each domain and score; designs without all conditions and seeds of the others are left out."""
    by_name = {arm.name: arm for arm in arms}
    groups: dict[tuple[str, str], list[EvaluatedArm]] = {}
    for one in evaluated:
        if one.arm in by_name and one.condition.trained:
            groups.setdefault((DOMAINS[not one.condition.in_domain], one.score_name), []).append(one)
    return [_fit(domain, score, part, by_name, levels, resampling) for (domain, score), part in groups.items()]


def _fit(
    domain: str,
    score: str,
    evaluated: list[EvaluatedArm],
    arms: Mapping[str, Arm],
    levels: Mapping[str, Sequence[str]],
    resampling: Resampling,
) -> Fit:
    grouped: dict[str, list[EvaluatedArm]] = {}
    for one in evaluated:
        grouped.setdefault(one.arm, []).append(one)
    most = max(len(part) for part in grouped.values())
    complete = {name: part for name, part in grouped.items() if len(part) == most}
    seeds = tuple(sorted(set.intersection(*(set(one.seeds) for part in complete.values() for one in part))))
    present = {
        axis: [option for option in options if any(arms[name].option(axis) == option for name in complete)]
        for axis, options in levels.items()
    }
    present = {axis: options for axis, options in present.items() if len(options) > 1}
    chosen = [arms[name] for name in complete]
    solver = _solver(chosen, present)
    if solver is None or not seeds:
        reason = f"{len(chosen)} complete designs are too few to estimate the effects of all axes"
        return Fit(domain, score, len(chosen), reason=reason)
    terms, inverse = solver
    drawn = np.stack([_mean([resampling.means(o, seeds, o.ids) for o in part]) for part in complete.values()])
    by_seed = np.array([[_mean([o.values[seed] for o in part]) for seed in seeds] for part in complete.values()])
    found = [
        Effect(term, estimate(row @ drawn, row @ by_seed))
        for term, row in _all_options(terms, inverse, present)
        if term.options
    ]
    return Fit(domain, score, len(chosen), tuple(_corrected(found)))


def _mean(values: list) -> np.ndarray:
    return np.mean(values, axis=0)


def _solver(arms: Sequence[Arm], levels: Mapping[str, Sequence[str]]) -> tuple[list[Term], np.ndarray] | None:
    """Return the terms and the pseudo-inverse of the matrix, with interactions if the runs suffice for them."""
    for interactions in (True, False):
        matrix = design_matrix(arms, levels, interactions)
        if len(arms) >= matrix.shape[1] and np.linalg.matrix_rank(matrix) == matrix.shape[1]:
            return terms_of(levels, interactions), np.linalg.pinv(matrix)
    return None


def _all_options(
    terms: Sequence[Term], inverse: np.ndarray, levels: Mapping[str, Sequence[str]]
) -> list[tuple[Term, np.ndarray]]:
    """Return a row for each effect; the effects of an axis sum to 0, which gives that of its last option."""
    found = dict(zip(terms, inverse, strict=True))
    for axis, options in levels.items():
        last = (axis, options[-1])
        for term in list(found):
            if term.options and term.options[-1] == (axis, options[0]):
                found[Term((*term.options[:-1], last))] = -sum(
                    found[Term((*term.options[:-1], (axis, option)))] for option in options[:-1]
                )
            elif len(term.options) == 2 and term.options[0] == (axis, options[0]):
                found[Term((last, term.options[1]))] = -sum(
                    found[Term(((axis, option), term.options[1]))] for option in options[:-1]
                )
    return list(found.items())


def _corrected(effects: list[Effect]) -> list[Effect]:
    """Return the effects with p-values corrected among main effects, and among interactions.

    The two options of an axis have one effect with two signs, which is one comparison.
    """
    found: dict[Term, Effect] = {}
    for size in (1, 2):
        comparisons: dict[tuple[tuple[str, ...], float], list[Effect]] = {}
        for effect in effects:
            if len(effect.term.options) == size:
                key = (effect.term.axes, round(abs(effect.estimate.value), 12))
                comparisons.setdefault(key, []).append(effect)
        corrected = holm([same[0].estimate.p for same in comparisons.values()])
        for same, p in zip(comparisons.values(), corrected, strict=True):
            found |= {effect.term: replace(effect, holm=p) for effect in same}
    return [found[effect.term] for effect in effects]
