"""The scorer: takes gold and answers batch by batch and returns the scores at the end."""

from __future__ import annotations

import platform
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from sde_datasets import __version__
from sde_datasets.designs.design import Design
from sde_datasets.formats import ParsedAnswer, answer_format
from sde_datasets.scoring.answer_figures import WorstSample
from sde_datasets.scoring.clusters import by_document, document_numbers
from sde_datasets.scoring.count_table import CountsIndex, CountTable
from sde_datasets.scoring.defects import DefectTally
from sde_datasets.scoring.gold import Gold
from sde_datasets.scoring.gold_hash import label_hashes, mention_hashes
from sde_datasets.scoring.groups import GroupTally
from sde_datasets.scoring.inputs import Inputs, RejectedRow
from sde_datasets.scoring.intervals import RESAMPLES, SEED, few_warnings, headline
from sde_datasets.scoring.label_tally import LabelTally
from sde_datasets.scoring.macro_interval import MacroBlocks, blocks_of
from sde_datasets.scoring.mention_tally import MentionTally
from sde_datasets.scoring.read_values import read_values
from sde_datasets.scoring.sample_counts import (
    NO_FLAGS,
    AnswerFlags,
    CellCount,
    MentionCounts,
    SampleCounts,
    SampleScore,
)
from sde_datasets.scoring.sample_table import SampleTable
from sde_datasets.scoring.scores import FORMAT, Scores
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.scoring.worst_samples import WorstSamples, shortened


@dataclass(frozen=True)
class Batch:
    """Some samples: ids, gold completions, answers, texts (None where unknown) and gold.

    further: other keys of the row of each sample, which the report of the worst samples shows. columns: those by which
    samples are grouped. documents: the document of each sample, None where it is unknown.
    """

    ids: list[str]
    completions: list[str]
    answers: list[str]
    texts: list[str | None]
    gold: Gold
    further: list[dict[str, Any]] | None = None
    columns: dict[str, pa.Array] = field(default_factory=dict)
    documents: list[str | None] | None = None


