"""Score predictions against gold, from Python objects or from files. Start reading here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from sde_datasets.dataset.split import BATCH, COLUMNS, SplitSource, arrow_batches
from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import InputError
from sde_datasets.formats import AnswerFormat, answer_format
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.groups import CORPUS
from sde_datasets.scoring.incremental import IncrementalScorer, first_error, gold_from_completions
from sde_datasets.scoring.inputs import Inputs, RejectedRow
from sde_datasets.scoring.intervals import RESAMPLES, SEED
from sde_datasets.scoring.predictions import FilePredictions, id_of, prediction_file, predictions_from, rows, text_of
from sde_datasets.scoring.sample_table import SampleTable
from sde_datasets.scoring.scorer import Batch, Scorer
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.scoring.tool_answers import plain_row
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
# the column by which samples are drawn together in a bootstrap
DOCUMENT = "document"
# the keys of a row that scoring uses; others are kept for the report where they are simple values
_USED_KEYS = ("id", "completion", "target", "prediction", "source_text", DOCUMENT)
_SIMPLE_TYPES = (str, int, float, bool)


def score(
    gold: Any,
    predicted: Any,
    *,
    design: str | Design | None = None,
    schema: Schema | dict | ScoringSettings | None = None,
    partial: bool = False,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    normalise: bool = False,
    by: Sequence[str] = (),
) -> Scores:
    """Score predictions against gold.

    gold: completions as a list of texts, or samples as a list of rows, an Arrow table or a `datasets.Dataset` with the
        column `completion` and optionally `id`, `source_text`, `annotations`, `design`, `schema`.
    predicted: a list of texts in the order of gold, an Arrow array of them, or rows (a list or an Arrow table) with
        `prediction` and optionally `id`, by which they are joined with gold.
    design, schema: needed where gold does not carry them. A schema may be a dict as in a schema.json.
    partial: score only the samples that have a prediction.
    resamples, seed: of the bootstrap for the intervals; 0 resamples give no intervals.
    normalise: compare mentions after NFKC, without blanks and hyphens; the scores say so.
    by: columns of gold; each gives the headline figures of the groups of samples with the same value.

    Raises InputError where gold and predictions do not match, UsageError where design or schema are missing.

    >>> import sde_datasets as sde
    >>> schema = sde.schema("mabsa", targets=["food", "service"])
    >>> gold = ["food: positive\\nservice: negative", "food: negative\\nservice: unmentioned"]
    >>> answers = ["food: positive\\nservice: negative", "food: positive"]
    >>> scores = sde.score(gold, answers, design="lines-text", schema=schema)
    >>> scores.headline["accuracy"].value
    0.75
    """
    if isinstance(gold, (list, tuple)):
        gold = _table(gold)
    settings = schema if isinstance(schema, ScoringSettings) else None
    if isinstance(schema, Schema):
        settings = ScoringSettings.of(schema)
    elif isinstance(schema, dict):
        settings = ScoringSettings.from_dict(schema)
    predictions = predictions_from(predicted)
    found = get_design(design) if isinstance(design, str) else design
    scorer = IncrementalScorer(found, settings, partial, normalise=normalise, by=by)
    for batch in arrow_batches(gold, tuple(dict.fromkeys((*COLUMNS, CORPUS, DOCUMENT, *by)))):
        scorer.add(batch, predictions)
    if unused := predictions.unused():
        name = "the prediction" if unused.id is None else f"the id {unused.id!r}"
        others = f" and {unused.total - 1:,} others do" if unused.total > 1 else " does"
        raise InputError(unused.location, f"{name}{others} not belong to a sample of gold")
    return scorer.scores(Inputs(), resamples, seed)


def score_data(
    path: Path,
    source: SplitSource,
    *,
    task: str = "",
    partial: bool = False,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    normalise: bool = False,
    by: Sequence[str] = (),
    progress: Progress = QUIET,
    table: SampleTable | None = None,
) -> Scores:
    """Score a file of rows `{"id", "prediction"}`, or of another tool, against a split of a config.

    task: the TOML file of a task of the user, for its aliases and weights. normalise, by: as for `score`. table:
    gets a row for each sample. Raises InputError.
    """
    predictions = FilePredictions(path, _completions(source))
    gold = source.identity
    scorer = IncrementalScorer(None, None, partial, task, normalise=normalise, by=by, table=table)
    with progress.work("scoring", source.rows, "samples"):
        for batch in source.batches(tuple(dict.fromkeys((*COLUMNS, CORPUS, DOCUMENT, *by)))):
            scorer.add(batch, predictions)
            progress.advance(len(batch))
    if unused := predictions.unused():
        others = f"Nor do {unused.total - 1:,} others. Check --split." if unused.total > 1 else ""
        raise InputError(unused.location, f"the id {unused.id!r} does not occur in {gold.config} {gold.split}", others)
    return scorer.scores(Inputs(prediction_file(path), gold), resamples, seed)


def _completions(source: SplitSource) -> Iterator[tuple[str, str]]:
    for batch in source.batches(("id", "completion")):
        yield from zip(batch.column("id").to_pylist(), batch.column("completion").to_pylist(), strict=True)


def score_pairs(
    path: Path,
    design: Design,
    settings: ScoringSettings,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    progress: Progress = QUIET,
    table: SampleTable | None = None,
) -> Scores:
    """Score a file of rows `{"completion", "prediction"}` without a dataset.

    Rows whose completion is not strict are not scored; they are listed with the reason. table: gets a row for
    each sample. Raises InputError.
    """
    scorer = Scorer(design, settings, table)
    rejected: list[RejectedRow] = []
    reader = answer_format(design.answer, settings.schema, settings.aliases)
    numbered = rows(path)
    with progress.work("scoring", None, "samples"):
        while portion := list(islice(numbered, BATCH)):
            scorer.add(_pairs(path, portion, reader, settings, rejected))
            progress.advance(len(portion))
    if not scorer.samples:
        if rejected:
            hint = f"No other completion is either. Check that the design is {design.name}, and the schema."
            raise InputError(rejected[0].location, rejected[0].reason, hint)
        hint = 'Give one JSON object per line: {"completion": ..., "prediction": ...}.'
        raise InputError(str(path), "has no rows", hint)
    return scorer.scores(Inputs(prediction_file(path)), rejected=tuple(rejected), resamples=resamples, seed=seed)


def _pairs(
    path: Path,
    numbered: list[tuple[int, dict[str, Any]]],
    reader: AnswerFormat,
    settings: ScoringSettings,
    rejected: list[RejectedRow],
) -> Batch:
    """Rows with their line numbers as a batch; those whose completion is not strict are added to `rejected`."""
    ids, completions, answers, texts, parsed, further, documents = [], [], [], [], [], [], []
    columns: dict[str, list] = {name: [] for name in settings.by}
    for line, row in numbered:
        location = f"{path}:{line}"
        row = plain_row(row, location)
        completion, answer = text_of(row, ("completion", "target"), location), text_of(row, ("prediction",), location)
        text = row["source_text"] if isinstance(row.get("source_text"), str) else None
        reading = reader.read(completion, text)
        if not reading.is_strict:
            rejected.append(RejectedRow(f"{path.name}:{line}", f"the completion is not read: {first_error(reading)}"))
            continue
        ids.append(id_of(row, location) if "id" in row else str(line))
        completions.append(completion)
        answers.append(answer)
        texts.append(text)
        parsed.append(reading)
        documents.append(row[DOCUMENT] if isinstance(row.get(DOCUMENT), str) else None)
        for name, values in columns.items():
            values.append(None if row.get(name) is None else str(row[name]))
        further.append(
            {k: value for k, value in row.items() if k not in _USED_KEYS and isinstance(value, _SIMPLE_TYPES)}
        )
    gold = gold_from_completions(parsed, settings.schema)
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return Batch(ids, completions, answers, texts, gold, further, arrays, documents)


def _table(gold: Sequence[Any]) -> pa.Table:
    """A list of completions or of rows as a table. Raises InputError for other objects."""
    if all(isinstance(completion, str) for completion in gold):
        return pa.table({"completion": pa.array(gold, pa.string())})
    if not all(isinstance(row, dict) and isinstance(row.get("completion"), str) for row in gold):
        raise InputError("gold", "has rows without a completion", "Give texts, or rows with the key completion.")
    return pa.Table.from_pylist(list(gold))
