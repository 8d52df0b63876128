"""The results of a study as two Parquet files: a row for each evaluation of a cell, and a row for each sample."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from sde_datasets.designs.design import AXES, get_design
from sde_datasets.errors import InputError
from sde_datasets.study.cells import Cell, Evaluation
from sde_datasets.study.folder import StudyFolder
from sde_datasets.utils.files import atomic_file

_RESULTS: dict[str, Any] = {
    "cell": pl.String,
    "evaluation": pl.String,
    "kind": pl.String,
    "label": pl.String,
    "arm": pl.String,
    "design": pl.String,
    **dict.fromkeys(AXES, pl.String),
    "prompt_weight": pl.Float64,
    "model": pl.String,
    "train_view": pl.String,
    "test_view": pl.String,
    "in_domain": pl.Boolean,
    "size": pl.Int64,
    "seed": pl.Int64,
    "task": pl.String,
    "score_name": pl.String,
    "score": pl.Float64,
    "samples": pl.Int64,
    "classes": pl.Int64,
    "weights": pl.List(pl.List(pl.Float64)),
    "targets": pl.List(pl.String),
    "train_tokens": pl.Int64,
    "train_seconds": pl.Float64,
    "generated_tokens": pl.Int64,
    "seconds": pl.Float64,
    "run": pl.String,
    "failure": pl.String,
}
# figures of the kinds of tasks and evaluations; a row has those of its kind
FIGURES = (
    *("kappa", "accuracy", "macro_f1", "f1", "precision", "recall", "soft_f1", "sample_accuracy", "format_error_rate"),
    *("prompt_perplexity", "completion_perplexity", "text_attention"),
)
_SAMPLES: dict[str, Any] = {
    "cell": pl.String,
    "evaluation": pl.String,
    "id": pl.String,
    "error": pl.Int8,
    "counts": pl.List(pl.Int32),
    "losses": pl.List(pl.Float64),
}


def write_results(folder: StudyFolder, cells: Sequence[Cell]) -> pl.DataFrame:
    """Collect what is complete, and the failures, into results.parquet and samples.parquet; return the former."""
    rows: list[dict[str, Any]] = []
    samples: list[dict[str, Any]] = []
    for cell, evaluation, result in _results(folder, cells):
        rows.append(_row(folder, cell, evaluation, result))
        if evaluation is not None and result is not None:
            samples += _sample_rows(cell, evaluation, result)
    schema = _RESULTS | dict.fromkeys(FIGURES, pl.Float64)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    further = pl.DataFrame(samples, schema=_SAMPLES, orient="row")
    try:
        for path, frame in ((folder.results, table), (folder.samples, further)):
            with atomic_file(path) as part:
                frame.write_parquet(part, compression="zstd")
    except OSError as error:
        hint = "Complete cells are kept: free some space and run the same command again."
        raise InputError(str(folder.path), f"cannot be written ({error.strerror or error})", hint) from error
    return table


def read_results(folder: StudyFolder) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read both tables. Raises InputError if they do not exist, or are of another version."""
    folder.plan()
    if not folder.results.is_file() or not folder.samples.is_file():
        raise InputError(str(folder.path), "has no results yet", "Run the study: sde-datasets study.")
    results, samples = pl.read_parquet(folder.results), pl.read_parquet(folder.samples)
    lacking = [name for name in (*_RESULTS, *FIGURES) if name not in results.columns]
    lacking += [name for name in _SAMPLES if name not in samples.columns]
    if lacking:
        hint = "They are of another version: run the study again, which collects them again."
        raise InputError(str(folder.results), f"lacks the column {lacking[0]}", hint)
    return results, samples


def _results(
    folder: StudyFolder, cells: Sequence[Cell]
) -> Iterator[tuple[Cell, Evaluation | None, dict[str, Any] | None]]:
    """Yield each complete evaluation, and each cell that failed with None for its missing evaluation."""
    for cell in cells:
        place = folder.cell(cell)
        place.check_version()
        for evaluation in cell.evaluations:
            if (result := place.result(evaluation)) is not None:
                yield cell, evaluation, result
        if place.failure() is not None:
            yield cell, None, None


def _row(folder: StudyFolder, cell: Cell, evaluation: Evaluation | None, result: dict[str, Any] | None) -> dict:
    place, design = folder.cell(cell), get_design(cell.design)
    training = place.training() or {}
    figures = (result or {}).get("figures", {})
    score_name = next(iter(figures), None)
    row = {axis: str(getattr(design, axis)) for axis in AXES} | {
        "cell": cell.name,
        "arm": cell.arm,
        "design": cell.design,
        "prompt_weight": cell.prompt_weight,
        "model": cell.model_name,
        "train_view": cell.view if cell.trained else "",
        "size": cell.size,
        "seed": cell.seed,
        "train_tokens": training.get("tokens"),
        "train_seconds": training.get("seconds"),
        "run": place.run.relative_to(folder.path).as_posix(),
        "failure": _without_folders(place.failure() or "") or None,
    }
    if evaluation is None or result is None:
        return row
    return row | {
        "evaluation": evaluation.name,
        "kind": evaluation.kind,
        "label": evaluation.label,
        "test_view": evaluation.view,
        "in_domain": evaluation.view == cell.view,
        "task": result.get("task"),
        "score_name": score_name,
        "score": figures.get(score_name) if score_name else None,
        "samples": len(result.get("ids", [])),
        "classes": result.get("classes"),
        "weights": result.get("weights"),
        "targets": result.get("targets"),
        "generated_tokens": result.get("tokens"),
        "seconds": result["seconds"],
        "failure": None,
        **{name: value for name, value in figures.items() if name in FIGURES},
    }


def _without_folders(text: str) -> str:
    """Return a text in which each absolute path is its last part: results may be published."""
    return re.sub(r"(?<!\S)/(?:[^\s/:]+/)+", "", text)


def _sample_rows(cell: Cell, evaluation: Evaluation, result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    ids = result.get("ids", [])
    empty = [None] * len(ids)
    columns = (result.get(name, empty) for name in ("errors", "counts", "losses"))
    for id, error, counts, losses in zip(ids, *columns, strict=True):
        row = {"cell": cell.name, "evaluation": evaluation.name, "id": id}
        yield row | {"error": error, "counts": counts, "losses": losses}
