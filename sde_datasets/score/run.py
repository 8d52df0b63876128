"""Scoring from end to end: gold and answers, from files or from Python, through the scorer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from sde_datasets.designs import Design, find_design
from sde_datasets.errors import InputError
from sde_datasets.formats import format_of
from sde_datasets.progress import Progress
from sde_datasets.schemas import Schema
from sde_datasets.score.answers import answers_of
from sde_datasets.score.answers_file import AnswersById, about_file, id_of, rows, text_of
from sde_datasets.score.gold_source import BATCH, GoldSource, arrow_batches
from sde_datasets.score.intervals import RESAMPLES, SEED
from sde_datasets.score.rules import Rules
from sde_datasets.score.scorer import Batch, Scorer
from sde_datasets.score.scoring import Scoring, first_error, gold_of

QUIET = Progress(quiet=True)
# the keys of a row that scoring uses; others are carried along where they are no lists or objects
_OURS = ("id", "completion", "target", "prediction", "source_text")
_SHOWN = (str, int, float, bool)


def score(
    gold: Any,
    predicted: Any,
    *,
    design: str | Design | None = None,
    schema: Schema | dict | Rules | None = None,
    partial: bool = False,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> dict:
    """Score answers against gold; gives the dict that scores.json holds (docs in README, "Score").

    gold: completions as a list of texts, or samples as a list of rows, an Arrow table or a `datasets.Dataset` with the
        column `completion` and, as far as they are there, `id`, `source_text`, `annotations`, `design`, `schema`.
    predicted: a list of texts in the order of gold, an Arrow array of them, or rows (a list or an Arrow table) with
        `prediction` and, to be joined by it, `id`.
    design, schema: where gold does not carry them. A schema may be a dict as in a schema.json.
    partial: score only the samples that have a prediction.

    Raises InputError where gold and answers do not fit together, UsageError where design or schema are missing.
    """
    if isinstance(gold, (list, tuple)):
        gold = _table(gold)
    rules = schema if isinstance(schema, Rules) else None
    if rules is None and schema is not None:
        rules = Rules.of(schema) if isinstance(schema, Schema) else Rules.from_dict(schema)
    found = find_design(design) if isinstance(design, str) else design
    answers = answers_of(predicted)
    scoring = Scoring(found, rules, partial)
    for batch in arrow_batches(gold):
        scoring.add(batch, answers)
    if left := answers.left():
        raise InputError(left[0], f"belongs to no sample of gold, nor do {len(left) - 1:,} others")
    return scoring.scores({"predictions": None, "gold": None}, resamples, seed)


def score_data(
    path: Path, source: GoldSource, *, task: str = "", partial: bool = False, progress: Progress = QUIET, **how: int
) -> dict:
    """Score a file of rows `{"id", "prediction"}` against a split of a config. `how`: resamples, seed.

    task: a task of one's own (a TOML file), for its aliases and weights. Raises InputError.
    """
    answers = AnswersById(path)
    scoring = Scoring(None, None, partial, task)
    with progress.work("scoring", source.rows, "samples"):
        for batch in source.batches():
            scoring.add(batch, answers)
            progress.advance(len(batch))
    if left := answers.left():
        id, line = left[0]
        where = f"{source.about['config']} {source.about['split']}"
        cure = f"Nor do {len(answers) - 1:,} others. Is it another --split?" if len(answers) > 1 else ""
        raise InputError(f"{path}:{line}", f"the id {id!r} does not stand in {where}", cure)
    return scoring.scores({"predictions": about_file(path), "gold": source.about}, **how)


def score_pairs(path: Path, design: Design, rules: Rules, *, progress: Progress = QUIET, **how: int) -> dict:
    """Score a file of rows `{"completion", "prediction"}` without any dataset. `how`: resamples, seed.

    Rows whose completion a strict reader does not take are counted and kept with the reason. Raises InputError.
    """
    scorer, rejected = Scorer(design, rules), []
    form = format_of(design.answer, rules.schema, rules.aliases)
    numbered = rows(path)
    with progress.work("scoring", None, "samples"):
        while some := list(islice(numbered, BATCH)):
            scorer.add(_pairs(path, some, form, rules.schema, rejected))
            progress.advance(len(some))
    if not scorer.samples:
        if rejected:
            cure = f"Is {design.name} their design, and the schema theirs?"
            raise InputError(rejected[0]["place"], f"{rejected[0]['reason']}, nor is any other completion", cure)
        raise InputError(
            str(path), "has no rows", 'Give one JSON object a line: {"completion": ..., "prediction": ...}.'
        )
    about = {"predictions": about_file(path), "gold": None}
    return scorer.scores(**how, inputs=about, unanswered=0, rejected=rejected)


def _pairs(path: Path, some: list[tuple[int, dict]], form: Any, schema: Schema, rejected: list[dict]) -> Batch:
    ids, completions, answers, texts, readings, further = [], [], [], [], [], []
    for line, row in some:
        place = f"{path}:{line}"
        completion, answer = text_of(row, ("completion", "target"), place), text_of(row, ("prediction",), place)
        text = row["source_text"] if isinstance(row.get("source_text"), str) else None
        reading = form.read(completion, text)
        if not reading.accepted:
            rejected.append(
                {"place": f"{path.name}:{line}", "reason": f"the completion is not read: {first_error(reading)}"}
            )
            continue
        ids.append(id_of(row, place) if "id" in row else str(line))
        completions.append(completion)
        answers.append(answer)
        texts.append(text)
        readings.append(reading)
        further.append({key: value for key, value in row.items() if key not in _OURS and isinstance(value, _SHOWN)})
    return Batch(ids, completions, answers, texts, *gold_of(readings, schema), further)


def _table(gold: Sequence) -> pa.Table:
    """A list of completions or of rows as a table. Raises InputError for anything else."""
    if all(isinstance(each, str) for each in gold):
        return pa.table({"completion": pa.array(gold, pa.string())})
    if not all(isinstance(each, dict) and isinstance(each.get("completion"), str) for each in gold):
        raise InputError("gold", "has rows without a completion", "Give texts, or rows with the key completion.")
    return pa.Table.from_pylist(list(gold))
