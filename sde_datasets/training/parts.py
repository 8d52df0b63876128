"""The division of a step: which samples a device computes, and which of them together.

The result of a step does not depend on its division.
"""

from __future__ import annotations

from accelerate import PartialState

from sde_datasets.errors import UsageError
from sde_datasets.runs.encoding import shared_prefix_length
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training.token_cache import TokenRow

# samples that a device computes together
Part = list[TokenRow]


class StepDivision:
    """Divide the samples of a step among processes, and those of a process into parts.

    share: the number of samples of a part, unless its tokens are limited.
    """

    def __init__(self, options: TrainingOptions, processes: int, index: int) -> None:
        """index: the number of this process. Raises UsageError if the batch cannot be divided."""
        self.share = samples_per_part(options, processes)
        self._most, self._processes, self._index = options.batch_tokens, processes, index

    def parts(self, rows: list[TokenRow], shared: bool) -> list[Part]:
        """Return the parts of this process. rows: samples of a step, from long to short. shared: prefixes are."""
        if not self._most:
            starts = range(self._index * self.share, len(rows), self._processes * self.share)
            return [rows[start : start + self.share] for start in starts]
        prefix = shared_prefix_length([row.ids for row in rows]) if shared else 0
        parts = [limited_parts(rows[i :: self._processes], self._most, prefix) for i in range(self._processes)]
        # FSDP fetches weights from all processes in each part, so all processes have the same number of parts
        own, number = parts[self._index], max(map(len, parts))
        while len(own) < number:
            largest = max(range(len(own)), key=lambda i: len(own[i]))
            half = len(own[largest]) // 2
            own[largest : largest + 1] = own[largest][:half], own[largest][half:]
        return own


def limited_parts(rows: list[TokenRow], most: int, prefix: int) -> list[Part]:
    """Return samples in parts of at most `most` tokens, padding included; a longer sample is a part alone.

    prefix: the number of tokens that all samples share and that a part computes once.
    """
    parts: list[Part] = []
    longest = 0
    for row in rows:
        longest = max(longest, len(row.ids) - prefix)
        if parts and prefix + (len(parts[-1]) + 1) * longest <= most:
            parts[-1].append(row)
        else:
            parts.append([row])
            longest = len(row.ids) - prefix
    return parts


def samples_per_part(options: TrainingOptions, processes: int | None = None) -> int:
    """Return the number of samples that a device takes at a time.

    Raises UsageError if the batch cannot be divided among processes (by default those that run) and parts.
    """
    processes, batch = processes or PartialState().num_processes, options.hyperparameters.batch_size
    share, rest = divmod(batch, processes * options.accumulation)
    if rest or not share:
        parts = f"{processes} processes x {options.accumulation} parts"
        raise UsageError(f"a batch of {batch} cannot be divided among {parts}: change --batch-size")
    return share
