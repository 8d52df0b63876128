"""The samples with the most wrong, kept with gold and answer while all others pass by."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from sde_datasets.formats.answers import Defect

KEPT = 20
# longer texts are shown by their beginning
_LONGEST = 4000
_DEFECTS = 20


@dataclass(order=True)
class _Sample:
    wrong: int
    earlier: int
    shown: dict = field(compare=False)


class Worst:
    """Keeps the worst samples; of equally bad ones the first."""

    def __init__(self) -> None:
        self._kept: list[_Sample] = []
        self._met = 0

    def add(
        self,
        id: str,
        wrong: int,
        text: str | None,
        gold: str,
        answer: str,
        defects: tuple[Defect, ...],
        further: dict | None = None,
    ) -> None:
        """Meet a sample with so much wrong; `further` is what else its row says, which is carried along."""
        self._met += 1
        if not wrong or (len(self._kept) == KEPT and wrong <= self._kept[0].wrong):
            return
        shown = {
            "id": id,
            "wrong": wrong,
            "text": text if text is None else _shortened(text),
            "gold": _shortened(gold),
            "answer": _shortened(answer),
            "defects": [{"name": name, "at": at, "target": target} for name, at, target in defects[:_DEFECTS]],
        }
        if further:
            shown["further"] = {k: _shortened(v) if isinstance(v, str) else v for k, v in further.items()}
        change = heapq.heappush if len(self._kept) < KEPT else heapq.heapreplace
        change(self._kept, _Sample(wrong, -self._met, shown))

    def samples(self) -> list[dict]:
        """The samples kept, the worst first."""
        return [sample.shown for sample in sorted(self._kept, reverse=True)]


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
