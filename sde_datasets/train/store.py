"""Tokens on disk: what was encoded once is mapped into memory as it is needed, however many samples there are."""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np

from sde_datasets.train.tokens import Encoded


class Store:
    """Encoded samples in the order in which they were added. A PyTorch map-style dataset when it is `done`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._paths = (folder / "ids", folder / "parts")
        self._files = tuple(path.open("wb") for path in self._paths)
        self._ends = array("q", [0])
        self.names: list[str] = []
        # tokens of completions, end tokens among them
        self.longest_completion = 0

    def add(self, name: str, encoded: Encoded) -> None:
        """Add the sample of that id."""
        for file, values in zip(self._files, (encoded.ids, encoded.parts), strict=True):
            file.write(values.tobytes())
        self._ends.append(self._ends[-1] + len(encoded.ids))
        self.names.append(name)
        self.longest_completion = max(self.longest_completion, int((encoded.parts == 2).sum()))

    def done(self) -> Store:
        """Itself, to be read from now on."""
        for file in self._files:
            file.close()
        self._ids, self._parts = (
            np.memmap(path, dtype, "r") for path, dtype in zip(self._paths, (np.int32, np.uint8), strict=True)
        )
        return self

    @property
    def lengths(self) -> np.ndarray:
        """The tokens of each sample."""
        return np.diff(np.array(self._ends))

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, row: int) -> tuple[int, np.ndarray, np.ndarray]:
        place = slice(self._ends[row], self._ends[row + 1])
        return row, self._ids[place], self._parts[place]
