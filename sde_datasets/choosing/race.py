"""The race: a screen of small runs, then fewer candidates with more samples, then further seeds of the leaders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sde_datasets.choosing.answer import choose, nothing_learned, summarize
from sde_datasets.choosing.model import PosteriorDraws, ScoreModel
from sde_datasets.choosing.next_run import best_run
from sde_datasets.choosing.noise import observations
from sde_datasets.choosing.screen import screen_trials
from sde_datasets.choosing.trials import (
    Budget,
    Candidate,
    FailedTrial,
    Posterior,
    Runner,
    Settings,
    Stage,
    Trial,
    TrialResult,
)


def race(candidates: Sequence[Candidate], runner: Runner, budget: Budget, settings: Settings) -> Iterator[Stage]:
    """Run the stages and yield each one. The last carries the choice.

    The race ends early when the budget pays no further trial, or when nearly all scores of the third are at 0.
    Its trials depend on the results alone, so a race that is started again with a runner that keeps results continues.
    A candidate with a trial that failed is neither run again nor recommended.
    """
    yield from _Race(candidates, runner, budget, settings).stages()


class _Race:
    def __init__(self, candidates: Sequence[Candidate], runner: Runner, budget: Budget, settings: Settings) -> None:
        self._candidates, self._runner, self._budget, self._settings = candidates, runner, budget, settings
        self._model = ScoreModel(candidates, settings)
        self._results: list[TrialResult] = []
        self._failed: list[FailedTrial] = []
        self._draws: PosteriorDraws | None = None
        self._posterior: Posterior | None = None

    def stages(self) -> Iterator[Stage]:
        settings = self._settings
        names = ["screen", "second", "final", *(f"seed {number + 1}" for number in range(settings.further_seeds))]
        for name in names:
            trials = self._trials(name)
            paid = self._budget.affords(trials)
            self._run(trials[:paid])
            last = name == names[-1] or paid < len(trials) or not self._results
            last = last or (name not in ("screen", "second") and nothing_learned(self._results))
            yield self._stage(name, paid < len(trials), last)
            if last:
                return

    def _trials(self, name: str) -> list[Trial]:
        settings = self._settings
        if name == "screen":
            return screen_trials(self._candidates, settings)
        posterior = self._posterior
        assert posterior is not None
        if name == "second":
            return self._new(posterior, settings.second_size, settings.second_runs)
        if name == "final":
            return self._new(posterior, settings.full_size, settings.final_runs)
        return self._further(posterior)

    def _new(self, posterior: Posterior, size: int, count: int) -> list[Trial]:
        order = np.lexsort((-posterior.mean, -posterior.chance_best))
        failed = self._failed_candidates()
        return [self._trial(int(row), size) for row in order if row not in failed][:count]

    def _further(self, posterior: Posterior) -> list[Trial]:
        assert self._draws is not None
        failed = self._failed_candidates()
        allowed = np.array([row for row in range(len(self._candidates)) if row not in failed], int)
        if not len(allowed):
            return []
        best = best_run(self._draws, allowed, posterior.chance_best)
        return [self._trial(best, self._settings.full_size)]

    def _trial(self, candidate: int, size: int) -> Trial:
        """The trial with the first seed that this candidate has not run with at this size."""
        made = sum(one.trial.candidate == candidate and one.trial.size == size for one in self._results)
        return Trial(candidate, size, made)

    def _failed_candidates(self) -> set[int]:
        return {one.trial.candidate for one in self._failed}

    def _run(self, trials: Sequence[Trial]) -> None:
        for outcome in self._runner.run(trials) if trials else ():
            if isinstance(outcome, FailedTrial):
                self._failed.append(outcome)
            elif not np.isfinite(outcome.score):
                self._failed.append(FailedTrial(outcome.trial, "its score is undefined"))
            else:
                self._results.append(outcome)
        if self._results:
            self._draws = self._model.posterior(observations(self._results, self._settings))
            self._posterior = summarize(self._draws, self._settings, self._failed_candidates())

    def _stage(self, name: str, stopped: bool, last: bool) -> Stage:
        results = tuple(sorted(self._results, key=lambda one: (one.trial.size, one.trial.candidate, one.trial.seed)))
        choice = None
        if last and self._draws is not None:
            failed = self._failed_candidates()
            choice = choose(self._candidates, results, self._draws, self._settings, failed)
        return Stage(name, results, tuple(self._failed), self._posterior, stopped, choice)
