"""The order of samples: batches of similar lengths, so that there is little padding."""

from __future__ import annotations

import numpy as np

# number of batches that are sorted together: enough for similar lengths, few enough for a random order
GROUP_SIZE = 50


class LengthGroupedSampler:
    """The order of the samples in each epoch, in which the samples of a batch have similar lengths."""

    def __init__(self, lengths: np.ndarray, batch: int, seed: int) -> None:
        """lengths: of each sample, in tokens or characters. batch: samples of a batch."""
        self._lengths, self._batch, self._seed = lengths, batch, seed

    @property
    def steps(self) -> int:
        """The number of steps of an epoch."""
        return -(-len(self._lengths) // self._batch)

    def rows(self, epoch: int) -> np.ndarray:
        """Return the rows of an epoch (steps x batch), which depend only on seed and epoch.

        Every row occurs; the last batch is filled with the first rows of the epoch, so that all steps have the same
        number of samples. The batch with the longest sample is first, so that a lack of memory shows at once.
        """
        generator = np.random.default_rng((self._seed, epoch))
        order = np.resize(generator.permutation(len(self._lengths)), self.steps * self._batch)
        batches: list[np.ndarray] = []
        for start in range(0, len(order), self._batch * GROUP_SIZE):
            group = order[start : start + self._batch * GROUP_SIZE]
            group = group[np.argsort(-self._lengths[group], kind="stable")]
            batches += np.split(group, len(group) // self._batch)
        shuffled = [batches[i] for i in generator.permutation(len(batches))]
        first = max(range(len(shuffled)), key=lambda i: self._lengths[shuffled[i]].max())
        shuffled.insert(0, shuffled.pop(first))
        return np.stack(shuffled)
