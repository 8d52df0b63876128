"""The runner of a race: each trial is a cell of a study, or one for each fold, run by a launcher of studies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sde_datasets.choosing.costs import Usage
from sde_datasets.choosing.data import ChoiceData
from sde_datasets.choosing.folder import ChoiceFolder
from sde_datasets.choosing.journal import Journal
from sde_datasets.choosing.meter import Meter
from sde_datasets.choosing.outcome import Scorer
from sde_datasets.choosing.trials import FailedTrial, Trial, TrialResult
from sde_datasets.study.arms import Arm
from sde_datasets.study.cells import Cell, Evaluation
from sde_datasets.study.estimate import duration
from sde_datasets.study.execute import CellJob
from sde_datasets.study.folder import TRAINING, CellFolder
from sde_datasets.study.launch import Launcher, Outcome
from sde_datasets.study.matrix import make_cell
from sde_datasets.utils.progress import Progress

OVER = "the budget ended before this run"
# the label of the evaluations, and the seed of a study that belongs to the seed 0 of a race
_LABEL, _FIRST_SEED = "validation", 1


@dataclass(frozen=True)
class CellPlan:
    """What all cells of a race share. options: of training. limit: validation samples of a fold; 0 for all."""

    data: ChoiceData
    folder: ChoiceFolder
    model: str
    options: Mapping[str, Any]
    limit: int
    batch: int = 16
    device: str | None = None

    def cells(self, arm: Arm, size: int, seed: int, **options: Any) -> list[Cell]:
        """Return the cells of a training run, one for each fold. options: further ones of training."""
        return [self._cell(arm, view, size, seed, {**self.options, **options}) for view in self.data.views]

    def _cell(self, arm: Arm, view: str, size: int, seed: int, options: dict[str, Any]) -> Cell:
        config = f"{view}-{arm.design.name}"
        facts = self.data.study.facts(config, "validation")
        evaluation = Evaluation("answers", _LABEL, view, config, facts.digest, self.limit, {}, "validation")
        return make_cell(arm, view, self.model, size, seed, options, self.data.study, (evaluation,))

    def job(self, cell: Cell) -> CellJob:
        """Return a cell as a job of a launcher."""
        return CellJob(cell, self.place(cell), self.data.study, self.batch, self.device)

    def place(self, cell: Cell) -> CellFolder:
        """Return the folder of a cell."""
        return self.folder.study.cell(cell)

    def usage(self, cells: Sequence[Cell]) -> Usage:
        """Return what complete cells used together."""
        total = Usage(0.0, 0.0, 0.0)
        for cell in cells:
            training, result = self.place(cell).training() or {}, self.result(cell) or {}
            seconds = training.get("seconds", 0.0) + result.get("seconds", 0.0)
            tokens = (result.get("tokens", 0), result.get("prompt_tokens", 0))
            total += Usage(training.get("tokens", 0), *tokens, seconds)
        return total

    def result(self, cell: Cell) -> dict[str, Any] | None:
        """Return the result of the evaluation of a cell; None if it is not complete."""
        return self.place(cell).result(cell.evaluations[0])


@dataclass
class StudyRunner:
    """Runs trials of arms. A result that exists is returned without a run; what ran is charged to the meter.

    score_name is that of the last result: `kappa` or `f1`.
    """

    plan: CellPlan
    arms: Sequence[Arm]
    journal: Journal
    launcher: Launcher
    progress: Progress
    meter: Meter | None = None
    score_name: str = ""
    _cells: dict[Trial, list[Cell]] = field(default_factory=dict)

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self.plan.data.documents)

    def cells(self, trial: Trial) -> list[Cell]:
        """Return the cells of a trial; designs that the data lack are written first."""
        if trial not in self._cells:
            arm = self.arms[trial.candidate]
            self.plan.data.require_designs([arm.design.name])
            self._cells[trial] = self.plan.cells(arm, trial.size, _FIRST_SEED + trial.seed)
        return self._cells[trial]

    def is_complete(self, trial: Trial) -> bool:
        """Return True if nothing of a trial is missing."""
        return all(self.plan.place(cell).is_complete(cell) for cell in self.cells(trial))

    def run(self, trials: Sequence[Trial]) -> Iterator[TrialResult | FailedTrial]:
        """Run what is missing, and yield a result or a failure for each trial, in the order of the trials."""
        self.plan.data.require_designs({self.arms[trial.candidate].design.name for trial in trials})
        missing = [t for t in trials if not self.is_complete(t) and not self.journal.is_cut(t)]
        self.journal.charge(missing)
        for trial in trials:
            if trial not in missing and self.is_complete(trial):
                self._pay(trial)
        reasons = self._launch(missing) if missing else {}
        for trial in trials:
            yield self._outcome(trial, reasons)

    def _launch(self, trials: list[Trial]) -> dict[Trial, str]:
        """Run the cells of trials; return why trials failed. Trials that the budget cuts off have no reason."""
        cells = [(trial, cell) for trial in trials for cell in self.cells(trial)]
        cells = [(trial, cell) for trial, cell in cells if not self.plan.place(cell).is_complete(cell)]
        trial_of = {cell.name: trial for trial, cell in cells}
        for _, cell in cells:
            _forget_without_weights(self.plan.place(cell))
        waiting = dict.fromkeys(trial_of.values())
        count = len(waiting)
        reasons: dict[Trial, str] = {}
        outcomes = self.launcher([self.plan.job(cell) for _, cell in cells])
        for outcome in outcomes:
            trial = trial_of[outcome.job.cell.name]
            waiting.pop(trial, None)
            self._after(outcome, trial, reasons, f"run {count - len(waiting)} of {count}")
            self.journal.save()
            if waiting and self.meter is not None and not self.meter.allows(next(iter(waiting))):
                # closing it waits for the cells that are running
                outcomes.close()
                break
        self.journal.cut(t for t in trials if not self.is_complete(t) and t not in reasons)
        return reasons

    def _after(self, outcome: Outcome, trial: Trial, reasons: dict[Trial, str], number: str) -> None:
        """Count a cell that has ended, and say so. number: of its trial in the stage."""
        words = f"{number}: {outcome.job.cell.arm} ({trial.size} samples, seed {trial.seed + _FIRST_SEED})"
        if outcome.reason:
            reasons[trial] = outcome.reason
            self._charge(trial, Usage(0.0, 0.0, 0.0))
            self.progress.line(f"{words}: failed: {outcome.reason}")
            return
        _remove_weights(outcome.job.folder)
        if not self.is_complete(trial):
            return
        self._pay(trial)
        done = self._outcome(trial, reasons)
        if isinstance(done, TrialResult):
            words += f": {self.score_name} {done.score:.3f}, parses {100 * done.parse_rate:.0f} %"
        else:
            words += f": {done.reason}"
        left = f"; {self.meter.amount.words(max(self.meter.left, 0.0))} left" if self.meter is not None else ""
        self.progress.line(f"{words}; {duration(outcome.seconds)}{left}")

    def _pay(self, trial: Trial) -> None:
        self._charge(trial, self.plan.usage(self.cells(trial)), measured=True)

    def _charge(self, trial: Trial, usage: Usage, measured: bool = False) -> None:
        if self.meter is None:
            return
        if measured:
            self.meter.costs.measured[trial] = usage
        self.meter.pay(trial, usage.cost(self.meter.amount.unit))

    def _outcome(self, trial: Trial, reasons: Mapping[Trial, str]) -> TrialResult | FailedTrial:
        if trial in reasons:
            return FailedTrial(trial, reasons[trial])
        if not self.is_complete(trial):
            return FailedTrial(trial, OVER)
        cells = self.cells(trial)
        results = [self.plan.result(cell) or {} for cell in cells]
        scored, usage = self._scorer.scored(results), self.plan.usage(cells)
        if scored is None:
            return FailedTrial(trial, "its score is undefined: no answer and no annotation has a value")
        self.score_name = scored.name
        samples = sum(len(result["ids"]) for result in results)
        cost = usage.cost(self.meter.amount.unit) if self.meter is not None else usage.seconds
        written = usage.generated / samples
        return TrialResult(trial, scored.score, scored.draws, scored.parse_rate, written, cost)


def _remove_weights(place: CellFolder) -> None:
    """Remove the weights of an evaluated run: only the final run's are needed."""
    shutil.rmtree(place.run / "model", ignore_errors=True)


def _forget_without_weights(place: CellFolder) -> None:
    """Let a cell train again if its weights were removed and another evaluation is missing."""
    if place.training() is not None and not (place.run / "model").is_dir():
        (place.path / TRAINING).unlink()
        shutil.rmtree(place.run, ignore_errors=True)
