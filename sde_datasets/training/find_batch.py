"""Find how many samples fit on a device at a time (`--find-batch-size`); the step itself stays the same."""

from __future__ import annotations

from collections.abc import Callable

import torch
from accelerate.utils import find_executable_batch_size


def find_share(share: int, attempt: Callable[[int], None]) -> int:
    """Return the largest number of samples that fits: `share`, or the largest of its divisors.

    attempt: computes gradients for so many samples. Raises RuntimeError if not even one sample fits.
    """
    smaller = iter([count for count in range(share - 1, 0, -1) if share % count == 0])

    @find_executable_batch_size(starting_batch_size=share, reduce_batch_size_fn=lambda: next(smaller, 0))
    def trial(batch_size: int) -> int:
        attempt(batch_size)
        return batch_size

    # a trial must not change the random numbers of the run
    with torch.random.fork_rng():
        return int(trial())


def optimizer_reserve(model: torch.nn.Module) -> list[torch.Tensor]:
    """Return empty tensors as large as the two moments that an optimizer keeps of each trained weight."""
    trained = [tensor for tensor in model.parameters() if tensor.requires_grad]
    return [torch.empty_like(tensor) for tensor in trained for _ in range(2)]
