"""What a race ends with: a recommendation, the data and options of the final run, tables of results, and the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sde_datasets.choosing.data import final_data
from sde_datasets.choosing.recommend import Recommendation, final_options, recommend, run_toml
from sde_datasets.choosing.run_race import Race
from sde_datasets.choosing.trials import Verdict
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.study.results import write_results
from sde_datasets.utils.files import write_text
from sde_datasets.utils.progress import Progress


@dataclass(frozen=True)
class Finished:
    """A finished race with its recommendation. options: of the final run; None if nothing was learned."""

    race: Race
    recommendation: Recommendation
    options: TrainingOptions | None


def finish(race: Race) -> Finished:
    """Write the tables of results, the data of the recommended design where they are missing, and run.toml."""
    trials = [one.trial for one in race.last.results] + [one.trial for one in race.last.failed]
    write_results(race.folder.study, [cell for trial in trials for cell in race.runner.cells(trial)])
    found = recommend(race.last, race.choice, race.lengths, race.request.wishes)
    if race.choice.verdict is Verdict.NOTHING_LEARNED:
        race.folder.run_file.unlink(missing_ok=True)
        return Finished(race, found, None)
    arm = race.arms[found.best]
    data, revision = final_data(race.source, arm.design.name, race.folder.dataset)
    request = race.request
    out = str(race.folder.final_run)
    options = final_options(arm, race.data.view, request.model, request.training, data, revision, out)
    write_text(race.folder.run_file, run_toml(options))
    return Finished(race, found, options)


def train_final(finished: Finished, progress: Progress) -> Path | None:
    """Train the recommended design on all training samples; return the run folder.

    None if nothing was learned. A run that was killed continues. Raises InputError, UsageError.
    """
    if finished.options is None:
        return None
    from sde_datasets.training.loop import train

    return train(finished.options, resume=True, progress=progress).path
