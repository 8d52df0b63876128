"""The scorer: takes gold and answers batch by batch, and ends with everything that scores.json holds."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any

import numpy as np

from sde_datasets import __version__
from sde_datasets.designs import Design
from sde_datasets.formats import Reading, format_of
from sde_datasets.score.defects import DefectTally
from sde_datasets.score.gold import Mentions
from sde_datasets.score.intervals import RESAMPLES, SEED, headline
from sde_datasets.score.rows import COUNTS, FLAGS, Row, Rows, Table
from sde_datasets.score.rules import Rules
from sde_datasets.score.tallies import LabelTally, MentionTally
from sde_datasets.score.worst import Worst

FORMAT = 1
_FINE = (False, False, False)


@dataclass(frozen=True)
class Batch:
    """Some samples: ids, gold completions, answers, texts where they are known, and the gold as arrays.

    gold: label codes (samples x targets) or Mentions, see `gold.py`. sound: the completions say just what gold says,
    so that an answer that equals its completion need not be read. further: what else each row says, for a person.
    """

    ids: list[str]
    completions: list[str]
    answers: list[str]
    texts: list[str | None]
    gold: np.ndarray | Mentions
    sound: bool = True
    further: list[dict] | None = None


class Scorer:
    """Scores the answers of one design under one set of rules. Beyond a row a sample its memory does not grow."""

    def __init__(self, design: Design, rules: Rules) -> None:
        self.design, self.rules, self.schema = design, rules, rules.schema
        self._form = format_of(design.answer, rules.schema, rules.aliases)
        label = self.schema.kind == "label"
        self._tally = LabelTally(self.schema, rules.weights) if label else MentionTally(self.schema)
        self._defects, self._worst, self._rows = DefectTally(), Worst(), Rows()

    @property
    def samples(self) -> int:
        """How many samples were scored."""
        return len(self._rows.ids)

    def add(self, batch: Batch) -> None:
        """Read and count a batch. By law 1 an answer that is the gold completion itself says what gold says."""
        read: dict[int, Reading] = {}
        for number, (answer, completion) in enumerate(zip(batch.answers, batch.completions, strict=True)):
            if answer != completion or not batch.sound:
                read[number] = self._form.read(answer, batch.texts[number])
        before = self._defects.times("not_in_text")
        flags = {n: self._defects.add(batch.ids[n], batch.answers[n], reading) for n, reading in read.items()}
        counts, wrong = self._tally.add(batch.gold, {n: reading.answer for n, reading in read.items()})
        if isinstance(self._tally, MentionTally):
            known = None not in batch.texts
            self._tally.look_up(self._defects.times("not_in_text") - before if known else None)
        for n, count in wrong.items():
            if count:
                shown = (batch.texts[n], batch.completions[n], batch.answers[n], read[n].defects)
                self._worst.add(batch.ids[n], count, *shown, batch.further and batch.further[n])
        self._rows.add(batch.ids, [Row(each, flags.get(n, _FINE)) for n, each in enumerate(counts)])

    def scores(self, resamples: int = RESAMPLES, seed: int = SEED, **about: Any) -> dict:
        """All scores, in the order of scores.json; `about` are the entries that say what was scored."""
        distinct = [Row(self._counts(row.counts), row.flags) for row in self._rows.distinct()]
        table = Table.of(self.schema.kind, distinct, len(self.schema.number_of), self.rules.weights)
        frequency = np.bincount(self._rows.numbers, minlength=len(distinct)).astype(float)
        return {
            "format": FORMAT,
            "versions": {
                "sde-datasets": __version__,
                "python": platform.python_version(),
                "numpy": np.__version__,
            },
            **about,
            "design": self.design.name,
            "schema": self.schema.as_dict(),
            "samples": self.samples,
            "seed": seed,
            "resamples": resamples,
            "headline": headline(table, frequency, resamples, seed),
            "figures": self._tally.figures(),
            "format_errors": self._defects.rates(self.samples),
            "defects": self._defects.defects(),
            "worst": self._worst.samples(),
            "rows": self._json_rows(distinct),
        }

    def _counts(self, counts: Any) -> tuple:
        """The counts of a row as `rows.py` has them; a label tally gives the cells of a sample one by one."""
        if self.schema.kind == "mention":
            return counts
        cells, times = np.unique(np.frombuffer(counts, np.int32), return_counts=True)
        return tuple(zip(cells.tolist(), times.tolist(), strict=True))

    def _json_rows(self, distinct: list[Row]) -> list[dict]:
        shown = [self._json_row(row) for row in distinct]
        return [{"id": id} | shown[number] for id, number in self._rows]

    def _json_row(self, row: Row) -> dict:
        flags = {name: 1 for name, flag in zip(FLAGS, row.flags, strict=True) if flag}
        if self.schema.kind == "mention":
            return dict(zip(COUNTS, row.counts, strict=True)) | flags
        classes = len(self.schema.number_of)
        return {"cells": [[*divmod(cell, classes), count] for cell, count in row.counts]} | flags
