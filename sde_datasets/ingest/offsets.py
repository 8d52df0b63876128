"""Units of offsets: characters, UTF-16 units (Java, JavaScript) or bytes, with exclusive or inclusive ends.

    "Señora Ana"   characters 7-10   utf16 7-10   bytes 8-11   characters with inclusive ends 7-9

Records count characters (code points), with exclusive ends. Builders convert with `Unit.to_characters`, and find the
unit of a file that gives the text of its mentions with `best_unit`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from sde_datasets.records.record import Span, surface
from sde_datasets.records.words import same_words

OFFSETS = ("characters", "utf16", "bytes")
ENDS = ("exclusive", "inclusive")
_NAMES = {"characters": "characters", "utf16": "UTF-16 units", "bytes": "bytes of UTF-8"}
# the smallest share of the mentions of a file that another unit than characters must fit
ENOUGH = 0.9


class Unit(NamedTuple):
    """How a file counts offsets: `offsets` is one of OFFSETS, `ends` one of ENDS."""

    offsets: str = "characters"
    ends: str = "exclusive"

    def __str__(self) -> str:
        return _NAMES[self.offsets] + (" with inclusive ends" if self.ends == "inclusive" else "")

    @property
    def options(self) -> str:
        """The options of a plan that select this unit."""
        given = {"offsets": self.offsets, "ends": self.ends}
        usual = dict(zip(given, Unit(), strict=True))
        changed = {key: value for key, value in given.items() if value != usual[key]} or {"offsets": self.offsets}
        return ", ".join(f'{key} = "{value}"' for key, value in changed.items())

    def to_characters(self, text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
        """Spans of this unit in characters, ends exclusive.

        Raises ValueError with a message for an offset outside the text or inside a character. An inclusive end may be
        any position in the last character. Offsets in characters are not checked.
        """
        inclusive = self.ends == "inclusive"
        if self.offsets == "characters":
            return tuple((start, end + inclusive) for start, end in spans)
        if text.isascii():
            # each character is one unit of any kind; offsets outside the text get their message below
            spans, length = tuple(spans), len(text)
            if all(0 <= start <= length and 0 <= end <= length - inclusive for start, end in spans):
                return tuple((start, end + inclusive) for start, end in spans)
        starts = _starts(text, self.offsets)
        return tuple((self._at(starts, start), self._end(starts, end)) for start, end in spans)

    def from_characters(self, text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
        """Spans in characters converted to this unit; they must lie in the text."""
        inclusive = self.ends == "inclusive"
        if self.offsets == "characters":
            return tuple((start, end - inclusive) for start, end in spans)
        starts = _starts(text, self.offsets)
        return tuple((starts[start], starts[end] - inclusive) for start, end in spans)

    def _at(self, starts: list[int], offset: int) -> int:
        at = bisect_left(starts, offset)
        if not 0 <= offset <= starts[-1]:
            raise ValueError(f"the offset {offset} lies outside the text of {starts[-1]} {_NAMES[self.offsets]}")
        if starts[at] != offset:
            raise ValueError(f"the offset {offset}, in {_NAMES[self.offsets]}, lies inside a character")
        return at

    def _end(self, starts: list[int], offset: int) -> int:
        if self.ends == "exclusive":
            return self._at(starts, offset)
        if not 0 <= offset < starts[-1]:
            raise ValueError(f"the offset {offset} lies outside the text of {starts[-1]} {_NAMES[self.offsets]}")
        return bisect_right(starts, offset)


UNITS = tuple(Unit(offsets, ends) for ends in ENDS for offsets in OFFSETS)


def requested_units(options: Mapping[str, Any]) -> tuple[Unit, ...]:
    """The units that the options `offsets` and `ends` of a plan allow, the default unit first."""
    offsets, ends = options.get("offsets", ""), options.get("ends", "")
    return tuple(unit for unit in UNITS if offsets in ("", unit.offsets) and ends in ("", unit.ends))


def requested_unit(options: Mapping[str, Any]) -> Unit:
    """The unit that the options of a plan select, by default characters with exclusive ends."""
    return requested_units(options)[0]


@lru_cache(maxsize=16)
def _starts(text: str, offsets: str) -> list[int]:
    """The start of each character of a text, in UTF-16 units or bytes, and the end of the text."""
    width = _utf16_width if offsets == "utf16" else _utf8_width
    return [0, *accumulate(map(width, text))]


def _utf16_width(char: str) -> int:
    return 2 if char > "\uffff" else 1


def _utf8_width(char: str) -> int:
    return 1 + (char > "\x7f") + (char > "\u07ff") + (char > "\uffff")


class Given(NamedTuple):
    """A mention as a file gives it. text: of the record. spans: in a unit that is not yet known."""

    text: str
    spans: tuple[Span, ...]
    mention: str


def best_unit(known: tuple[Unit, ...], given: Iterable[Given]) -> tuple[Unit, int]:
    """The unit of `known` that fits the mentions of a file, and the number of mentions that it fits.

    A unit other than the first is chosen only if it fits more mentions, and at least nine of ten.
    """
    fits: Counter[Unit] = Counter()
    total = plain = 0
    for mention in given:
        total += 1
        if _is_plain(mention):
            plain += 1
        else:
            fits.update(unit for unit in known if _fits(unit, mention))
    fits.update({unit: plain for unit in known if unit.ends == "exclusive"})
    best = max(known, key=lambda unit: fits[unit])
    taken = best if fits[best] > fits[known[0]] and fits[best] >= ENOUGH * total else known[0]
    return taken, fits[taken]


def _is_plain(given: Given) -> bool:
    """True for a mention in an ASCII text that fits with exclusive ends: in all units of offsets, and in no others."""
    if len(given.spans) != 1 or not given.text.isascii():
        return False
    start, end = given.spans[0]
    return 0 <= start < end and given.text[start:end] == given.mention


def _fits(unit: Unit, given: Given) -> bool:
    try:
        spans = unit.to_characters(given.text, given.spans)
    except ValueError:
        return False
    if not all(0 <= start < end <= len(given.text) for start, end in spans):
        return False
    shown = surface(given.text, spans)
    # a mention with an extra blank is not at its offset, and does not show the unit
    return shown == given.mention or (shown == shown.strip() and same_words(shown, given.mention))
