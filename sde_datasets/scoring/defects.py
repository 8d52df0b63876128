"""Count the defects of answers by kind and target, with a few examples of each kind."""

from __future__ import annotations

from collections import Counter

from sde_datasets.formats.answers import ERRORS, NOTES, Defect, ParsedAnswer
from sde_datasets.scoring.answer_figures import DefectCount, DefectExample, FormatErrors
from sde_datasets.scoring.metrics import ratio
from sde_datasets.scoring.repetition import is_runaway
from sde_datasets.scoring.sample_counts import NO_FLAGS, AnswerFlags

EXAMPLES = 5
# characters shown before and after the offset of a defect
_CONTEXT = 60


class DefectTally:
    """Counts defects, in total and by target, and the samples that have them."""

    def __init__(self) -> None:
        self._samples: Counter[str] = Counter()
        self._times: Counter[str] = Counter()
        self._targets: dict[str, Counter[str]] = {}
        self._examples: dict[str, list[DefectExample]] = {}
        # the ids of the samples of examples
        self.example_ids: set[str] = set()
        self._flagged = [0] * len(AnswerFlags._fields)

    def add(self, id: str, answer: str, parsed: ParsedAnswer) -> AnswerFlags:
        """Count the defects of one answer and return its flags."""
        is_repeated = is_runaway(answer)
        if parsed.usable and not parsed.defects and not is_repeated:
            return NO_FLAGS
        names = set()
        for defect in parsed.defects:
            name, target = defect.name, defect.target
            names.add(name)
            self._times[name] += 1
            if target is not None:
                self._targets.setdefault(name, Counter())[target] += 1
            self._add_example(id, answer, defect)
        for name in names:
            self._samples[name] += 1
        flags = AnswerFlags(not parsed.is_strict, not parsed.usable, "truncated" in names, is_repeated)
        self._flagged = [count + is_set for count, is_set in zip(self._flagged, flags, strict=True)]
        return flags

    def _add_example(self, id: str, answer: str, defect: Defect) -> None:
        """Keep a defect as an example: the first few of its kind, one per sample."""
        name, at, target = defect.name, defect.at, defect.target
        examples = self._examples.setdefault(name, [])
        if len(examples) < EXAMPLES and all(example.id != id for example in examples):
            before, after = answer[max(0, at - _CONTEXT) : at], answer[at : at + _CONTEXT]
            examples.append(DefectExample(id, at, target, before, after))
            self.example_ids.add(id)

    def times(self, name: str) -> int:
        """Return how often a kind of defect occurred."""
        return self._times[name]

    def counts(self) -> dict[str, DefectCount]:
        """Return the kinds of defects that occurred, in the order of the closed list."""
        return {
            name: DefectCount(
                error=name in ERRORS,
                samples=self._samples[name],
                times=self._times[name],
                targets=dict(self._targets.get(name, Counter()).most_common()),
                examples=tuple(self._examples[name]),
            )
            for name in (*ERRORS, *NOTES)
            if name in self._times
        }

    def format_errors(self, samples: int) -> FormatErrors:
        """Return how many of all answers have a format error, give nothing to use, were cut off, and repeat."""
        errors, unusable, cut_off, runaway = self._flagged
        rates = (ratio(count, samples, "no samples") for count in self._flagged)
        return FormatErrors(errors, unusable, cut_off, runaway, *rates)
