"""Extract evidence for label tasks: for each mentioned target, the clause with the highest score of a linear model.

For each target, a logistic regression predicts from character n-grams whether a text mentions the target; it is fitted
on the training records of the view. The score of a clause is the sum of the weights of its n-grams.
`scripts/benchmarks/evidence.py` measures how often the clause is the annotated one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from sde_datasets.ingest.clauses import Clauses
from sde_datasets.records.record import Span
from sde_datasets.records.schema import Schema

SEED = 0
# limits of the training data, which bound time and memory for a large corpus
MOST_RECORDS = 20_000
MOST_CHARACTERS = 8_000_000


class Extractor:
    """Choose clauses. Fitted with the training texts of a view and the targets that each mentions."""

    def __init__(self, texts: Sequence[str], mentioned: Sequence[Sequence[str]], targets: Sequence[str], language: str):
        parts = ("char", (1, 2)) if language == "zh" else ("char_wb", (3, 5))
        self._vectorizer = TfidfVectorizer(
            analyzer=parts[0], ngram_range=parts[1], min_df=2, max_features=100_000, sublinear_tf=True, norm=None
        )
        self._column: dict[str, int] = {}
        try:
            matrix = normalize(self._vectorizer.fit_transform(texts), copy=False)
        except ValueError:
            # too few n-grams to fit a model: no target has weights, and nothing is extracted
            return
        sets = [frozenset(given) for given in mentioned]
        weights: list[np.ndarray] = []
        for target in targets:
            present = np.array([target in given for given in sets])
            if 0 < present.sum() < len(present):
                model = LogisticRegression(class_weight="balanced", solver="liblinear", random_state=SEED)
                self._column[target] = len(weights)
                weights.append(model.fit(matrix, present).coef_[0])
        self._weights = np.array(weights).T

    def choose(self, texts: Sequence[str], wanted: Sequence[Sequence[str]]) -> list[list[Span | None]]:
        """For each text and each of its wanted targets, the best clause, or None for a target without a model.

        Of clauses with equal scores, the first is chosen.
        """
        spans = [Clauses(text).all() for text in texts]
        clauses = [text[a:b] for text, found in zip(texts, spans, strict=True) for a, b in found]
        if not clauses or not self._column:
            return [[None] * len(targets) for targets in wanted]
        # not normalised, because that would raise the scores of short clauses
        scores = self._vectorizer.transform(clauses) @ self._weights
        chosen, start = [], 0
        for found, targets in zip(spans, wanted, strict=True):
            block = scores[start : start + len(found)]
            start += len(found)
            columns = [self._column.get(target) if found else None for target in targets]
            chosen.append([None if at is None else found[int(block[:, at].argmax())] for at in columns])
        return chosen


class Extraction:
    """Add extracted evidence to batches of records, with models fitted on training batches."""

    def __init__(self, training: Iterable[pa.RecordBatch], schema: Schema) -> None:
        rows = _sample(_rows(training))
        texts, mentioned = [text for text, _ in rows], [targets for _, targets in rows]
        self._extractor = Extractor(texts, mentioned, schema.targets, schema.language)

    def add_evidence(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the chosen clauses as evidence of the annotations."""
        texts = batch.column("text").to_pylist()
        annotations = batch.column("annotations").to_pylist()
        chosen = self._extractor.choose(texts, [[a["target"] for a in given] for given in annotations])
        for text, given, spans in zip(texts, annotations, chosen, strict=True):
            for annotation, span in zip(given, spans, strict=True):
                if span:
                    start, end = span
                    annotation["evidence"] = [{"text": text[start:end], "start": start, "end": end}]
                    annotation["origin"] = "extracted"
        at = batch.schema.get_field_index("annotations")
        column = pa.array(annotations, batch.schema.field(at).type)
        return batch.set_column(at, batch.schema.field(at), column)


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, list[str]]]:
    for batch in batches:
        targets = ([a["target"] for a in given] for given in batch.column("annotations").to_pylist())
        yield from zip(batch.column("text").to_pylist(), targets, strict=True)


def _sample(rows: Iterable[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """At most MOST_RECORDS rows with MOST_CHARACTERS characters, drawn uniformly with a fixed seed."""
    drawn, rng = [], random.Random(SEED)
    for i, row in enumerate(rows):
        if i < MOST_RECORDS:
            drawn.append(row)
        elif (at := rng.randrange(i + 1)) < MOST_RECORDS:
            drawn[at] = row
    room, kept = MOST_CHARACTERS, []
    for row in drawn:
        room -= len(row[0])
        if room < 0:
            break
        kept.append(row)
    return kept
