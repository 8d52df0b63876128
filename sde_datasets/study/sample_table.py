"""What an evaluation keeps of each sample, from which every comparison is computed again.

Label tasks: for each target the cell of the confusion matrix (gold * classes + answer), in the order of the schema.
Mention tasks: mentions in gold, predicted, and found under hard and soft matching. Perplexity: losses and tokens.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sde_datasets.dataset.split import SplitSource
from sde_datasets.designs.design import get_design
from sde_datasets.formats import answer_format
from sde_datasets.scoring.gold import annotated_labels, label_codes
from sde_datasets.scoring.label_figures import LabelFigures
from sde_datasets.scoring.sample_counts import MentionCounts
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.study.data import StudyData

if TYPE_CHECKING:
    from sde_datasets.prediction.perplexity import SampleLoss


def answer_samples(scores: Scores, answers: Path, data: StudyData) -> dict[str, Any]:
    """Return the part of a result about the samples of scored answers, and what their figures need.

    answers: the file of answers, from which the label of each target is read.
    """
    errors = [int(row.counts.flags.error) for row in scores.rows]
    if not isinstance(scores.figures, LabelFigures):
        counts = [list(cast("MentionCounts", row.counts.counts)) for row in scores.rows]
        return {"ids": [row.id for row in scores.rows], "errors": errors, "counts": counts}
    cells = _label_cells(scores, answers, data)
    return {
        "classes": len(scores.figures.classes),
        "weights": scores.figures.weights,
        "targets": list(scores.schema.targets),
        "ids": [row.id for row in scores.rows],
        "errors": errors,
        "counts": [cells[row.id] for row in scores.rows],
    }


def _label_cells(scores: Scores, answers: Path, data: StudyData) -> dict[str, list[int]]:
    """Return the cell of each target by the id of the sample."""
    gold = scores.inputs.gold
    assert gold is not None
    predictions = _predictions(answers)
    settings, schema = ScoringSettings.of(scores.schema), scores.schema
    reader = answer_format(get_design(scores.design).answer, schema, settings.aliases)
    classes, cells = len(schema.number_of), {}
    for batch in SplitSource.open(data.address, gold.config, gold.split, data.revision).batches():
        codes = annotated_labels(batch.column("annotations"), schema)
        ids, texts = batch.column("id").to_pylist(), batch.column("source_text").to_pylist()
        for id, text, row in zip(ids, texts, codes, strict=True):
            if id in predictions:
                values = cast("dict[str, str]", reader.read(predictions[id], text).answer.values)
                cells[id] = (row * classes + label_codes([values], schema)[0]).tolist()
    return cells


def _predictions(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8") as lines:
        return {row["id"]: row["prediction"] for row in map(json.loads, lines)}


def loss_samples(losses: list[SampleLoss]) -> dict[str, Any]:
    """Return the part of a result about the losses of samples."""
    rows = [[loss.prompt_loss, loss.prompt_tokens, loss.completion_loss, loss.completion_tokens] for loss in losses]
    return {"ids": [loss.id for loss in losses], "losses": rows}
