"""What a tally returns for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class BatchCounts(NamedTuple):
    """The counts of each sample of a batch, hashable, and the number of errors by index of the parsed answers.

    hard: in mention tasks, which gold mentions were found.
    """

    counts: Sequence[Any]
    wrong: dict[int, int]
    hard: np.ndarray | None = None
