"""Group samples by length of text, number of targets, nesting, corpus and other columns; figures of each group."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.records.schema import Schema
from sde_datasets.scoring.count_table import CountTable
from sde_datasets.scoring.gold import Mentions
from sde_datasets.scoring.group_figures import GroupFigures, Grouping

TEXT_LENGTH, TARGETS, NESTING, CORPUS = "text_length", "targets", "nesting", "corpus"
# the greatest lengths of a text, in characters, of all length groups but the last
_LENGTHS = (50, 100, 200, 400, 800)
_LENGTH_NAMES = ("0-50", "51-100", "101-200", "201-400", "401-800", "801+")
_TARGET_NAMES = ("0", "1", "2", "3", "4", "5+")
_NESTING_NAMES = ("no mention", "flat", "nested")
# groups of a column in the scores; distinct values of a column that are counted
_MOST_GROUPS, _MOST_VALUES = 50, 10_000
_OTHER = "(other)"


class GroupTally:
    """The group of each sample under each grouping. Memory grows by one number for each sample and grouping."""

    def __init__(self, schema: Schema, columns: Sequence[str] = ()) -> None:
        """columns: those of the data by which samples are grouped on request."""
        self._schema, self._requested = schema, frozenset(columns)
        self._samples = 0
        self._codes: dict[str, array[int]] = {}
        self._names: dict[str, dict[str, int]] = {}

    def add(
        self,
        texts: Sequence[str | None],
        codes: np.ndarray | None,
        mentions: Mentions | None,
        columns: dict[str, pa.Array],
    ) -> None:
        """Add a batch: texts (None where unknown), gold as labels or mentions, and columns of the data."""
        if None not in texts:
            lengths = [len(text) for text in texts if text is not None]
            self._extend(TEXT_LENGTH, _LENGTH_NAMES, np.searchsorted(_LENGTHS, lengths))
        if codes is not None:
            self._extend(TARGETS, _TARGET_NAMES, np.minimum((codes != len(self._schema.labels)).sum(1), 5))
        elif mentions is not None:
            self._add_mentions(len(texts), mentions)
        for name, values in columns.items():
            self._add_column(name, values)
        self._samples += len(texts)

    def _add_mentions(self, samples: int, mentions: Mentions) -> None:
        rows = np.repeat(np.arange(samples), np.diff(mentions.starts))
        has_target = np.zeros((samples, len(self._schema.targets)), bool)
        has_target[rows, mentions.types] = True
        targets = has_target.sum(1)
        self._extend(TARGETS, _TARGET_NAMES, np.minimum(targets, 5))
        if mentions.inside is not None:
            nested = np.bincount(rows[mentions.inside], minlength=samples) > 0
            self._extend(NESTING, _NESTING_NAMES, (targets > 0).astype(int) + nested)

    def _add_column(self, name: str, values: pa.Array) -> None:
        names = self._names.setdefault(name, {})
        encoded = pc.fill_null(values.cast(pa.string()), "").dictionary_encode()
        codes = [
            names.setdefault(word if word in names or len(names) < _MOST_VALUES else _OTHER, len(names))
            for word in encoded.dictionary.to_pylist()
        ]
        self._extend(name, (), np.array(codes, np.intc)[encoded.indices.to_numpy()])

    def _extend(self, name: str, names: Sequence[str], codes: np.ndarray) -> None:
        if name not in self._names:
            self._names[name] = {group: code for code, group in enumerate(names)}
        self._codes.setdefault(name, array("i")).frombytes(codes.astype(np.intc).tobytes())

    def figures(self, numbers: np.ndarray, table: CountTable) -> dict[str, Grouping]:
        """Return the headline figures of each group. numbers: the row of the table of each sample.

        A grouping is left out where a part of the samples lacks the property, and where it has one group only and was
        not requested.
        """
        groupings = {}
        for name, codes in self._codes.items():
            if len(codes) != self._samples:
                continue
            by_code = {code: group for group, code in self._names[name].items()}
            sizes = Counter(codes)
            if len(sizes) > 1 or name in self._requested:
                kept = {code for code, _ in sizes.most_common(_MOST_GROUPS)}
                members = np.array(codes)
                groups = {by_code[code]: _figures(numbers[members == code], table) for code in sorted(kept)}
                groupings[name] = Grouping(groups, sum(size for code, size in sizes.items() if code not in kept))
        return groupings


def _figures(numbers: np.ndarray, table: CountTable) -> GroupFigures:
    """The headline figures of samples, given the row of the table of each."""
    frequency = np.bincount(numbers, minlength=len(table.counts)).astype(float)
    values = table.headline((frequency @ table.counts)[None])
    return GroupFigures(
        len(numbers), {name: None if np.isnan(value) else float(value) for name, (value,) in values.items()}
    )
