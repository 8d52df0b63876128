"""Gold by batch, as arrays: what the annotators said, from the column `annotations` or from read completions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.schemas import Schema

# mentions are told apart by length up to this one, and all longer ones together
LONGEST = 5


@dataclass(frozen=True)
class Mentions:
    """The gold mentions of a batch, one after the other.

    starts: the number of each sample's first mention, and that after the last. types: the number of each target.
    lengths: in words or characters, at most LONGEST. inside, holding: whether a mention lies within another one or
    has another one within it, by its extent; None where no offsets are known.
    """

    starts: list[int]
    types: np.ndarray
    surfaces: list[str]
    lengths: np.ndarray
    inside: np.ndarray | None = None
    holding: np.ndarray | None = None


def length_unit(schema: Schema) -> str:
    """In what the length of a mention is counted: words, or characters in Chinese."""
    return "characters" if schema.language == "zh" else "words"


def label_codes(said: Sequence[dict[str, str]], schema: Schema) -> np.ndarray:
    """The label of each sample for each target, as its number in the schema; the placeholder comes last."""
    codes = np.full((len(said), len(schema.targets)), len(schema.labels), np.int32)
    code_of = {label: code for code, label in enumerate(schema.number_of)}
    index = schema.index
    for row, values in zip(codes, said, strict=True):
        for target, label in values.items():
            row[index[target]] = code_of[label]
    return codes


def annotated_labels(annotations: pa.Array, schema: Schema) -> np.ndarray:
    """`label_codes` of a column of annotations."""
    flat, starts = annotations.flatten(), _starts(annotations)
    codes = np.full((len(annotations), len(schema.targets)), len(schema.labels), np.int32)
    rows = np.repeat(np.arange(len(annotations)), np.diff(starts))
    codes[rows, _numbers(flat.field("target"), schema.targets)] = _numbers(flat.field("label"), list(schema.number_of))
    return codes


def read_mentions(said: Sequence[dict[str, tuple[str, ...]]], schema: Schema) -> Mentions:
    """The mentions of read completions: their offsets are not known."""
    index = schema.index
    flat = [(index[target], surface) for values in said for target, found in values.items() for surface in found]
    starts = list(accumulate((sum(map(len, values.values())) for values in said), initial=0))
    surfaces = [surface for _, surface in flat]
    return Mentions(
        starts,
        np.array([code for code, _ in flat], np.int32),
        surfaces,
        _lengths(pa.array(surfaces, pa.string()), schema),
    )


def annotated_mentions(annotations: pa.Array, schema: Schema) -> Mentions:
    """The mentions of a column of annotations, with what their offsets say."""
    flat, starts = annotations.flatten(), _starts(annotations)
    surfaces = flat.field("mention")
    types = _numbers(flat.field("target"), schema.targets)
    inside, holding = nested(np.repeat(np.arange(len(annotations)), np.diff(starts)), *_extents(flat.field("spans")))
    return Mentions(starts, types, surfaces.to_pylist(), _lengths(surfaces, schema), inside, holding)


def _starts(lists: pa.Array) -> list[int]:
    return list(accumulate(pc.list_value_length(lists).to_pylist(), initial=0))


def _numbers(words: pa.Array, known: Sequence[str]) -> np.ndarray:
    return pc.index_in(words, pa.array(known, pa.string())).to_numpy(zero_copy_only=False)


def _lengths(surfaces: pa.Array, schema: Schema) -> np.ndarray:
    count = pc.utf8_length if length_unit(schema) == "characters" else lambda s: pc.count_substring_regex(s, r"\S+")
    return np.clip(count(surfaces).to_numpy(zero_copy_only=False), 1, LONGEST)


def _extents(spans: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Where each mention begins and ends, over all its pieces."""
    ends = np.cumsum(pc.list_value_length(spans).to_numpy(zero_copy_only=False))
    flat = spans.flatten()
    begin = np.concatenate(([0], ends[:-1])).astype(int) if len(ends) else ends.astype(int)
    starts = flat.field("start").to_numpy(zero_copy_only=False)
    return starts[begin], flat.field("end").to_numpy(zero_copy_only=False)[ends.astype(int) - 1]


def nested(samples: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which mentions lie inside another one of their sample, and which hold another one; equal extents do neither.

    Samples are numbered upwards from 0. Sorted by start, and the longer first, a mention lies inside another one if
    some mention before it ends no earlier, and holds another one if some mention after it ends no later.
    """
    if not len(samples):
        return np.zeros(0, bool), np.zeros(0, bool)
    # one number for each extent, in the order of sample, start and falling end
    beyond = int(ends.max()) + 1
    keys = (samples.astype(np.int64) * beyond + starts) * beyond + (beyond - 1 - ends)
    extents, back = np.unique(keys, return_inverse=True)
    # a sample's ends are moved beyond those of the samples before it, so that one pass serves all of them
    ends = beyond - 1 - extents % beyond + extents // (beyond * beyond) * beyond
    inside, holding = np.zeros(len(extents), bool), np.zeros(len(extents), bool)
    inside[1:] = np.maximum.accumulate(ends)[:-1] >= ends[1:]
    holding[:-1] = np.minimum.accumulate(ends[::-1])[::-1][1:] <= ends[:-1]
    return inside[back], holding[back]
