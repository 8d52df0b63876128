"""Evaluate a run: predict, score, and write the scores."""

from __future__ import annotations

from pathlib import Path

from sde_datasets.prediction.completion import Backend
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictions import PredictionRequest, open_split, predict
from sde_datasets.runs.model_card import write_card
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.scoring.api import score_data
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.scores_file import scores_text
from sde_datasets.utils.files import write_text
from sde_datasets.utils.progress import Progress


def evaluate(
    run: Path,
    request: PredictionRequest,
    options: GenerationOptions,
    backend: Backend,
    progress: Progress,
    seed: int = 1,
) -> tuple[Scores, Path]:
    """Return the scores of the answers to a split, and the file of answers; <name>.scores.json gets the scores.

    Existing answers with the same provenance are scored again, not generated again. Raises InputError, UsageError.
    """
    folder = RunFolder.open(run).require_trained()
    split = open_split(folder, request, folder.read_template())
    path = predict(run, request, options, backend, progress)
    partial = request.limit is not None
    scores = score_data(path, split.source, partial=partial, progress=progress, resamples=1000, seed=seed)
    write_text(path.with_name(path.name.removesuffix(".jsonl") + ".scores.json"), scores_text(scores))
    if path.parent == folder.predictions("").parent:
        # the card of a run shows the scores in its folder
        write_card(folder)
    return scores, path
