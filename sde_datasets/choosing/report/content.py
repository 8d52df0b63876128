"""The content of the report of a choice, in the parts of which reports of studies are made."""

from __future__ import annotations

from collections.abc import Iterator

from sde_datasets.choosing.costs import Usage
from sde_datasets.choosing.finish import Finished
from sde_datasets.choosing.report.figures import choice_figures
from sde_datasets.choosing.report.sentences import candidate_words, conclusions, limits
from sde_datasets.choosing.trials import TrialResult, Verdict
from sde_datasets.study.estimate import duration
from sde_datasets.study.report.parts import Report, Table

# rows of the table of the set
_MOST = 40


def choice_report(finished: Finished) -> Report:
    """Return the report of a finished race."""
    tables = [] if finished.race.choice.verdict is Verdict.NOTHING_LEARNED else [_set(finished), _effects(finished)]
    return Report(
        title=f"Which design for {finished.race.data.view} and {_model(finished)}?",
        facts=tuple(_facts(finished)),
        sentences=tuple(conclusions(finished)),
        limits=tuple(limits(finished)),
        tables=tuple(table for table in (*tables, _stages(finished)) if table.rows),
        figures=tuple(choice_figures(finished)),
        cells=_runs(finished),
    )


def _model(finished: Finished) -> str:
    return finished.race.request.model.rstrip("/").rpartition("/")[2]


def _facts(finished: Finished) -> Iterator[str]:
    race = finished.race
    usage = _usage(finished, race.last.results)
    data = race.request.data if isinstance(race.request.data, str) else "raw annotations"
    yield f"data: view {race.data.view} of {data}; {race.data.train_rows:,} training samples"
    fixed = [f"{axis} = {', '.join(options)}" for axis, options in race.request.wishes.fixed.items()]
    yield f"{len(race.candidates):,} designs" + (f" with {'; '.join(fixed)}" if fixed else "")
    tokens = [f"{part / 1e6:.2f} M" for part in (usage.tokens, usage.trained, usage.generated)]
    yield (
        f"budget: {race.request.amount.words()}; {len(race.last.results)} runs, whose times add up to "
        f"{duration(usage.seconds)}, with {tokens[0]} tokens ({tokens[1]} trained on, {tokens[2]} generated)"
    )
    if race.request.training:
        yield "training: " + ", ".join(f"{key} = {value}" for key, value in race.request.training.items())
    if finished.options is not None:
        yield "the final run: sde-datasets train --run run.toml"


def _usage(finished: Finished, results: tuple[TrialResult, ...] | list[TrialResult]) -> Usage:
    runner, total = finished.race.runner, Usage(0.0, 0.0, 0.0)
    for result in results:
        total += runner.plan.usage(runner.cells(result.trial))
    return total


def _set(finished: Finished) -> Table:
    race, found, choice = finished.race, finished.recommendation, finished.race.choice
    posterior = choice.posterior
    columns = ("design", race.runner.score_name, "95 % interval", "best", f"within {race.settings.near:g}")
    rows = []
    members = [*choice.confidence_set[:_MOST]]
    # the marked designs are shown wherever they are in the set
    for row in dict.fromkeys([found.best, *members, found.cheapest, found.shortest]):
        answers = found.answers[row]
        runs = [r for r in race.last.results if r.trial.candidate == row and r.trial.size == answers.size]
        tried = f"{len(runs)} of {answers.size:,}" if runs else "none"
        parsed = "–" if answers.parse_rate is None else f"{100 * answers.parse_rate:.0f} %"
        score = (f"{posterior.mean[row]:.3f}", f"{posterior.low[row]:.3f} to {posterior.high[row]:.3f}")
        chances = (f"{100 * posterior.chance_best[row]:.0f} %", f"{100 * posterior.chance_near[row]:.0f} %")
        lengths = (f"{answers.generated:.0f}", f"{answers.prompt:.0f}", parsed, tried)
        marks = ", ".join(word for marked, word in _marks(finished) if marked == row)
        rows.append((candidate_words(finished, row), *score, *chances, *lengths, marks))
    shown = f"The first {_MOST} of {len(choice.confidence_set):,}. " if len(choice.confidence_set) > _MOST else ""
    note = (
        f"{shown}best, within: chances. tokens: of a mean answer and prompt of the data. "
        "parsed, runs: of the largest runs of the design."
    )
    head = (*columns, "answer tokens", "prompt tokens", "parsed", "runs", "")
    return Table("Designs that cannot be told from the best", head, tuple(rows), note)


def _marks(finished: Finished) -> list[tuple[int, str]]:
    found = finished.recommendation
    return [(found.best, "recommended"), (found.cheapest, "fewest tokens"), (found.shortest, "shortest prompt")]


def _effects(finished: Finished) -> Table:
    rows = [
        (one.axis.replace("_", " "), one.level, f"{one.estimate:+.3f}", f"{one.low:+.3f} to {one.high:+.3f}")
        for one in finished.race.choice.effects
    ]
    note = "Expected difference of an option to the mean of its axis at full size, over all designs."
    head = ("axis", "option", finished.race.runner.score_name, "95 % interval")
    return Table("Effects of the options", head, tuple(rows), note)


def _stages(finished: Finished) -> Table:
    """Return a row for each stage: its runs, what they cost, and the leader after it."""
    race, seen, rows = finished.race, set(), []
    for stage in race.stages:
        new = [result for result in stage.results if result.trial not in seen]
        seen |= {result.trial for result in new}
        usage = _usage(finished, new)
        leader = "–"
        if stage.posterior is not None and race.choice.verdict is not Verdict.NOTHING_LEARNED:
            best = int(stage.posterior.mean.argmax())
            leader = f"{candidate_words(finished, best)} ({stage.posterior.mean[best]:.3f})"
        sizes = ", ".join(f"{size:,}" for size in sorted({result.trial.size for result in new})) or "–"
        rows.append((stage.name, str(len(new)), sizes, duration(usage.seconds), f"{usage.tokens:,.0f}", leader))
    head = ("stage", "runs", "samples", "time", "tokens", "leader after it")
    return Table("Stages", head, tuple(rows), "time: of all runs, added up.")


def _runs(finished: Finished) -> Table:
    race = finished.race
    columns = ("design", "size", "seed", race.runner.score_name, "parsed", "answer tokens", "time", "run")
    rows: list[tuple[str, ...]] = []
    for result in race.last.results:
        trial, cells = result.trial, race.runner.cells(result.trial)
        folder = race.runner.plan.place(cells[0]).run.relative_to(race.folder.path).as_posix()
        figures = (f"{result.score:.3f}", f"{100 * result.parse_rate:.0f} %", f"{result.answer_tokens:.0f}")
        seconds = duration(race.runner.plan.usage(cells).seconds)
        name = candidate_words(finished, trial.candidate)
        rows.append((name, f"{trial.size:,}", str(trial.seed + 1), *figures, seconds, folder))
    for failed in race.last.failed:
        trial = failed.trial
        name = candidate_words(finished, trial.candidate)
        rows.append((name, f"{trial.size:,}", str(trial.seed + 1), "–", "–", "–", "–", failed.reason))
    return Table("All runs", columns, tuple(rows), "time: of training and evaluation.")
