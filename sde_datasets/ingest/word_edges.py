"""Count mentions that begin or end inside a word, which is rare in annotation and a sign of offsets in another unit.

Offsets in bytes that are read as characters give `na ` for `Ana`. Without the text of the mentions in the file there is
no other sign, so a build stops if more than a fifth of such mentions begin or end inside a word.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sde_datasets.dataset.report import WordEdgesFound
from sde_datasets.errors import InputError
from sde_datasets.ingest.offsets import UNITS, Unit
from sde_datasets.records.record import Annotation, Record, Span
from sde_datasets.records.words import cuts_word

MOST = 0.2
_AROUND = 15


@dataclass
class WordEdges:
    """Counts of the mentions of a view.

    unit: the unit in which the offsets were read. sure: whether the plan gives it in its option `offsets`.
    alone, alone_inside: mentions that the corpus gives by offsets only, and those of them that cut a word.
    clean: for each unit, how many of these cut no word if their offsets are read in it.
    """

    unit: Unit
    sure: bool
    mentions: int = 0
    inside: int = 0
    first: str = ""
    alone: int = 0
    alone_inside: int = 0
    clean: Counter[Unit] = field(default_factory=Counter)

    def add(self, record: Record, given: Annotation, taken: Annotation) -> None:
        """Count one mention, as its builder gave it and as it was corrected."""
        text = record.text
        cut = cuts_word(text, taken.spans[0][0], taken.spans[-1][1])
        self.mentions += 1
        self.inside += cut
        if cut and not self.first:
            self.first = f"{record.file}:{record.line}: {_shown(text, taken.spans[0][0], taken.spans[-1][1])}"
        if given.mention is None:
            self.alone += 1
            self.alone_inside += cut
            raw = self.unit.from_characters(text, given.spans)
            self.clean.update(unit for unit in UNITS if _is_clean(unit, text, raw))

    def found(self) -> WordEdgesFound:
        """The counts for the report, all of them zero if no mention cuts a word."""
        if not self.inside:
            return WordEdgesFound()
        hint = "" if (likely := self._likely()) is None else f"offsets in {likely} would fit better ({likely.options})"
        return WordEdgesFound(self.mentions, self.inside, self.first, hint)

    def check(self, location: str) -> None:
        """Raise InputError, naming the likely unit, if the offsets are probably in another unit."""
        likely = self._likely()
        if self.alone_inside <= MOST * self.alone or (self.sure and (likely is None or self.unit == Unit())):
            return
        count = f"{self.alone_inside:,} of {self.alone:,} mentions that have offsets and no text"
        wrong = f"read in {self.unit}, {count} begin or end inside a word; the first: {self.first}"
        if likely is None:
            hint = "No other unit fits better: check the offsets."
        else:
            flags = likely.options.replace(" = ", " ").replace(", ", " --").replace('"', "")
            hint = f"The offsets are probably in {likely}: write {likely.options} in the plan, or give --{flags}."
        if not self.sure:
            hint += ' If the offsets are right as they are, write offsets = "characters" (--offsets characters).'
        raise InputError(location, wrong, hint.removesuffix("."))

    def _likely(self) -> Unit | None:
        """The unit in which more mentions cut no word than in the unit used, or None."""
        best = max(UNITS, key=lambda unit: self.clean[unit])
        return best if self.clean[best] > self.clean[self.unit] else None


def _is_clean(unit: Unit, text: str, raw: tuple[Span, ...]) -> bool:
    try:
        spans = unit.to_characters(text, raw)
    except ValueError:
        return False
    start, end = spans[0][0], spans[-1][1]
    if not 0 <= start < end <= len(text) or text[start].isspace() or text[end - 1].isspace():
        return False
    return not cuts_word(text, start, end)


def _shown(text: str, start: int, end: int) -> str:
    """A span of a text in square brackets, with a few characters around it, on one line."""
    left, right = max(0, start - _AROUND), min(len(text), end + _AROUND)
    shown = f"{text[left:start]}[{text[start:end]}]{text[end:right]}"
    return '"' + ("…" if left else "") + " ".join(shown.split()) + ("…" if right < len(text) else "") + '"'
