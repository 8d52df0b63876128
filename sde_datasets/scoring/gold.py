"""The gold of a batch as arrays, from the column `annotations` or from parsed completions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.records.record import Span
from sde_datasets.records.schema import Schema

# mentions of this length and longer ones form one group
LONGEST = 5


@dataclass(frozen=True)
class MentionSpans:
    """The spans of all mentions of a batch: the number of spans up to each mention, and their offsets in a row."""

    counts: list[int]
    starts: list[int]
    ends: list[int]

    @cached_property
    def of(self) -> Sequence[tuple[Span, ...]]:
        """The spans of each mention of the batch."""
        spans = list(zip(self.starts, self.ends, strict=True))
        if len(spans) == len(self.counts) - 1:
            return list(zip(spans))
        return [tuple(spans[first:last]) for first, last in pairwise(self.counts)]


@dataclass(frozen=True)
class Mentions:
    """The gold mentions of a batch, in the order of the samples.

    starts: the index of the first mention of each sample, and the number of mentions. types: the index of each target.
    lengths: in words or characters, at most LONGEST. inside, holding: whether the extent of a mention lies inside that
    of another one, or contains one. spans: the offsets. The last three are None where offsets are unknown.
    """

    starts: list[int]
    types: np.ndarray
    surfaces: list[str]
    lengths: np.ndarray
    inside: np.ndarray | None = None
    holding: np.ndarray | None = None
    spans: MentionSpans | None = None


@dataclass(frozen=True)
class Gold:
    """The gold of a batch as arrays. exact: the completions express it without any defect.

    codes: the labels of a label task (samples x targets); mentions: those of a mention task. See `gold.py`.
    """

    codes: np.ndarray | None = None
    mentions: Mentions | None = None
    exact: bool = True


def length_unit(schema: Schema) -> str:
    """Return the unit of the length of a mention: words, or characters in Chinese."""
    return "characters" if schema.language == "zh" else "words"


def label_codes(samples: Sequence[dict[str, str]], schema: Schema) -> np.ndarray:
    """Return the labels (samples x targets) as indices in the schema; the index of the placeholder is the last."""
    codes = np.full((len(samples), len(schema.targets)), len(schema.labels), np.int32)
    code_of = {label: code for code, label in enumerate(schema.number_of)}
    index = schema.index
    for row, values in zip(codes, samples, strict=True):
        for target, label in values.items():
            row[index[target]] = code_of[label]
    return codes


def annotated_labels(annotations: pa.Array, schema: Schema) -> np.ndarray:
    """Return the `label_codes` of a column of annotations."""
    flat, starts = annotations.flatten(), _starts(annotations)
    codes = np.full((len(annotations), len(schema.targets)), len(schema.labels), np.int32)
    rows = np.repeat(np.arange(len(annotations)), np.diff(starts))
    codes[rows, _numbers(flat.field("target"), schema.targets)] = _numbers(flat.field("label"), list(schema.number_of))
    return codes


def read_mentions(samples: Sequence[dict[str, tuple[str, ...]]], schema: Schema) -> Mentions:
    """Return the mentions of parsed completions, whose offsets are unknown."""
    index = schema.index
    flat = [(index[target], surface) for values in samples for target, found in values.items() for surface in found]
    starts = list(accumulate((sum(map(len, values.values())) for values in samples), initial=0))
    surfaces = [surface for _, surface in flat]
    return Mentions(
        starts,
        np.array([code for code, _ in flat], np.int32),
        surfaces,
        _lengths(pa.array(surfaces, pa.string()), schema),
    )


def annotated_mentions(annotations: pa.Array, schema: Schema) -> Mentions:
    """Return the mentions of a column of annotations, with nesting."""
    flat, starts = annotations.flatten(), _starts(annotations)
    surfaces = flat.field("mention")
    types = _numbers(flat.field("target"), schema.targets)
    spans = _spans(flat.field("spans"))
    inside, holding = nested(np.repeat(np.arange(len(annotations)), np.diff(starts)), *_extents(spans))
    return Mentions(starts, types, surfaces.to_pylist(), _lengths(surfaces, schema), inside, holding, spans)


def _starts(lists: pa.Array) -> list[int]:
    return list(accumulate(pc.list_value_length(lists).to_pylist(), initial=0))


def _numbers(words: pa.Array, known: Sequence[str]) -> np.ndarray:
    return pc.index_in(words, pa.array(known, pa.string())).to_numpy(zero_copy_only=False)


def _lengths(surfaces: pa.Array, schema: Schema) -> np.ndarray:
    count = pc.utf8_length if length_unit(schema) == "characters" else lambda s: pc.count_substring_regex(s, r"\S+")
    return np.clip(count(surfaces).to_numpy(zero_copy_only=False), 1, LONGEST)


def _spans(spans: pa.Array) -> MentionSpans:
    flat = spans.flatten()
    starts, ends = (flat.field(name).to_numpy(zero_copy_only=False).tolist() for name in ("start", "end"))
    return MentionSpans(_starts(spans), starts, ends)


def _extents(spans: MentionSpans) -> tuple[np.ndarray, np.ndarray]:
    """The start and the end of each mention, over all its spans."""
    counts = np.array(spans.counts, int)
    return np.array(spans.starts, int)[counts[:-1]], np.array(spans.ends, int)[counts[1:] - 1]


def nested(samples: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which mentions lie inside another one of their sample, and which contain one; equal extents do neither.

    samples: the index of the sample of each mention, ascending from 0. Sorted by start, longer ones first, a mention
    lies inside another one if one before it ends no earlier, and contains one if one after it ends no later.
    """
    if not len(samples):
        return np.zeros(0, bool), np.zeros(0, bool)
    # one number per extent, in the order of sample, start and descending end
    beyond = int(ends.max()) + 1
    keys = (samples.astype(np.int64) * beyond + starts) * beyond + (beyond - 1 - ends)
    extents, back = np.unique(keys, return_inverse=True)
    # ends are shifted beyond those of earlier samples, so that one pass handles all samples
    ends = beyond - 1 - extents % beyond + extents // (beyond * beyond) * beyond
    inside, holding = np.zeros(len(extents), bool), np.zeros(len(extents), bool)
    inside[1:] = np.maximum.accumulate(ends)[:-1] >= ends[1:]
    holding[:-1] = np.minimum.accumulate(ends[::-1])[::-1][1:] <= ends[:-1]
    return inside[back], holding[back]
