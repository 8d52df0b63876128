"""Choose a design from Python, as the command `sde-datasets choose` does. Start reading here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sde_datasets.choosing.amount import parse_amount
from sde_datasets.choosing.finish import Finished, finish, train_final
from sde_datasets.choosing.folder import ChoiceFolder
from sde_datasets.choosing.report.render import write_report
from sde_datasets.choosing.request import VALIDATION_SIZE, ChoiceRequest
from sde_datasets.choosing.run_race import Machine, run_race
from sde_datasets.choosing.wishes import Wishes
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.runs.options import BUNDLED
from sde_datasets.study.report.parts import Report
from sde_datasets.utils.progress import Progress


@dataclass(frozen=True)
class ChosenDesign:
    """The result of `choose`.

    design, prompt_weight: recommended. score, low, high: the expected score after training on all samples, with its
    95 % interval. verdict: `choice`, `cannot tell` or `nothing learned`. chance_near: probability to be within 0.005 of
    the best. confidence_set: the names of the designs that cannot be told from the best. cheapest, shortest: those of
    them with the fewest generated tokens, and with the shortest prompt. run_file: options for `train`; None if nothing
    was learned. report: the page. run: the run folder of the final run, if it was trained.
    """

    design: str
    prompt_weight: float
    score_name: str
    score: float
    low: float
    high: float
    verdict: str
    chance_near: float
    confidence_set: tuple[str, ...]
    cheapest: str
    shortest: str
    run_file: Path | None
    report: Path
    run: Path | None = None


def choose(
    data: str | Path = BUNDLED,
    *,
    model: str,
    out: str | Path,
    view: str = "",
    budget: str = "",
    budget_tokens: str | int = "",
    budget_runs: int = 0,
    sources: str | Iterable[str] = (),
    task: str = "",
    fix: Mapping[str, str | Iterable[str]] | None = None,
    no_cot: bool = False,
    max_answer_tokens: int = 0,
    min_parse_rate: float = 0.0,
    prefer: str = "best",
    train_size: int = 0,
    validation_size: int = VALIDATION_SIZE,
    folds: int = 0,
    prior: str = "none",
    training: Mapping[str, Any] | None = None,
    train: bool = False,
    jobs: int = 1,
    device: str | None = None,
    quiet: bool = True,
    **keys: Any,
) -> ChosenDesign:
    """Choose the design to take for data and a model, within a budget.

    data: a built folder, org/name, a project file (`sde.toml`), or `bundled`. view: which one, if there are several.
    sources, task: raw annotations instead of data, as `build` takes them; keys: further keys of their view.
    model: a Hub id, a folder, or `tiny`. out: the folder of the choice; a choice that was killed continues in it.
    budget, budget_tokens, budget_runs: one of them: a time (`2h`), tokens (`5M`), or a number of training runs.
    fix: options of axes that designs must have, such as `{"placement": "inst-last"}`.
    no_cot, max_answer_tokens, min_parse_rate, prefer: further wishes, as the options of the command.
    train_size, validation_size: samples of a full run and of an evaluation; 0 for all. folds: of a cross-validation.
    training: options of `train` for all runs. train: make the final run as well. jobs: runs at a time.

    Raises UsageError for unknown names, and InputError for data, models and budgets with which nothing can be chosen.

    >>> import tempfile, sde_datasets as sde
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     try:
    ...         sde.choose(view="mabsa", model="tiny", out=folder, budget_runs=20, fix={"placement": "inst-middle"})
    ...     except sde.UsageError as error:
    ...         print(error)
    --fix placement=inst-middle: unknown option. Did you mean inst-last or inst-first?
    """
    named = [sources] if isinstance(sources, str) else list(sources)
    fixed = {axis: (given,) if isinstance(given, str) else tuple(given) for axis, given in (fix or {}).items()}
    request = ChoiceRequest(
        model=model,
        amount=parse_amount(budget, budget_tokens, budget_runs),
        data=source_plan(named, task, "", keys) if named else str(data),
        view=view,
        wishes=Wishes(fixed, no_cot, max_answer_tokens, min_parse_rate, prefer),
        training=dict(training or {}),
        train_size=train_size,
        validation_size=validation_size,
        folds=folds,
        prior=prior,
    )
    finished, _ = run_choice(request, Path(out), Machine(jobs, device=device), Progress(quiet))
    run = train_final(finished, Progress(quiet)) if train else None
    return chosen_design(finished, run)


def run_choice(request: ChoiceRequest, out: Path, machine: Machine, progress: Progress) -> tuple[Finished, Report]:
    """Run what is missing of a choice, and write everything it ends with. Raises InputError, UsageError."""
    request = request.checked()
    folder = ChoiceFolder(out.absolute())
    with folder.locked():
        finished = finish(run_race(request, folder, machine, progress))
        report = write_report(finished)
    return finished, report


def chosen_design(finished: Finished, run: Path | None = None) -> ChosenDesign:
    """Return the result of a finished race."""
    race, found = finished.race, finished.recommendation
    choice, names = race.choice, [candidate.name for candidate in race.candidates]
    arm, posterior = race.arms[found.best], race.choice.posterior
    return ChosenDesign(
        design=arm.design.name,
        prompt_weight=arm.prompt_weight,
        score_name=race.runner.score_name,
        score=float(posterior.mean[found.best]),
        low=float(posterior.low[found.best]),
        high=float(posterior.high[found.best]),
        verdict=choice.verdict.value,
        chance_near=float(posterior.chance_near[found.best]),
        confidence_set=tuple(names[row] for row in choice.confidence_set),
        cheapest=names[found.cheapest],
        shortest=names[found.shortest],
        run_file=race.folder.run_file if finished.options is not None else None,
        report=race.folder.report / "choice.html",
        run=run,
    )
