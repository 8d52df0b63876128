"""What was wrong with answers: defects counted by kind and target, with a few examples of each."""

from __future__ import annotations

from collections import Counter

from sde_datasets.formats.answers import ERRORS, NOTES, Reading
from sde_datasets.score.ratios import joined, share

EXAMPLES = 5
# characters shown before and after the place of a defect
_AROUND = 60


class DefectTally:
    """Counts defects, in all and by target, and the samples that have them."""

    def __init__(self) -> None:
        self._samples: Counter[str] = Counter()
        self._times: Counter[str] = Counter()
        self._targets: dict[str, Counter[str]] = {}
        self._examples: dict[str, list[dict]] = {}
        self._errors = self._unusable = self._cut_off = 0

    def add(self, id: str, answer: str, reading: Reading) -> tuple[bool, bool, bool]:
        """Count what is wrong with one answer; whether it has a format error, nothing usable, and was cut off."""
        names = set()
        for name, at, target in reading.defects:
            names.add(name)
            self._times[name] += 1
            if target is not None:
                self._targets.setdefault(name, Counter())[target] += 1
            self._show(id, answer, name, at, target)
        for name in names:
            self._samples[name] += 1
        error, unusable, cut_off = not reading.accepted, not reading.usable, "truncated" in names
        self._errors += error
        self._unusable += unusable
        self._cut_off += cut_off
        return error, unusable, cut_off

    def _show(self, id: str, answer: str, name: str, at: int, target: str | None) -> None:
        """Keep a defect as an example: the first few of its kind, one for each sample."""
        shown = self._examples.setdefault(name, [])
        if len(shown) < EXAMPLES and all(example["id"] != id for example in shown):
            before, after = answer[max(0, at - _AROUND) : at], answer[at : at + _AROUND]
            shown.append({"id": id, "at": at, "target": target, "before": before, "after": after})

    def times(self, name: str) -> int:
        """How often a defect occurred."""
        return self._times[name]

    def defects(self) -> dict[str, dict]:
        """The defects that occurred, in the order of the closed list."""
        return {
            name: {
                "error": name in ERRORS,
                "samples": self._samples[name],
                "times": self._times[name],
                "targets": dict(self._targets.get(name, Counter()).most_common()),
                "examples": self._examples[name],
            }
            for name in (*ERRORS, *NOTES)
            if name in self._times
        }

    def rates(self, samples: int) -> dict:
        """How many of all answers a strict reader rejects, are of no use, and were cut off."""
        counts = {"errors": self._errors, "unusable": self._unusable, "cut_off": self._cut_off}
        shares = zip(("error_rate", "unusable_rate", "cut_off_rate"), counts.values(), strict=True)
        return joined(counts, *(share(name, count, samples, "no samples") for name, count in shares))
