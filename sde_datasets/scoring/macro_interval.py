"""The interval of macro F1 over the targets of a mention task, by a bootstrap over blocks of samples.

The counts of all targets differ from sample to sample, so that a bootstrap by sample would take long. Samples are
therefore drawn in at most 1,000 blocks: each sample is a block of its own below that number, and the samples of a
document are in one block.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np

from sde_datasets.formats import ParsedAnswer
from sde_datasets.scoring.figures import Figure
from sde_datasets.scoring.gold import Mentions
from sde_datasets.scoring.intervals import interval

BLOCKS = 1000


def blocks_of(first: int, documents: list[str | None]) -> np.ndarray:
    """Return the block of each sample of a batch. first: the number of samples before the batch."""
    numbers = enumerate(documents, first)
    blocks = [
        n % BLOCKS if document is None else crc32(document.encode("utf-8", "surrogatepass")) % BLOCKS
        for n, document in numbers
    ]
    return np.array(blocks, np.int64)


class MacroBlocks:
    """Counts of gold, predictions and hard matches by block and target."""

    def __init__(self, targets: Mapping[str, int]) -> None:
        """targets: the index of each target."""
        self._targets = targets
        self._counts = np.zeros((3, BLOCKS, len(targets)), np.int64)
        self._is_used = np.zeros(BLOCKS, bool)

    def add(self, gold: Mentions, hard: np.ndarray, parsed: Mapping[int, ParsedAnswer], blocks: np.ndarray) -> None:
        """Count a batch. hard: which gold mentions were found. parsed: by sample; other answers equal gold."""
        self._is_used[blocks] = True
        rows = np.repeat(np.arange(len(blocks)), np.diff(gold.starts))
        is_same = np.ones(len(blocks), bool)
        is_same[list(parsed)] = False
        same = is_same[rows]
        np.add.at(self._counts[0], (blocks[rows], gold.types), 1)
        np.add.at(self._counts[1], (blocks[rows[same]], gold.types[same]), 1)
        np.add.at(self._counts[2], (blocks[rows[hard]], gold.types[hard]), 1)
        said = [
            (row, self._targets[target], len(surfaces))
            for row, answer in parsed.items()
            for target, surfaces in answer.values.items()
        ]
        if said:
            said_rows, targets, mentions = np.array(said).T
            np.add.at(self._counts[1], (blocks[said_rows], targets), mentions)

    def figure(self, resamples: int, seed: int) -> Figure | None:
        """Return macro F1 with its 95 % interval; None where no target has any mention."""
        counts = self._counts[:, self._is_used].astype(float)
        value = _macro_f1(counts.sum(1)[:, None])[0]
        if np.isnan(value):
            return None
        bounds = interval(_macro_f1(_resampled(counts, resamples, seed))) if resamples else (None, None)
        return Figure(float(value), *bounds)


def _resampled(counts: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Sums (3 x resamples x targets) of as many blocks as there are, drawn with replacement."""
    kinds, blocks, targets = counts.shape
    drawn = np.random.default_rng(seed).integers(blocks, size=(resamples, blocks))
    drawn += np.arange(resamples)[:, None] * blocks
    times = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
    sums = times.astype(float) @ counts.transpose(1, 0, 2).reshape(blocks, kinds * targets)
    return sums.reshape(resamples, kinds, targets).transpose(1, 0, 2)


def _macro_f1(sums: np.ndarray) -> np.ndarray:
    """Macro F1 of sums of gold, predictions and hits (3 x draws x targets), over the targets that have any."""
    gold, predicted, hits = sums
    both = gold + predicted
    f1 = np.where(both > 0, 2 * hits / np.where(both > 0, both, 1), 0).sum(1)
    count = (both > 0).sum(1)
    return np.where(count > 0, f1 / np.where(count > 0, count, 1), np.nan)
