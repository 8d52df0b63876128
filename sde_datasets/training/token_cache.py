"""Encoded samples on disk: written once, then memory-mapped, so that memory does not grow with their number."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sde_datasets.runs.encoding import COMPLETION, EncodedSample


class TokenRow(NamedTuple):
    """A sample of a TokenDataset: its row, the token ids, and the segment of each token (see encoding.py)."""

    row: int
    ids: np.ndarray
    segments: np.ndarray


class TokenCache:
    """Write encoded samples into a folder; `freeze` returns them as a dataset."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._paths = (folder / "ids", folder / "parts")
        self._files = tuple(path.open("wb") for path in self._paths)
        self._ends = array("q", [0])
        self._text_lengths = array("q")
        self._names: list[str] = []
        self._longest_completion = 0

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str, sample: EncodedSample, text_length: int = 0) -> None:
        """Add the sample of that id. text_length: the characters of its text."""
        for file, values in zip(self._files, (sample.ids, sample.segments), strict=True):
            file.write(values.tobytes())
        self._ends.append(self._ends[-1] + len(sample.ids))
        self._names.append(name)
        self._text_lengths.append(text_length)
        self._longest_completion = max(self._longest_completion, int((sample.segments == COMPLETION).sum()))

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    def freeze(self) -> TokenDataset:
        """Close the files and return the samples as a dataset."""
        self.close()
        ids, segments = (
            np.memmap(path, dtype, "r") for path, dtype in zip(self._paths, (np.int32, np.uint8), strict=True)
        )
        text_lengths = np.array(self._text_lengths)
        return TokenDataset(ids, segments, np.array(self._ends), self._names, self._longest_completion, text_lengths)


class TokenDataset:
    """Encoded samples by row: a map-style dataset of PyTorch.

    names: the id of each sample. longest_completion: in tokens, the end token included. text_lengths: the characters of
    each text, which no design changes.
    """

    def __init__(
        self,
        ids: np.ndarray,
        segments: np.ndarray,
        ends: np.ndarray,
        names: list[str],
        longest_completion: int,
        text_lengths: np.ndarray,
    ) -> None:
        """ids, segments: those of all samples, one after the other; `ends[i]` to `ends[i + 1]` is sample i."""
        self._ids, self._segments, self._ends = ids, segments, ends
        self.names, self.longest_completion, self.text_lengths = names, longest_completion, text_lengths

    @property
    def lengths(self) -> np.ndarray:
        """The number of tokens of each sample."""
        return np.diff(self._ends)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, row: int) -> TokenRow:
        span = slice(self._ends[row], self._ends[row + 1])
        return TokenRow(row, self._ids[span], self._segments[span])
