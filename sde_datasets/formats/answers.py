"""What every format writes and reads: an answer, and the defects met when reading one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# the closed list: errors make a strict reader reject an answer, notes are only counted
ERRORS = (
    "empty",
    "no_format",
    "malformed",
    "truncated",
    "unknown_label",
    "conflicting_label",
    "number_out_of_range",
    "note_after_label",
    "wrong_punctuation",
    "trailing_text",
)
_ERRORS = frozenset(ERRORS)
NOTES = ("unknown_target", "missing_target", "reworded_target", "reworded_label", "repeated_target", "not_in_text")


class Answer(NamedTuple):
    """A record's values, and with reasoning their descriptions, under a schema. What is not mentioned is absent.

    values: target -> label (label tasks) or tuple of surfaces in text order (mention tasks).
    descriptions: target -> description; in the list format of a mention task, target -> one for each surface, `""`
        where it has none. A target without any description is absent.
    """

    values: dict[str, str | tuple[str, ...]]
    descriptions: dict[str, str | tuple[str, ...]]


class Defect(NamedTuple):
    """Something wrong with an answer: its name in the closed list, the character at which it stands, and the target."""

    name: str
    at: int
    target: str | None = None


@dataclass(frozen=True)
class Reading:
    """What was read from a text: the answer and the defects met on the way, in the order of their places.

    usable: whether anything could be taken from the text, be it that nothing is mentioned.
    """

    answer: Answer
    defects: tuple[Defect, ...] = ()
    usable: bool = True

    @property
    def accepted(self) -> bool:
        """True where a strict reader takes the answer: no defect is an error."""
        return not any(defect.name in _ERRORS for defect in self.defects)


class Unreadable(Exception):
    """Raised inside a reader of the exact form where it cannot go on; never leaves `Format.read`."""

    def __init__(self, name: str, at: int) -> None:
        self.defect = Defect(name, at)
        super().__init__(f"{name} at {at}")
