"""The race: its stages, a budget that ends, failures, a second start, and its verdicts.

pytest tests/choosing/test_race.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from sde_datasets.choosing.race import race
from sde_datasets.choosing.trials import Candidate, Choice, FailedTrial, Settings, Stage, Trial, TrialResult, Verdict
from tests.choosing.trial_runs import Unlimited
from tests.choosing.worlds import CANDIDATES, FULL_SIZE, KINDS, World

SETTINGS = Settings(FULL_SIZE, draws=800)
WORLD = World.draw(KINDS["standard"], 1)


class Limited:
    """A budget of training samples, from which the runner takes."""

    def __init__(self, samples: float) -> None:
        self.left = samples

    def affords(self, trials: Sequence[Trial]) -> int:
        """Return how many trials fit."""
        return int((np.cumsum([trial.size for trial in trials]) <= self.left).sum())


class Kept:
    """A runner that keeps results, gives them in another order, and fails where told."""

    def __init__(self, world: World, failing: Sequence[int] = (), budget: Limited | None = None) -> None:
        self.world, self.failing, self.budget = world, failing, budget
        self.asked: list[Trial] = []

    def run(self, trials: Sequence[Trial]) -> Iterator[TrialResult | FailedTrial]:
        """Yield the outcomes, the last trial first."""
        self.asked += trials
        for trial in reversed(trials):
            if trial.candidate in self.failing:
                yield FailedTrial(trial, "out of memory")
                continue
            if self.budget is not None:
                self.budget.left -= trial.size
            yield from self.world.run([trial])


def stages(world: World = WORLD, runner: Kept | None = None, budget: Limited | None = None) -> list[Stage]:
    return list(race(CANDIDATES, runner or Kept(world), budget or Unlimited(), SETTINGS))


@pytest.fixture(scope="module")
def whole() -> list[Stage]:
    return stages()


def choice_of(found: list[Stage]) -> Choice:
    choice = found[-1].choice
    assert choice is not None
    return choice


def test_stages_follow_the_plan(whole):
    assert [stage.name for stage in whole[:3]] == ["screen", "second", "final"]
    trials = [one.trial for one in whole[-1].results]
    assert len(set(trials)) == len(trials)
    sizes = [one.size for one in trials]
    assert sizes.count(SETTINGS.screen_size) == SETTINGS.screen_runs
    assert sizes.count(SETTINGS.second_size) == SETTINGS.second_runs
    assert sizes.count(FULL_SIZE) == SETTINGS.final_runs + SETTINGS.further_seeds
    assert sum(sizes) / FULL_SIZE == pytest.approx(SETTINGS.full_runs, rel=0.001)
    assert [stage.choice is None for stage in whole] == [True] * (len(whole) - 1) + [False]


def test_the_screen_repeats_two_designs_and_varies_every_level(whole):
    screen = [one.trial for one in whole[0].results]
    assert sum(trial.seed == 1 for trial in screen) == 2
    seen = {level for trial in screen for level in CANDIDATES[trial.candidate].levels}
    assert seen == {level for one in CANDIDATES for level in one.levels}


def test_the_answer_is_consistent(whole):
    choice, posterior = choice_of(whole), choice_of(whole).posterior
    assert choice.verdict is Verdict.CHOICE
    assert posterior.chance_best.sum() == pytest.approx(1)
    assert (posterior.chance_near >= posterior.chance_best).all()
    assert posterior.chance_best[list(choice.confidence_set)].sum() >= 0.95 - 1e-9
    assert posterior.mean.argmax() == choice.best == choice.curves[0].candidate
    for axis in dict.fromkeys(effect.axis for effect in choice.effects):
        assert sum(one.estimate for one in choice.effects if one.axis == axis) == pytest.approx(0, abs=1e-9)
    assert all((curve.low <= curve.high).all() for curve in choice.curves)


def test_a_race_that_starts_again_goes_on(whole):
    cut = stages(budget=(limit := Limited(3 * FULL_SIZE)), runner=Kept(WORLD, budget=limit))
    assert cut[-1].stopped
    assert cut[-1].choice is not None
    # the order in which results come differs, and the first results are there already
    again = list(race(CANDIDATES, WORLD, Unlimited(), SETTINGS))
    assert [one.trial for one in again[-1].results] == [one.trial for one in whole[-1].results]
    assert choice_of(again).best == choice_of(whole).best
    assert (choice_of(again).posterior.mean == choice_of(whole).posterior.mean).all()


def test_the_budget_is_kept():
    limit = Limited(7.1 * FULL_SIZE)
    found = stages(budget=limit, runner=Kept(WORLD, budget=limit))
    assert limit.left >= 0
    assert found[-1].name == "second"
    assert found[-1].stopped


def test_a_budget_for_nothing_gives_no_choice():
    found = stages(budget=Limited(10))
    assert len(found) == 1
    assert found[0].stopped
    assert found[0].choice is None
    assert found[0].posterior is None


def test_a_design_that_fails_is_neither_run_again_nor_recommended():
    runner = Kept(WORLD, failing=range(0, 288, 2))
    found = stages(runner=runner)
    later = [one.trial for one in found[-1].failed if one.trial.size > SETTINGS.screen_size]
    assert not {one.candidate for one in later} & {one.trial.candidate for one in found[0].failed}
    failed = {one.trial.candidate for one in found[-1].failed}
    assert not failed & {choice_of(found).best, *choice_of(found).confidence_set}
    assert len(found[-1].failed) + len(found[-1].results) == len(runner.asked)


def test_nothing_is_ranked_where_nothing_is_learned():
    found = stages(World.draw(KINDS["at zero"], 1))
    assert [stage.name for stage in found] == ["screen", "second", "final"]
    assert choice_of(found).verdict is Verdict.NOTHING_LEARNED


def test_designs_without_differences_cannot_be_told_apart():
    choice = choice_of(stages(World.draw(KINDS["nil"], 1)))
    assert choice.verdict is Verdict.CANNOT_TELL
    assert len(choice.confidence_set) > len(CANDIDATES) / 4


def test_forms_that_were_not_learned_are_named():
    world = World.draw(KINDS["unlearned forms"], 3)
    found = stages(world)
    late = {one.trial for one in found[-1].results if one.trial.size < world.threshold[one.trial.candidate]}
    assert late
    assert set(choice_of(found).unlearned) == late


class Linear:
    """A runner of other candidates: scores rise with the number of the candidate; draws can be undefined."""

    def __init__(self, undefined: Sequence[int] = ()) -> None:
        self.undefined = undefined

    def run(self, trials: Sequence[Trial]) -> Iterator[TrialResult | FailedTrial]:
        """Yield the results."""
        for trial in trials:
            score = float("nan") if trial.candidate in self.undefined else 0.5 + 0.1 * trial.candidate
            draws = np.array([score, score, float("nan"), score])
            yield TrialResult(trial, score, draws, 1.0, 10.0, 1.0)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_candidates_are_raced_too(count):
    few = [Candidate(str(number), (("format", str(number)),)) for number in range(count)]
    *_, last = race(few, Linear(), Unlimited(), Settings(100, draws=400, further_seeds=2))
    assert last.choice is not None
    assert last.choice.best == count - 1
    trials = [one.trial for one in last.results]
    assert len(trials) == len(set(trials))


def test_an_undefined_score_is_a_failure():
    few = [Candidate(str(number), (("format", str(number)),)) for number in range(4)]
    *_, last = race(few, Linear(undefined=[3]), Unlimited(), Settings(100, draws=400, further_seeds=2))
    assert {one.trial.candidate for one in last.failed} == {3}
    assert last.choice is not None
    assert last.choice.best == 2


def test_sizes_that_are_the_same_give_further_seeds():
    few = [Candidate(str(number), (("format", str(number)),)) for number in range(4)]
    settings = Settings(100, screen_fraction=1.0, second_fraction=1.0, further_seeds=2, draws=400)
    *_, last = race(few, Linear(), Unlimited(), settings)
    trials = [one.trial for one in last.results]
    assert len(trials) == len(set(trials)) > 8


def test_settings_follow_the_budget():
    small, large = SETTINGS.scaled_to(10), SETTINGS.scaled_to(40)
    assert small.full_runs <= 10 < SETTINGS.full_runs < large.full_runs <= 40
    assert SETTINGS.scaled_to(0.1).screen_runs == 10
