"""Run a race: open the data, list the candidates, measure a probe, decide what the budget buys, and run the stages."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

from sde_datasets.choosing.amount import Unit
from sde_datasets.choosing.candidates import candidates_of, possible_arms
from sde_datasets.choosing.costs import CostModel
from sde_datasets.choosing.data import ChoiceData, prepare_data
from sde_datasets.choosing.folder import REQUEST, ChoiceFolder
from sde_datasets.choosing.forecast import forecast
from sde_datasets.choosing.journal import Journal, digest
from sde_datasets.choosing.lengths import Lengths, measure_lengths
from sde_datasets.choosing.meter import Meter
from sde_datasets.choosing.prior import published_effects
from sde_datasets.choosing.probe import measure, spread_arms
from sde_datasets.choosing.race import race
from sde_datasets.choosing.request import ChoiceRequest
from sde_datasets.choosing.runner import CellPlan, StudyRunner
from sde_datasets.choosing.source import RecordSource, open_source
from sde_datasets.choosing.trials import Candidate, Choice, Settings, Stage, Verdict
from sde_datasets.errors import InputError, UsageError
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.study.arms import Arm
from sde_datasets.study.launch import Launcher, local
from sde_datasets.study.matrix import cell_options, model_id
from sde_datasets.utils.files import write_text
from sde_datasets.utils.progress import Progress


@dataclass(frozen=True)
class Machine:
    """Where trials run. jobs: at a time. batch: answers at a time. launcher: by default a pool of processes."""

    jobs: int = 1
    batch: int = 16
    device: str | None = None
    launcher: Launcher | None = None


@dataclass(frozen=True)
class Race:
    """A race that is prepared, and its stages once it has run. score_name: `kappa` or `f1`."""

    request: ChoiceRequest
    folder: ChoiceFolder
    source: RecordSource
    data: ChoiceData
    arms: list[Arm]
    candidates: list[Candidate]
    lengths: list[Lengths]
    settings: Settings
    runner: StudyRunner
    stages: tuple[Stage, ...] = ()

    @property
    def last(self) -> Stage:
        """The last stage."""
        return self.stages[-1]

    @property
    def choice(self) -> Choice:
        """The answer."""
        assert self.last.choice is not None
        return self.last.choice


def run_race(request: ChoiceRequest, folder: ChoiceFolder, machine: Machine, progress: Progress) -> Race:
    """Run what is missing of a race; a race that was killed continues.

    The folder must be locked. Raises InputError for data, models and budgets with which nothing can be chosen, and
    UsageError for unknown names.
    """
    begun = time.monotonic()
    write_text(folder.path / REQUEST, request.to_toml())
    prepared = _prepare(request, folder, machine, progress, begun)
    stages = []
    for stage in race(prepared.candidates, prepared.runner, _meter(prepared), prepared.settings):
        stages.append(stage)
        _check_parsed(stage, prepared)
        progress.line(_stage_line(stage, prepared))
    if stages[-1].choice is None:
        reason = stages[-1].failed[0].reason if stages[-1].failed else "the budget ended"
        raise InputError(str(folder.path), f"has no complete run; the first failed: {reason}", "Correct it, run again.")
    return replace(prepared, stages=tuple(stages))


def _prepare(request: ChoiceRequest, folder: ChoiceFolder, machine: Machine, progress: Progress, begun: float) -> Race:
    """Open the data, list the candidates, measure the costs and decide what the budget buys."""
    source = open_source(request.data, request.view, folder.source, progress, request.revision)
    data = prepare_data(source, folder.data, request.folds)
    progress.line(f"{data.train_rows:,} training samples; {data.validation_rows:,} validation samples: {data.rule}")
    arms, lengths = _arms(request, data)
    candidates = candidates_of(arms)
    options = cell_options(request.training)
    limit = request.validation_size if not request.folds else 0
    plan = CellPlan(data, folder, request.model, options, limit, machine.batch, machine.device)
    journal = Journal(folder.journal, _key(request, data, candidates), candidates, begun)
    launcher = machine.launcher or partial(local, workers=machine.jobs)
    runner = StudyRunner(plan, arms, journal, launcher, progress)
    tested = min(limit, data.validation_rows) if limit else data.validation_rows
    costs = CostModel(lengths, tested, len(data.views), request.model, options)
    runner.meter = Meter(request.amount, costs, journal, runner.is_complete, machine.jobs)
    settings = _settings(request, data, runner, journal, len(candidates), machine.jobs, progress)
    return Race(request, folder, source, data, arms, candidates, lengths, settings, runner)


def _arms(request: ChoiceRequest, data: ChoiceData) -> tuple[list[Arm], list[Lengths]]:
    """Return the arms and their lengths. Raises UsageError if no answer is as short as the wishes ask for."""
    arms, most = possible_arms(data.rules, request.wishes), request.wishes.max_answer_tokens
    designs = {arm.design for arm in arms}
    options = TrainingOptions(config="choose", model=request.model, **request.training)
    lengths = measure_lengths(data.folder, data.views[0], data.task, designs, options)
    kept = [arm for arm in arms if not most or lengths[arm.design].generated <= most]
    if not kept:
        shortest = min(one.generated for one in lengths.values())
        raise UsageError(f"--max-answer-tokens {most}: the shortest mean answer has {shortest:.0f} tokens")
    return kept, [lengths[arm.design] for arm in kept]


def _settings(
    request: ChoiceRequest,
    data: ChoiceData,
    runner: StudyRunner,
    journal: Journal,
    candidates: int,
    jobs: int,
    progress: Progress,
) -> Settings:
    """Return the settings that the budget buys, and say so; an earlier call of the same race has decided them."""
    full = min(request.train_size or data.train_rows, data.train_rows)
    base = Settings(full, prior_effects=_prior(request, data))
    meter = runner.meter
    assert meter is not None
    if request.amount.unit is not Unit.RUNS:
        probe = measure(runner.plan, spread_arms(runner.arms, jobs), runner.launcher, progress)
        meter.costs.probes, meter.costs.speed = probe.usages, probe.speed
        if request.amount.unit is Unit.TOKENS:
            meter.extra = probe.tokens
    decided = journal.settings(base)
    if decided is not None:
        progress.line(f"{candidates:,} designs; the race continues where it stopped")
        return decided
    found = forecast(base, meter.costs, request.amount, meter.left, jobs)
    progress.line(f"{candidates:,} designs to choose from")
    for line in found.lines():
        progress.line(line)
    journal.decide_settings(found.settings)
    return found.settings


def _prior(request: ChoiceRequest, data: ChoiceData) -> dict[tuple[str, str], float]:
    """Return the effects that the race expects. Raises UsageError for a task of which nothing was published."""
    if request.prior == "none":
        return {}
    if data.schema.kind == "mention":
        raise UsageError(
            "--prior paper is for label tasks: of mention tasks the paper has no effects of single options"
        )
    return published_effects()


def _meter(prepared: Race) -> Meter:
    assert prepared.runner.meter is not None
    return prepared.runner.meter


def _key(request: ChoiceRequest, data: ChoiceData, candidates: list[Candidate]) -> str:
    """Return a digest of what the decisions of a race depend on."""
    content = {name: value for name, value in request.content().items() if name not in ("data", "prefer")}
    content |= {"budget": request.amount.value, "folder": data.folder.name, "model": model_id(request.model)}
    return digest([content, [candidate.name for candidate in candidates]])


def _stage_line(stage: Stage, prepared: Race) -> str:
    words = f"{stage.name}: {len(stage.results)} runs so far"
    if stage.failed:
        words += f", {len(stage.failed)} without a result"
    nothing = stage.choice is not None and stage.choice.verdict is Verdict.NOTHING_LEARNED
    if stage.posterior is not None and not nothing:
        best = int(stage.posterior.mean.argmax())
        words += f"; best so far {prepared.candidates[best].name}, expected {stage.posterior.mean[best]:.3f}"
    return words + ("; the budget ends here" if stage.stopped else "")


def _check_parsed(stage: Stage, prepared: Race) -> None:
    """Raise InputError if the model answers in no form at all: nothing can be chosen then."""
    if not stage.results or any(result.parse_rate > 0 for result in stage.results):
        return
    size = max(result.trial.size for result in stage.results)
    problem = f"gave no answer that can be parsed, under {len(stage.results)} designs trained on up to {size} samples"
    hint = (
        "Train on more samples (a larger budget or more data), for more epochs (--train-option epochs=10), at a higher "
        "learning rate (--train-option learning_rate=0.001), or take a larger model."
    )
    raise InputError(prepared.request.model, problem, hint)
