"""What trials cost: tokens from the lengths of samples, and seconds from the trials that have been measured.

The seconds of a trial are modelled as a constant, a time for each token that is trained on, and a time for each token
that is generated (a token of a prompt counts a tenth of it). The three numbers are fitted to the measured trials by
least squares with relative errors, none below 0, so predictions improve while trials run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapreplace
from typing import Any

import numpy as np

from sde_datasets.choosing.amount import Unit
from sde_datasets.choosing.lengths import Lengths
from sde_datasets.choosing.trials import Trial
from sde_datasets.runs.options import TrainingOptions

# the time of reading a token of a prompt, as a share of that of writing a token
_PROMPT_SHARE = 0.1


@dataclass(frozen=True)
class Usage:
    """What a trial used: tokens trained on, generated, and read as prompts; seconds of one process."""

    trained: float
    generated: float
    prompts: float
    seconds: float = 0.0

    @property
    def tokens(self) -> float:
        """All tokens."""
        return self.trained + self.generated + self.prompts

    @property
    def features(self) -> np.ndarray:
        """The columns of the model of seconds."""
        return np.array([1.0, self.trained, self.generated + _PROMPT_SHARE * self.prompts])

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.trained + other.trained,
            self.generated + other.generated,
            self.prompts + other.prompts,
            self.seconds + other.seconds,
        )

    def cost(self, unit: Unit) -> float:
        """Return the cost of one trial in a unit."""
        return {Unit.SECONDS: self.seconds, Unit.TOKENS: self.tokens, Unit.RUNS: 1.0}[unit]


@dataclass
class CostModel:
    """Predicts the cost of trials.

    lengths: of each candidate. validation: samples of an evaluation, over all folds. folds: models of a trial.
    model, training: what decides the number of epochs. probes: what short trials used. speed: seconds of a trained
    token in them, without the start of a process.
    """

    lengths: Sequence[Lengths]
    validation: int
    folds: int
    model: str
    training: Mapping[str, Any]
    probes: Sequence[Usage] = ()
    speed: float = 0.0
    measured: dict[Trial, Usage] = field(default_factory=dict)
    _fitted: tuple[int, np.ndarray] | None = None

    def expected(self, trial: Trial) -> Usage:
        """Return the tokens of a trial, without seconds, if its answers are as long as those of the data."""
        lengths = self.lengths[trial.candidate]
        trained = samples_seen(self.training, self.model, trial.size) * (lengths.prompt + lengths.answer)
        return Usage(trained * self.folds, self.validation * lengths.generated, self.validation * lengths.prompt)

    def predict(self, trial: Trial, unit: Unit) -> float:
        """Return the cost of a trial in a unit."""
        if trial in self.measured:
            return self.measured[trial].cost(unit)
        expected = self.expected(trial)
        if unit is Unit.SECONDS:
            return float(expected.features @ self._coefficients())
        return expected.cost(unit) * (self._token_ratio() if unit is Unit.TOKENS else 1.0)

    def predict_all(self, trials: Sequence[Trial], unit: Unit, jobs: int = 1) -> float:
        """Return the cost of trials together; the seconds until the last one ends if `jobs` run at a time."""
        costs = [self.predict(trial, unit) for trial in trials]
        if unit is not Unit.SECONDS:
            return sum(costs)
        ends = [0.0] * jobs
        for cost in costs:
            heapreplace(ends, ends[0] + cost)
        return max(ends)

    def _token_ratio(self) -> float:
        """Return how many tokens the measured trials used for each expected one."""
        expected = sum(self.expected(trial).tokens for trial in self.measured)
        return sum(usage.tokens for usage in self.measured.values()) / expected if expected else 1.0

    def _coefficients(self) -> np.ndarray:
        """Return the coefficients of the features, fitted again when a further trial is measured."""
        if self._fitted is None or self._fitted[0] != len(self.measured):
            self._fitted = len(self.measured), self._fit()
        return self._fitted[1]

    def _fit(self) -> np.ndarray:
        from scipy.optimize import nnls

        rows = [(self.expected(trial).features, usage.seconds) for trial, usage in self.measured.items()]
        rows.extend((usage.features, usage.seconds) for usage in self.probes)
        if self.speed:
            # the speed within a run, which a short probe hides behind the start of its process
            typical = max((features[1] for features, _ in rows), default=1.0)
            rows.append((np.array([0.0, typical, 0.0]), typical * self.speed))
        matrix = np.array([features / seconds for features, seconds in rows])
        scale = matrix.max(0)
        solution, _ = nnls(matrix / scale, np.ones(len(rows)))
        return solution / scale


def samples_seen(training: Mapping[str, Any], model: str, size: int) -> float:
    """Return the number of samples that a run sees, each as often as it is seen."""
    options = TrainingOptions(config="choose", model=model, **training)
    if options.steps:
        return options.steps * options.hyperparameters.batch_size
    return options.hyperparameters.epochs * size
