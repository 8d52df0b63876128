"""Keep the samples with the most errors, with gold and answer, while all others stream by."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace

from sde_datasets.scoring.answer_figures import WorstSample

KEPT = 20
# longer texts are cut
LONGEST_TEXT = 4000
_DEFECTS, _VALUES = 20, 200


@dataclass(order=True)
class _Entry:
    wrong: int
    earlier: int
    sample: WorstSample = field(compare=False)


class WorstSamples:
    """Keeps the samples with the most errors; of equally many the first."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._added = 0

    def would_keep(self, wrong: int) -> bool:
        """Return whether a sample with so many errors would be kept."""
        return wrong > 0 and (len(self._heap) < KEPT or wrong > self._heap[0].wrong)

    def add(self, sample: WorstSample) -> None:
        """Add a sample; it is kept if it has enough errors."""
        if not self.would_keep(sample.wrong):
            return
        self._added += 1
        change = heapq.heappush if len(self._heap) < KEPT else heapq.heapreplace
        change(self._heap, _Entry(sample.wrong, -self._added, shortened(sample)))

    def samples(self) -> tuple[WorstSample, ...]:
        """Return the samples kept, the worst first."""
        return tuple(entry.sample for entry in sorted(self._heap, reverse=True))


def shortened(sample: WorstSample) -> WorstSample:
    """Return a sample with long texts cut, and with the first defects."""
    further = sample.further and {k: _cut(v) if isinstance(v, str) else v for k, v in sample.further.items()}
    return replace(
        sample,
        text=None if sample.text is None else _cut(sample.text),
        gold=_cut(sample.gold),
        answer=_cut(sample.answer),
        defects=sample.defects[:_DEFECTS],
        further=further or None,
        values=sample.values and sample.values[:_VALUES],
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}… ({len(text):,} characters)"
