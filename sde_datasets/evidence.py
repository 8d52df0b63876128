"""Extracted evidence: for a sentiment corpus without any, the clause that speaks most for each mentioned target.

One linear model a target tells whether a text mentions it, fitted on the view's own training records. A clause speaks
for a target as much as the weights of its parts of words (in Chinese: its characters and pairs of them) add up to.
`scripts/benchmarks/evidence.py` says how often that is right.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from sde_datasets.clauses import Clauses
from sde_datasets.records import Span
from sde_datasets.schemas import Schema

SEED = 0
# what a model is fitted on at most, so that a large corpus takes a minute or two and not all memory
MOST_RECORDS = 20_000
MOST_CHARACTERS = 8_000_000


class Extractor:
    """Chooses clauses. Fit it once with the training texts of a view and the targets that each mentions."""

    def __init__(self, texts: Sequence[str], mentioned: Sequence[Sequence[str]], targets: Sequence[str], language: str):
        parts = ("char", (1, 2)) if language == "zh" else ("char_wb", (3, 5))
        self._vectorizer = TfidfVectorizer(
            analyzer=parts[0], ngram_range=parts[1], min_df=2, max_features=100_000, sublinear_tf=True, norm=None
        )
        self._column: dict[str, int] = {}
        try:
            matrix = normalize(self._vectorizer.fit_transform(texts), copy=False)
        except ValueError:
            # too few words to learn anything: no target gets weights, and nothing is extracted
            return
        sets, weights = [frozenset(given) for given in mentioned], []
        for target in targets:
            present = np.array([target in given for given in sets])
            if 0 < present.sum() < len(present):
                model = LogisticRegression(class_weight="balanced", solver="liblinear", random_state=SEED)
                self._column[target] = len(weights)
                weights.append(model.fit(matrix, present).coef_[0])
        self._weights = np.array(weights).T

    def choose(self, texts: Sequence[str], wanted: Sequence[Sequence[str]]) -> list[list[Span | None]]:
        """For each text, the clause for each of its wanted targets, or None where the model knows nothing of one.

        Among equals it is the first.
        """
        spans = [Clauses(text).all() for text in texts]
        clauses = [text[a:b] for text, found in zip(texts, spans, strict=True) for a, b in found]
        if not clauses or not self._column:
            return [[None] * len(targets) for targets in wanted]
        # not normalised: a clause is not worth more for being short
        scores = self._vectorizer.transform(clauses) @ self._weights
        chosen, start = [], 0
        for found, targets in zip(spans, wanted, strict=True):
            block = scores[start : start + len(found)]
            start += len(found)
            columns = [self._column.get(target) if found else None for target in targets]
            chosen.append([None if at is None else found[int(block[:, at].argmax())] for at in columns])
        return chosen


class Extraction:
    """Puts extracted evidence into batches of records, with a model fitted on training batches."""

    def __init__(self, training: Iterable[pa.RecordBatch], schema: Schema) -> None:
        rows = _sample(_rows(training))
        texts, mentioned = [text for text, _ in rows], [targets for _, targets in rows]
        self._extractor = Extractor(texts, mentioned, schema.targets, schema.language)

    def describe(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the chosen clause as evidence of every annotation for which there is one."""
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
    """All rows, or where they are too many as many as are allowed, drawn evenly from all and by a seed."""
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
