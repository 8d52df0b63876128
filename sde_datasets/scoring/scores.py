"""The result of scoring as a dataclass, `Scores`.

`to_json` and `from_json` convert between it and the content of scores.json (see `json_object.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sde_datasets.records.schema import Schema
from sde_datasets.scoring.answer_figures import DefectCount, FormatErrors, WorstSample
from sde_datasets.scoring.figures import Figure
from sde_datasets.scoring.group_figures import Grouping
from sde_datasets.scoring.inputs import Inputs, RejectedRow
from sde_datasets.scoring.json_object import JsonObject
from sde_datasets.scoring.label_figures import LabelFigures
from sde_datasets.scoring.mention_figures import MentionFigures
from sde_datasets.scoring.sample_counts import SampleScore

# the version of scores.json
FORMAT = 1


def _read_figures(entries: dict[str, Any]) -> LabelFigures | MentionFigures:
    return LabelFigures.from_json(entries) if "by_label" in entries else MentionFigures.from_json(entries)


def _read_rows(rows: list[dict[str, Any]]) -> tuple[SampleScore, ...]:
    return tuple(map(SampleScore.from_json, rows))


def _written_rows(rows: tuple[SampleScore, ...]) -> list[dict[str, Any]]:
    # equal counts are written once
    written = {counts: counts.to_json() for counts in {row.counts for row in rows}}
    return [row.key() | written[row.counts] for row in rows]


@dataclass(frozen=True)
class Scores(JsonObject):
    """The scores of one file or list of answers.

    versions: of this package, Python and numpy. unanswered: samples without a prediction, which were not scored.
    seed, resamples: of the intervals. headline: the main figures by name. defects: by name, in the order of the closed
    list. worst: the samples with the most errors. rows: one per sample, for comparisons. groups: headline figures by
    length of text, number of targets, nesting, corpus and requested columns. warnings: reasons to doubt the figures,
    None without any. documents: how many documents the bootstrap draws from; None where it draws samples.
    examples: the samples of the examples of defects that are not among the worst. macro_f1: of a mention task, over
    targets, with its interval.
    """

    format: int
    versions: dict[str, str]
    inputs: Inputs
    unanswered: int
    rejected: tuple[RejectedRow, ...]
    design: str
    schema: Schema = field(metadata={"write": Schema.as_dict, "read": Schema.from_dict})
    samples: int
    seed: int
    resamples: int
    headline: dict[str, Figure]
    figures: LabelFigures | MentionFigures = field(metadata={"read": _read_figures})
    format_errors: FormatErrors
    defects: dict[str, DefectCount]
    worst: tuple[WorstSample, ...]
    rows: tuple[SampleScore, ...] = field(metadata={"write": _written_rows, "read": _read_rows})
    groups: dict[str, Grouping] | None = field(default=None, metadata={"optional": True})
    warnings: tuple[str, ...] | None = field(default=None, metadata={"optional": True})
    documents: int | None = field(default=None, metadata={"optional": True})
    examples: tuple[WorstSample, ...] | None = field(default=None, metadata={"optional": True})
    macro_f1: Figure | None = field(default=None, metadata={"optional": True})
