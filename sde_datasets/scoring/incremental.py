"""Score samples in Arrow batches: each sample is joined with its prediction; samples may carry design and schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import pyarrow as pa

from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.formats import ParsedAnswer, answer_format
from sde_datasets.formats.answers import is_error
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.gold import Gold, annotated_labels, annotated_mentions, label_codes, read_mentions
from sde_datasets.scoring.groups import CORPUS
from sde_datasets.scoring.inputs import Inputs
from sde_datasets.scoring.intervals import RESAMPLES, SEED
from sde_datasets.scoring.predictions import Predictions
from sde_datasets.scoring.sample_counts import SampleScore
from sde_datasets.scoring.sample_table import SampleTable
from sde_datasets.scoring.scorer import Batch, Scorer
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.settings import ScoringSettings


class _Carried(NamedTuple):
    """Design and schema as the samples of a batch carry them, None where they do not."""

    design: str | None
    schema: str | None


def gold_from_completions(parsed: list[ParsedAnswer], schema: Schema) -> Gold:
    """Return gold as arrays from parsed completions."""
    exact = not any(reading.defects for reading in parsed)
    if schema.kind == "label":
        return Gold(codes=label_codes([cast("dict[str, str]", p.values) for p in parsed], schema), exact=exact)
    values = [cast("dict[str, tuple[str, ...]]", p.values) for p in parsed]
    return Gold(mentions=read_mentions(values, schema), exact=exact)


def first_error(parsed: ParsedAnswer) -> str:
    """Return the name of the first format error of an answer that is not strict."""
    return next(defect.name for defect in parsed.defects if is_error(defect.name))


class IncrementalScorer:
    """Scores samples in Arrow batches. Design and schema are given, or taken from the samples."""

    def __init__(
        self,
        design: Design | None,
        settings: ScoringSettings | None,
        partial: bool = False,
        task: str = "",
        *,
        normalise: bool = False,
        by: Sequence[str] = (),
        table: SampleTable | None = None,
    ) -> None:
        """partial: samples without a prediction are left out. task: a TOML file of a task, for the samples' schema.

        normalise, by: see `ScoringSettings`. table: gets a row for each sample.
        """
        self._table = table
        self._normalise, self._by = normalise, tuple(by)
        self._design, self._settings, self._partial, self._task = design, settings, partial, task
        self._scorer: Scorer | None = None
        self._carried: _Carried | None = None
        self._samples = self._unanswered = 0
        self._first_unanswered = ""

    def add(self, batch: pa.RecordBatch, predictions: Predictions) -> None:
        """Score one batch.

        Raises InputError where it does not go with the others, UsageError where design or schema are missing.
        """
        if not len(batch):
            return
        scorer = self._scorer_for(batch)
        columns = batch.schema.names
        numbers = range(self._samples, self._samples + len(batch))
        ids = batch.column("id").to_pylist() if "id" in columns else [str(number) for number in numbers]
        self._samples += len(batch)
        predicted = [predictions.take(id) for id in ids]
        answered = [n for n, answer in enumerate(predicted) if answer is not None]
        if len(answered) < len(predicted):
            missing = next(id for id, answer in zip(ids, predicted, strict=True) if answer is None)
            self._first_unanswered = self._first_unanswered or missing
            self._unanswered += len(predicted) - len(answered)
            batch, ids = batch.take(pa.array(answered, pa.int64())), [ids[n] for n in answered]
        answers = [answer for answer in predicted if answer is not None]
        texts = batch.column("source_text").to_pylist() if "source_text" in columns else [None] * len(batch)
        completions = batch.column("completion").to_pylist()
        gold = _gold(scorer, batch, ids, completions, texts)
        documents = batch.column("document").cast(pa.string()).to_pylist() if "document" in columns else None
        scorer.add(Batch(ids, completions, answers, texts, gold, columns=self._columns(batch), documents=documents))

    def _columns(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """The columns by which samples are grouped. Raises InputError where gold lacks one that was requested."""
        for name in self._by:
            if name not in batch.schema.names:
                raise InputError("gold", f"has no column {name!r} to group by", "Give a column of the data to --by.")
        names = dict.fromkeys((*([CORPUS] if CORPUS in batch.schema.names else []), *self._by))
        return {name: batch.column(name) for name in names}

    def _scorer_for(self, batch: pa.RecordBatch) -> Scorer:
        """The scorer, made for the first batch; raises InputError where a later batch has another design or schema."""
        carried = _Carried(_single_value(batch, "design"), _single_value(batch, "schema"))
        if self._scorer is None:
            design, settings = self._design, self._settings
            if design is None and carried.design:
                design = get_design(carried.design)
            if settings is None and carried.schema:
                settings = ScoringSettings.of(Schema.from_json(carried.schema), self._task)
            if design is None or settings is None:
                missing = "design" if design is None else "schema"
                raise UsageError(f"give the {missing}: gold does not carry it")
            settings = settings.with_options(self._normalise, self._by)
            self._scorer, self._carried = Scorer(design, settings, self._table), carried
        elif carried != self._carried:
            raise InputError("gold", "mixes several designs or schemas", "Score each config separately.")
        return self._scorer

    def sample_scores(self) -> tuple[SampleScore, ...]:
        """Return the counts of each sample that was scored."""
        return self._scorer.sample_scores() if self._scorer else ()

    def scores(self, inputs: Inputs, resamples: int = RESAMPLES, seed: int = SEED) -> Scores:
        """Return all scores. Raises InputError where samples have no prediction, unless scoring is partial."""
        if self._scorer is None:
            raise InputError("gold", "has no samples")
        if self._unanswered and not (self._partial and self._unanswered < self._samples):
            others = f" and {self._unanswered - 1:,} other samples have" if self._unanswered > 1 else " has"
            hint = "Give --partial (partial=True) to score only the answered ones."
            raise InputError(f"{self._first_unanswered!r}{others}", "no prediction", hint)
        return self._scorer.scores(inputs, unanswered=self._unanswered, resamples=resamples, seed=seed)


def _gold(scorer: Scorer, batch: pa.RecordBatch, ids: list[str], completions: list[str], texts: list) -> Gold:
    """Gold as arrays, from the annotations where the batch has them, otherwise from the completions."""
    schema = scorer.schema
    if "annotations" in batch.schema.names:
        annotations = batch.column("annotations")
        if schema.kind == "label":
            return Gold(codes=annotated_labels(annotations, schema))
        return Gold(mentions=annotated_mentions(annotations, schema))
    read = answer_format(scorer.design.answer, schema, scorer.settings.aliases).read
    parsed = [read(completion, text) for completion, text in zip(completions, texts, strict=True)]
    for id, reading in zip(ids, parsed, strict=True):
        if not reading.is_strict:
            problem = f"the completion is not in the form of {scorer.design.name}: {first_error(reading)}"
            raise InputError(f"gold {id!r}", problem, "Check design and schema.")
    return gold_from_completions(parsed, schema)


def _single_value(batch: pa.RecordBatch, name: str) -> str | None:
    """The value of a column that has the same value in all rows; None without the column."""
    if name not in batch.schema.names:
        return None
    values = batch.column(name).unique()
    if len(values) > 1:
        raise InputError("gold", f"mixes several values of {name}", "Score each config separately.")
    return values[0].as_py()
