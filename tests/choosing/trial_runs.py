"""`choose` and its rivals in one world, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sde_datasets.choosing.race import race
from sde_datasets.choosing.trials import Choice, Settings, Trial, Verdict
from tests.choosing.rivals import RIVALS, Place

NEAR = 0.01


@dataclass(frozen=True)
class Outcome:
    """What `choose` gave in one world.

    regret: of the recommended design. cost: share of the cost of the whole grid at full size. covered: whether the set
    holds the best design. near_covered: whether it holds one within 0.005. set_size: its size. stated, true: the stated
    chance to be within 0.005 of the best, and whether it is. inside: whether the interval of the recommended
    design holds its true score. rivals: regret and cost of each.
    """

    regret: float
    cost: float
    covered: bool
    near_covered: bool
    set_size: int
    verdict: Verdict
    stated: float
    true: bool
    inside: bool
    rivals: tuple[tuple[float, float], ...]


class Unlimited:
    """A budget without an end."""

    def affords(self, trials: Sequence[Trial]) -> int:
        """Return all of them."""
        return len(trials)


def outcome(place: Place, truth: np.ndarray, seed: int, settings: Settings, rivals: bool = True) -> Outcome:
    """Run `choose` and its rivals in a world with the given true scores at full size."""
    *_, last = race(place.candidates, place.runner, Unlimited(), settings)
    choice = last.choice
    assert isinstance(choice, Choice)
    regret = truth.max() - truth
    grid = len(place.candidates) * place.full_size
    chosen, posterior = list(choice.confidence_set), choice.posterior
    found = [way(place, seed) for way in RIVALS.values()] if rivals else []
    return Outcome(
        float(regret[choice.best]),
        sum(one.trial.size for one in last.results) / grid,
        bool(truth.argmax() in chosen),
        bool((regret[chosen] <= settings.near).any()),
        len(chosen),
        choice.verdict,
        float(posterior.chance_near[choice.best]),
        bool(regret[choice.best] <= settings.near),
        bool(posterior.low[choice.best] <= truth[choice.best] <= posterior.high[choice.best]),
        tuple((float(regret[row]), cost / len(place.candidates)) for row, cost in found),
    )
