"""The budget of a race: what it has spent, and how many trials it can still pay."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sde_datasets.choosing.amount import Amount, Unit
from sde_datasets.choosing.costs import CostModel
from sde_datasets.choosing.journal import Journal
from sde_datasets.choosing.trials import Trial

# a trial begins only if this share of its predicted cost is left
_LEAST_SHARE = 0.9


class Meter:
    """The `Budget` of a race. known: whether a trial has a result already. jobs: trials that run at a time."""

    def __init__(
        self, amount: Amount, costs: CostModel, journal: Journal, known: Callable[[Trial], bool], jobs: int = 1
    ) -> None:
        self.amount, self.costs, self._journal, self._known, self._jobs = amount, costs, journal, known, jobs
        self._paid: dict[Trial, float] = {}
        self.extra = 0.0

    @property
    def spent(self) -> float:
        """The part of the budget that is spent: elapsed time, or the cost of the trials that this race has run."""
        if self.amount.unit is Unit.SECONDS:
            return self._journal.seconds
        return self.extra + sum(self._paid.values())

    @property
    def left(self) -> float:
        """What is left of the budget."""
        return self.amount.value - self.spent

    def pay(self, trial: Trial, cost: float) -> None:
        """Count the cost of a trial, unless an earlier race has paid for it."""
        if self._journal.is_charged(trial):
            self._paid[trial] = cost

    def affords(self, trials: Sequence[Trial]) -> int:
        """Return how many of these trials, from the first on, the budget pays for; the journal repeats decisions."""
        earlier = self._journal.decision(trials)
        if earlier is not None:
            return earlier
        count = self._affordable(trials)
        self._journal.decide(trials, count)
        return count

    def _affordable(self, trials: Sequence[Trial]) -> int:
        left, missing = self.left, []
        for number, trial in enumerate(trials):
            if not self._known(trial):
                missing.append(trial)
                if self.costs.predict_all(missing, self.amount.unit, self._jobs) > left:
                    return number
        return len(trials)

    def allows(self, trial: Trial) -> bool:
        """Return False if a trial that was to run would exceed the budget, because others cost more than predicted."""
        return self.left >= _LEAST_SHARE * self.costs.predict(trial, self.amount.unit)
