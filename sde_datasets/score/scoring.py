"""Scoring samples in Arrow batches: each joined with its answer, under the design and schema that the samples carry."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from sde_datasets.designs import Design, find_design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.formats import Reading, format_of
from sde_datasets.formats.answers import ERRORS
from sde_datasets.schemas import Schema
from sde_datasets.score.gold import annotated_labels, annotated_mentions, label_codes, read_mentions
from sde_datasets.score.intervals import RESAMPLES, SEED
from sde_datasets.score.rules import Rules
from sde_datasets.score.scorer import Batch, Scorer


def gold_of(readings: list[Reading], schema: Schema) -> tuple[Any, bool]:
    """Gold as arrays from read completions, and whether these are without any defect, be it a note."""
    said = [reading.answer.values for reading in readings]
    gold = label_codes(said, schema) if schema.kind == "label" else read_mentions(said, schema)
    return gold, not any(reading.defects for reading in readings)


def first_error(reading: Reading) -> str:
    """The name of the first format error of a reading that is not accepted."""
    return next(defect.name for defect in reading.defects if defect.name in ERRORS)


class Scoring:
    """Samples in Arrow batches, joined with answers by id or by order; design and schema are theirs, or given."""

    def __init__(self, design: Design | None, rules: Rules | None, partial: bool, task: str = "") -> None:
        self._design, self._rules, self._partial, self._task = design, rules, partial, task
        self._scorer: Scorer | None = None
        self._said: tuple[str, str] | None = None
        self._unanswered, self._first, self._count = 0, "", 0

    def add(self, batch: pa.RecordBatch, answers: Any) -> None:
        """Score one batch.

        Raises InputError where it does not go with the others, UsageError where design or schema are missing.
        """
        self._follow(batch)
        columns = batch.schema.names
        count = range(self._count, self._count + len(batch))
        ids = batch.column("id").to_pylist() if "id" in columns else [str(number) for number in count]
        self._count += len(batch)
        given = [answers.take(id) for id in ids]
        keep = [number for number, answer in enumerate(given) if answer is not None]
        if len(keep) < len(given):
            missing = next(id for id, answer in zip(ids, given, strict=True) if answer is None)
            self._first = self._first or missing
            self._unanswered += len(given) - len(keep)
            batch, ids, given = batch.take(pa.array(keep, pa.int64())), [ids[n] for n in keep], [given[n] for n in keep]
        texts = batch.column("source_text").to_pylist() if "source_text" in columns else [None] * len(batch)
        completions = batch.column("completion").to_pylist()
        self._scorer.add(Batch(ids, completions, given, texts, *self._gold(batch, ids, completions, texts)))

    def _follow(self, batch: pa.RecordBatch) -> None:
        """Take design and schema from the first batch that carries them, and see that the others are of the same."""
        said = tuple(_only(batch, name) for name in ("design", "schema"))
        if self._scorer is not None and said != self._said:
            raise InputError("gold", "mixes several designs or schemas", "Score each config for itself.")
        if self._scorer is None and len(batch):
            design = self._design or (find_design(said[0]) if said[0] else None)
            rules = self._rules or (Rules.of(Schema.from_json(said[1]), self._task) if said[1] else None)
            if design is None or rules is None:
                raise UsageError(f"give the {'design' if design is None else 'schema'}: gold does not carry it")
            self._scorer, self._said = Scorer(design, rules), said

    def _gold(self, batch: pa.RecordBatch, ids: list[str], completions: list[str], texts: list) -> tuple[Any, bool]:
        """Gold as arrays, from the annotations where the batch has them, and whether completions are sure to say so."""
        schema, scorer = self._scorer.schema, self._scorer
        if "annotations" in batch.schema.names:
            annotations = batch.column("annotations")
            return (annotated_labels if schema.kind == "label" else annotated_mentions)(annotations, schema), True
        form = format_of(scorer.design.answer, schema, scorer.rules.aliases)
        readings = [form.read(*pair) for pair in zip(completions, texts, strict=True)]
        for id, reading in zip(ids, readings, strict=True):
            if not reading.accepted:
                why = f"the completion is not read under {scorer.design.name}: {first_error(reading)}"
                raise InputError(f"gold {id!r}", why, "Is it another design or schema?")
        return gold_of(readings, schema)

    def scores(self, inputs: dict, resamples: int = RESAMPLES, seed: int = SEED) -> dict:
        """All scores. Raises InputError where samples have no answer, unless partial scoring was asked for."""
        if self._scorer is None:
            raise InputError("gold", "has no samples")
        if self._unanswered and not (self._partial and self._unanswered < self._count):
            others = f" and {self._unanswered - 1:,} other samples have" if self._unanswered > 1 else " has"
            cure = "Give --partial (partial=True) to score only the answered ones."
            raise InputError(f"{self._first!r}{others}", "no prediction", cure)
        return self._scorer.scores(resamples, seed, inputs=inputs, unanswered=self._unanswered, rejected=[])


def _only(batch: pa.RecordBatch, name: str) -> str | None:
    if name not in batch.schema.names or not len(batch):
        return None
    values = batch.column(name).unique()
    if len(values) > 1:
        raise InputError("gold", f"mixes several values of {name}", "Score each config for itself.")
    return values[0].as_py()
