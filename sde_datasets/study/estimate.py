"""Estimates of tokens and time: from the lengths of the data, and from the speed of the cells that are complete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from sde_datasets.runs.options import TrainingOptions
from sde_datasets.study.cells import Cell
from sde_datasets.study.data import StudyData
from sde_datasets.study.folder import StudyFolder
from sde_datasets.utils.progress import Progress

_CHARACTERS_PER_TOKEN = 4
# a token of training costs a pass forward and two backward
_TRAINING_COST = 3


@dataclass(frozen=True)
class Work:
    """Tokens to train on, and tokens of prompts and answers of evaluations."""

    trained: float = 0.0
    evaluated: float = 0.0

    @property
    def cost(self) -> float:
        """The work as a number of tokens read once."""
        return _TRAINING_COST * self.trained + self.evaluated

    def __add__(self, other: Work) -> Work:
        return Work(self.trained + other.trained, self.evaluated + other.evaluated)


def work_of(cell: Cell, data: StudyData, missing_only: StudyFolder | None = None) -> Work:
    """Return the work of a cell, or with a study folder what is missing of it."""
    evaluations, trained = cell.evaluations, cell.trained
    if missing_only is not None:
        folder = missing_only.cell(cell)
        evaluations, trained = tuple(folder.missing(cell)), trained and folder.training() is None
        trained = trained and not folder.is_complete(cell)
    tokens = sum(_tokens(data, e.config, e.split, e.limit) for e in evaluations)
    if not trained:
        return Work(0.0, tokens)
    return Work(_tokens(data, cell.config, "train", cell.size) * _epochs(cell), tokens)


def seconds_per_cost(folder: StudyFolder, cells: Iterable[Cell], data: StudyData) -> float | None:
    """Return the seconds that a unit of cost took in the complete cells; None without any."""
    seconds = cost = 0.0
    for cell in cells:
        place = folder.cell(cell)
        training = place.training()
        if training is not None and place.is_complete(cell):
            results = [place.result(evaluation) or {} for evaluation in cell.evaluations]
            seconds += training["seconds"] + sum(result.get("seconds", 0.0) for result in results)
            cost += work_of(cell, data).cost
    return seconds / cost if cost else None


def duration(seconds: float) -> str:
    """Return a duration as text: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _tokens(data: StudyData, config: str, split: str, limit: int) -> float:
    facts = data.facts(config, split)
    samples = min(limit, facts.rows) if limit else facts.rows
    return samples * facts.characters / _CHARACTERS_PER_TOKEN


@cache
def _preset(model: str, revision: str | None) -> str | None:
    """The preset that training chooses for a model by its size."""
    from sde_datasets.training.presets import with_preset

    options = TrainingOptions(config="any", model=model, model_revision=revision)
    return with_preset(options, Progress(quiet=True)).preset


def _epochs(cell: Cell) -> float:
    options = TrainingOptions(config=cell.config, model=cell.model, **cell.options)
    is_known = options.batch_size if options.steps else options.epochs
    if not is_known and options.method == "lora" and options.preset is None:
        options = replace(options, preset=_preset(options.model, options.model_revision))
    if options.steps:
        return options.steps * options.hyperparameters.batch_size / cell.size
    return options.hyperparameters.epochs
