"""What a budget buys: the settings of a race that it pays for, and words about them before the race begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sde_datasets.choosing.amount import Amount, Unit
from sde_datasets.choosing.costs import CostModel
from sde_datasets.choosing.trials import Settings, Trial
from sde_datasets.errors import InputError

# the share of a time budget that trials may use; the rest is for the computation between stages and for the report
_TRIALS_SHARE = 0.9
# plans that are tried between the whole one and the smallest one
_STEPS = 60


@dataclass(frozen=True)
class Forecast:
    """The predicted cost of each stage of a race. left: what the budget had left when it was made."""

    settings: Settings
    amount: Amount
    left: float
    screen: float
    second: float
    final: float
    further: float
    full_run: float

    @property
    def total(self) -> float:
        """The cost of all stages."""
        return self.screen + self.second + self.final + self.further

    def lines(self) -> Iterator[str]:
        """Yield what the budget buys, in sentences."""
        plan, words = self.settings, self.amount.words
        if self.amount.unit is not Unit.RUNS:
            yield f"A run on {plan.full_size:,} samples, with its evaluation, costs about {words(self.full_run)}."
        parts = [f"{plan.screen_runs} runs of {plan.screen_size} samples ({words(self.screen)})"]
        parts.append(f"{plan.second_runs} of {plan.second_size} ({words(self.second)})")
        parts.append(f"{plan.final_runs} of {plan.full_size} ({words(self.final)})")
        if plan.further_seeds:
            parts.append(
                f"up to {plan.further_seeds} more of {plan.full_size} with other seeds ({words(self.further)})"
            )
        yield f"The budget of {words()} buys {', '.join(parts[:-1])} and {parts[-1]}: about {words(self.total)} in all."
        if self.total > self.left:
            yield "The last stages may not fit; choose then ends with the best answer so far and says how sure it is."


def forecast(base: Settings, costs: CostModel, amount: Amount, left: float, jobs: int = 1) -> Forecast:
    """Return the largest plan that the rest of a budget pays for, at most the whole one.

    left: what the budget has left. Raises InputError if it does not pay for the smallest screen.
    """
    usable = left * (_TRIALS_SHARE if amount.unit is Unit.SECONDS else 1.0)
    found = _costs_of(base, costs, amount, left, jobs)
    for step in range(1, _STEPS + 1):
        if found.total <= usable:
            return found
        smaller = base.scaled_to(base.full_runs * (1 - step / _STEPS))
        found = _costs_of(smaller, costs, amount, left, jobs)
    if found.screen > usable:
        raise _too_small(found)
    return found


def _costs_of(plan: Settings, costs: CostModel, amount: Amount, left: float, jobs: int) -> Forecast:
    candidates = len(costs.lengths)
    plan = replace(plan, screen_runs=min(plan.screen_runs, candidates + plan.repeats))
    plan = replace(plan, second_runs=min(plan.second_runs, candidates), final_runs=min(plan.final_runs, candidates))

    def cost(runs: int, size: int) -> float:
        # spread over all candidates, which differ in length
        trials = [Trial(number * candidates // max(runs, 1) % candidates, size, 0) for number in range(runs)]
        return costs.predict_all(trials, amount.unit, jobs) if trials else 0.0

    return Forecast(
        plan,
        amount,
        left,
        screen=cost(plan.screen_runs, plan.screen_size),
        second=cost(plan.second_runs, plan.second_size),
        final=cost(plan.final_runs, plan.full_size),
        # one by one
        further=sum(cost(1, plan.full_size) for _ in range(plan.further_seeds)),
        full_run=costs.predict_all([Trial(row, plan.full_size, 0) for row in range(candidates)], amount.unit)
        / candidates,
    )


def _too_small(least: Forecast) -> InputError:
    plan, amount = least.settings, least.amount
    problem = (
        f"is too small: the smallest screen has {plan.screen_runs} runs of {plan.screen_size} samples and needs about "
        f"{amount.words(least.screen)}, of which {amount.words(max(least.left, 0.0))} are left"
    )
    needed = amount.words(1.3 * (amount.value - least.left + least.total))
    hint = f"Give about {needed}, with which the smallest race ends"
    if amount.unit is not Unit.RUNS:
        hint += ", or less work: a smaller --train-size or --validation-size, a smaller model"
    return InputError(f"a budget of {amount.words()}", problem, f"{hint}.")
