"""The scores of a study by design, for the grid of the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sde_datasets.errors import InputError
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.results import read_results

# what the cells of one grid have in common
_CONDITION = ("test_view", "train_view", "model", "size", "label", "prompt_weight", "score_name")


@dataclass(frozen=True)
class ScoreGrid:
    """The mean score of each design over the seeds, of models that differ in their design only.

    view: of the test. name: what the grid shows, and under which conditions. seeds: of each design.
    """

    view: str
    name: str
    scores: dict[str, float]
    seeds: dict[str, int]


def score_grids(folder: Path) -> list[ScoreGrid]:
    """Return the grids of the study in a folder. Raises InputError if it has no scored answers."""
    results, _ = read_results(StudyFolder(folder))
    answers = results.filter((pl.col("kind") == "answers") & pl.col("score").is_not_null())
    if answers.is_empty():
        raise InputError(str(folder), "has no scored answers", "Wait for its first complete cell.")
    groups = answers.partition_by(*_CONDITION, as_dict=True, maintain_order=True)
    varying = {name for name in _CONDITION if answers[name].n_unique() > 1}
    return [_grid(dict(zip(_CONDITION, key, strict=True)), rows, varying) for key, rows in groups.items()]


def _grid(condition: dict, rows: pl.DataFrame, varying: set[str]) -> ScoreGrid:
    means = rows.group_by("design", maintain_order=True).agg(pl.col("score").mean(), pl.len().alias("seeds"))
    words = [f"{condition['score_name']} of {condition['model']}"]
    words += [f"trained on {condition['train_view']}"] if condition["train_view"] else ["untrained"]
    words += [f"{condition['size']:,} samples"] if condition["size"] else []
    words += [f"prompt weight {condition['prompt_weight']:g}"] if "prompt_weight" in varying else []
    words += [condition["label"]] if "label" in varying else []
    return ScoreGrid(
        view=condition["test_view"],
        name=", ".join(words),
        scores=dict(zip(means["design"], means["score"], strict=True)),
        seeds=dict(zip(means["design"], means["seeds"], strict=True)),
    )
