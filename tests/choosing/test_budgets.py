"""Budgets: how they are read, what trials cost, and what a budget buys.

pytest tests/choosing/test_budgets.py
"""

from __future__ import annotations

import time

import pytest

from sde_datasets.choosing.amount import Amount, Unit, parse_amount
from sde_datasets.choosing.costs import CostModel, Usage
from sde_datasets.choosing.forecast import forecast
from sde_datasets.choosing.journal import Journal
from sde_datasets.choosing.lengths import Lengths
from sde_datasets.choosing.meter import Meter
from sde_datasets.choosing.trials import Candidate, Settings, Trial
from sde_datasets.errors import InputError, UsageError

CANDIDATES = [Candidate(f"design {number}", (("format", str(number)),)) for number in range(50)]
RUNS = Amount(Unit.RUNS, 5)


def costs() -> CostModel:
    lengths = [Lengths(prompt=80, answer=20, generated=20) for _ in CANDIDATES]
    return CostModel(lengths, validation=100, folds=1, model="tiny", training={"epochs": 2})


def trial(number: int, size: int = 50) -> Trial:
    return Trial(number, size, 0)


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "race.json", "key", CANDIDATES)


def meter(journal: Journal, amount: Amount = RUNS, known=()) -> Meter:
    return Meter(amount, costs(), journal, lambda one: one in known)


@pytest.mark.parametrize(
    "given, unit, value, words",
    [
        ({"time": "2h"}, Unit.SECONDS, 7200, "2.0 h"),
        ({"time": "90s"}, Unit.SECONDS, 90, "2 min"),
        ({"tokens": "5M"}, Unit.TOKENS, 5e6, "5.0 M tokens"),
        ({"tokens": 20000}, Unit.TOKENS, 2e4, "20,000 tokens"),
        ({"runs": 1}, Unit.RUNS, 1, "1 run"),
    ],
)
def test_amounts_are_read_and_written(given, unit, value, words):
    amount = parse_amount(**given)
    assert (amount.unit, amount.value, amount.words()) == (unit, value, words)


@pytest.mark.parametrize("given", [{}, {"time": "2h", "runs": 3}, {"time": "2 weeks"}, {"tokens": "many"}])
def test_other_amounts_are_refused(given):
    with pytest.raises(UsageError, match="give"):
        parse_amount(**given)


def test_tokens_of_a_trial_are_those_of_training_and_evaluation():
    expected = costs().expected(trial(0))
    assert (expected.trained, expected.generated, expected.prompts) == (50 * 2 * 100, 100 * 20, 100 * 80)


def test_a_model_of_seconds_recovers_the_rates_of_measured_trials():
    model = costs()
    for number, size in enumerate((10, 50, 200, 400)):
        used = model.expected(trial(number, size))
        seconds = 5 + 0.001 * used.trained + 0.01 * (used.generated + 0.1 * used.prompts)
        model.measured[trial(number, size)] = Usage(used.trained, used.generated, used.prompts, seconds)
    # all evaluations are equal, so the constant and the time of an evaluation are one sum
    assert model.predict(trial(9, 300), Unit.SECONDS) == pytest.approx(5 + 0.001 * 60000 + 0.01 * 2800, rel=1e-6)


def test_trials_that_run_at_a_time_share_the_seconds_and_not_the_tokens():
    model = costs()
    model.probes = [Usage(1000, 100, 100, 10.0)]
    one = model.predict(trial(0), Unit.SECONDS)
    trials = [trial(number) for number in range(4)]
    assert model.predict_all(trials, Unit.SECONDS, jobs=2) == pytest.approx(2 * one)
    assert model.predict_all(trials, Unit.TOKENS, jobs=2) == pytest.approx(4 * model.expected(trial(0)).tokens)


def test_a_budget_pays_for_the_first_trials_and_known_ones_cost_nothing(journal):
    trials = [trial(number) for number in range(8)]
    assert meter(journal, known={trials[0], trials[5]}).affords(trials) == 7


def test_what_was_paid_is_not_left(journal):
    counter, trials = meter(journal), [trial(number) for number in range(3)]
    journal.charge(trials)
    for one in trials:
        counter.pay(one, 1.0)
    counter.pay(trial(9), 1.0)
    assert counter.left == 2


def test_a_decision_is_repeated_after_a_restart(tmp_path, journal):
    trials = [trial(number) for number in range(8)]
    assert meter(journal).affords(trials) == 5
    again = Journal(tmp_path / "race.json", "key", CANDIDATES)
    assert meter(again, known=set(trials)).affords(trials) == 5
    other = Journal(tmp_path / "race.json", "another budget", CANDIDATES)
    assert meter(other, known=set(trials)).affords(trials) == 8


def test_the_time_of_earlier_calls_counts(tmp_path):
    path, begun = tmp_path / "race.json", time.monotonic() - 100
    Journal(path, "key", CANDIDATES, begun).save()
    assert 200 <= Journal(path, "key", CANDIDATES, begun).seconds < 250


def test_a_large_budget_buys_the_whole_plan():
    base = Settings(full_size=400)
    found = forecast(base, costs(), Amount(Unit.RUNS, 1000), 1000)
    runs = (base.screen_runs, base.second_runs, base.final_runs, base.further_seeds)
    assert found.settings == base and found.total == sum(runs)


@pytest.mark.parametrize("runs", [20, 30, 45])
def test_a_small_budget_buys_a_smaller_plan_within_it(runs):
    found = forecast(Settings(full_size=400), costs(), Amount(Unit.RUNS, runs), runs)
    assert 0.7 * runs <= found.total <= runs
    assert f"The budget of {runs} runs buys {found.settings.screen_runs} runs of 60 samples" in " ".join(found.lines())


def test_a_plan_has_no_more_runs_in_a_stage_than_there_are_candidates():
    few = costs()
    few.lengths = few.lengths[:6]
    found = forecast(Settings(full_size=400), few, Amount(Unit.RUNS, 1000), 1000)
    assert (found.settings.screen_runs, found.settings.second_runs, found.settings.final_runs) == (8, 6, 5)


def test_a_budget_too_small_for_the_screen_is_refused():
    with pytest.raises(InputError, match="a budget of 6 runs: is too small: the smallest screen has 10 runs"):
        forecast(Settings(full_size=400), costs(), Amount(Unit.RUNS, 6), 6)