class Scorer:
    """Scores the answers of one design under one schema. Memory grows only by the counts of each sample."""

    def __init__(self, design: Design, settings: ScoringSettings, table: SampleTable | None = None) -> None:
        """table: gets a row for each sample."""
        self._table = table
        self.design, self.settings, self.schema = design, settings, settings.schema
        self._format = answer_format(design.answer, settings.schema, settings.aliases)
        is_label_task = self.schema.kind == "label"
        self._labels = LabelTally(self.schema, settings.weights) if is_label_task else None
        self._mentions = MentionTally(self.schema, settings.normalise)
        self._groups = GroupTally(self.schema, settings.by)
        self._defects, self._worst, self._index = DefectTally(), WorstSamples(), CountsIndex()
        self._macro = MacroBlocks(self.schema.index)
        self._examples: dict[str, WorstSample] = {}
        self._gold_hashes: array[int] = array("L")
        self._documents: list[str | None] = []

    @property
    def samples(self) -> int:
        """How many samples were scored."""
        return len(self._index.ids)

    def add(self, batch: Batch) -> None:
        """Parse and count a batch. An answer equal to an exact gold completion is right (law 1) and not parsed."""
        parsed: dict[int, ParsedAnswer] = {}
        for number, (answer, completion) in enumerate(zip(batch.answers, batch.completions, strict=True)):
            if answer != completion or not batch.gold.exact:
                parsed[number] = self._format.read(answer, batch.texts[number])
        before = self._defects.times("not_in_text")
        flags = {n: self._defects.add(batch.ids[n], batch.answers[n], reading) for n, reading in parsed.items()}
        if self._labels is not None and batch.gold.codes is not None:
            result = self._labels.add(batch.gold.codes, parsed)
            counts, wrong = result.counts, result.wrong
            self._gold_hashes.extend(label_hashes(batch.gold.codes))
        elif batch.gold.mentions is not None:
            result = self._mentions.add(batch.gold.mentions, parsed, batch.texts)
            counts, wrong = result.counts, result.wrong
            if result.hard is not None:
                documents = batch.documents or [None] * len(batch.ids)
                self._macro.add(batch.gold.mentions, result.hard, parsed, blocks_of(self.samples, documents))
            self._gold_hashes.extend(mention_hashes(batch.gold.mentions))
            known = None not in batch.texts
            self._mentions.add_not_in_text(self._defects.times("not_in_text") - before if known else None)
        self._show(batch, parsed, wrong)
        if self._table is not None:
            self._write_rows(self._table, batch, parsed, wrong, flags)
        self._groups.add(batch.texts, batch.gold.codes, batch.gold.mentions, batch.columns)
        self._documents.extend(batch.documents or [None] * len(batch.ids))
        self._index.add(batch.ids, [(row, flags.get(n, NO_FLAGS)) for n, row in enumerate(counts)])

    def _write_rows(
        self,
        table: SampleTable,
        batch: Batch,
        parsed: dict[int, ParsedAnswer],
        wrong: dict[int, int],
        flags: dict[int, AnswerFlags],
    ) -> None:
        documents = batch.documents or [None] * len(batch.ids)
        samples = zip(batch.ids, documents, batch.texts, batch.completions, batch.answers, strict=True)
        for n, sample in enumerate(samples):
            result = wrong.get(n, 0), flags.get(n, NO_FLAGS)
            table.add(sample, (batch.gold, n, self.schema), parsed.get(n), result)

    def _show(self, batch: Batch, parsed: dict[int, ParsedAnswer], wrong: dict[int, int]) -> None:
        """Keep the samples with the most errors, and those of the examples of defects."""
        for n, reading in parsed.items():
            errors, id = wrong.get(n, 0), batch.ids[n]
            is_worst, is_example = self._worst.would_keep(errors), id in self._defects.example_ids
            if is_worst or (is_example and id not in self._examples):
                further = batch.further[n] if batch.further else None
                values = read_values(batch.gold, n, reading, batch.texts[n], self.schema)
                texts = (batch.texts[n], batch.completions[n], batch.answers[n])
                sample = WorstSample(id, errors, *texts, reading.defects, further, values)
                if is_worst:
                    self._worst.add(sample)
                if is_example:
                    self._examples[id] = shortened(sample)

    def scores(
        self,
        inputs: Inputs,
        *,
        unanswered: int = 0,
        rejected: tuple[RejectedRow, ...] = (),
        resamples: int = RESAMPLES,
        seed: int = SEED,
    ) -> Scores:
        """Compute all scores. The arguments other than `resamples` and `seed` tell what was scored."""
        distinct = [SampleCounts(self._counts(counts), flags) for counts, flags in self._index.distinct()]
        table = CountTable.of(self.schema.kind, distinct, len(self.schema.number_of), self.settings.weights)
        numbers = np.array(self._index.numbers)
        frequency = np.bincount(numbers, minlength=len(distinct)).astype(float)
        documents, clusters = document_numbers(self._documents), None
        if documents is not None:
            (sums,), times = by_document([table], numbers, documents)
            clusters = sums, times
        units = self.samples if documents is None else int(documents.max()) + 1
        is_label_task = self._labels is not None
        worst = self._worst.samples()
        shown = {sample.id for sample in worst}
        versions = {"sde-datasets": __version__, "python": platform.python_version(), "numpy": np.__version__}
        return Scores(
            format=FORMAT,
            versions=versions,
            inputs=inputs,
            unanswered=unanswered,
            rejected=rejected,
            design=self.design.name,
            schema=self.schema,
            samples=self.samples,
            seed=seed,
            resamples=resamples,
            headline=headline(table, frequency, resamples, seed, clusters),
            figures=(self._labels or self._mentions).figures(),
            format_errors=self._defects.format_errors(self.samples),
            defects=self._defects.counts(),
            worst=worst,
            rows=self._rows(distinct),
            groups=self._groups.figures(numbers, table),
            warnings=few_warnings(units, "samples" if documents is None else "documents", resamples),
            documents=None if documents is None else units,
            macro_f1=None if is_label_task else self._macro.figure(resamples, seed),
            examples=tuple(sample for id, sample in self._examples.items() if id not in shown) or None,
        )

    def sample_scores(self) -> tuple[SampleScore, ...]:
        """Return the counts of each sample."""
        return self._rows([SampleCounts(self._counts(counts), flags) for counts, flags in self._index.distinct()])

    def _rows(self, distinct: list[SampleCounts]) -> tuple[SampleScore, ...]:
        samples = zip(self._index, self._gold_hashes, self._documents, strict=True)
        return tuple(
            SampleScore(id, distinct[number], f"{gold:08x}", document) for (id, number), gold, document in samples
        )

    def _counts(self, counts: Any) -> tuple[CellCount, ...] | MentionCounts:
        """The counts of a sample as a tally returned them, as `SampleCounts` has them."""
        if self._labels is None:
            return MentionCounts(*counts)
        classes = len(self.schema.number_of)
        cells, times = np.unique(np.frombuffer(counts, np.int32), return_counts=True)
        return tuple(
            CellCount(cell // classes, cell % classes, targets)
            for cell, targets in zip(cells.tolist(), times.tolist(), strict=True)
        )
