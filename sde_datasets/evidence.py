"""Extracted evidence: for a sentiment corpus without any, the clause that speaks most for each mentioned target.

One linear model a target tells whether a text mentions it, fitted on the view's own training records. A clause speaks
for a target as much as its words' weights add up to. `scripts/bench evidence` says how often that is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from sde_datasets.clauses import Clauses
from sde_datasets.records import Span
from sde_datasets.schemas import Schema

SEED = 0
# more training records than these make the model no better and the build slower
MOST_RECORDS = 20_000


class Extractor:
    """Chooses clauses. Fit it once with the training texts of a view and the targets that each mentions."""

    def __init__(self, texts: Sequence[str], mentioned: Sequence[Sequence[str]], targets: Sequence[str], language: str):
        words = {"analyzer": "char", "ngram_range": (1, 3)} if language == "zh" else {"ngram_range": (1, 2)}
        self._vectorizer = TfidfVectorizer(min_df=2, max_features=100_000, sublinear_tf=True, **words)
        self._weights: dict[str, np.ndarray] = {}
        try:
            matrix = self._vectorizer.fit_transform(texts)
        except ValueError:
            # too few words to learn anything: no target gets weights, and nothing is extracted
            return
        sets = [frozenset(given) for given in mentioned]
        for target in targets:
            present = np.array([target in given for given in sets])
            if 0 < present.sum() < len(present):
                model = LogisticRegression(C=10.0, class_weight="balanced", solver="liblinear", random_state=SEED)
                self._weights[target] = model.fit(matrix, present).coef_[0]

    def choose(self, texts: Sequence[str], wanted: Sequence[Sequence[str]]) -> list[list[Span | None]]:
        """For each text, the clause for each of its wanted targets, or None where the model knows nothing of one."""
        spans = [Clauses(text).all() for text in texts]
        pieces = [text[a:b] for text, found in zip(texts, spans, strict=True) for a, b in found]
        if not pieces or not self._weights:
            return [[None] * len(targets) for targets in wanted]
        names = list(self._weights)
        scores = self._vectorizer.transform(pieces) @ np.array([self._weights[name] for name in names]).T
        column = {name: i for i, name in enumerate(names)}
        chosen, start = [], 0
        for found, targets in zip(spans, wanted, strict=True):
            block = scores[start : start + len(found)]
            start += len(found)
            best = [found[int(block[:, column[t]].argmax())] if t in column and found else None for t in targets]
            chosen.append(best)
        return chosen


class Extraction:
    """Puts extracted evidence into batches of records, with a model fitted on training batches."""

    def __init__(self, training: Iterable[pa.RecordBatch], schema: Schema) -> None:
        rows = list(islice(_rows(training), MOST_RECORDS))
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


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterable[tuple[str, list[str]]]:
    for batch in batches:
        targets = ([a["target"] for a in given] for given in batch.column("annotations").to_pylist())
        yield from zip(batch.column("text").to_pylist(), targets, strict=True)
