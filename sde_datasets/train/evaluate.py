"""Evaluation: predict, then score, then a file of scores."""

from __future__ import annotations

from pathlib import Path

from sde_datasets.manifest import write_text
from sde_datasets.progress import Progress
from sde_datasets.score.run import score_data
from sde_datasets.score.scores_file import scores_text
from sde_datasets.train.card import write_card
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How
from sde_datasets.train.predict import Answers, Asked, predict, split_of
from sde_datasets.train.samples import Template


def evaluate(
    run: Path, asked: Asked, how: How, answers: Answers, by: dict, progress: Progress, seed: int = 1
) -> tuple[dict, Path]:
    """Scores of the answers to a split, and the file of the answers; scores stand beside it.

    Answers that are there already are scored again and not made again. Raises InputError, UsageError.
    """
    folder = RunFolder.of(run).trained()
    split = split_of(folder, asked, Template.from_dict(folder.read("template")))
    path = predict(run, asked, how, answers, by, progress)
    partial = asked.limit is not None
    scores = score_data(path, split.source, partial=partial, progress=progress, resamples=1000, seed=seed)
    write_text(path.with_name(path.name.removesuffix(".jsonl") + ".scores.json"), scores_text(scores))
    if path.parent == folder.predictions("").parent:
        # the card of a run shows the scores that stand in its folder
        write_card(folder)
    return scores, path
