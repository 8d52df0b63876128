"""What every format writes and parses: an answer, and the defects found while parsing one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sde_datasets.records.record import Span

# the closed list of defects: errors make a strict parser reject an answer, notes are only counted
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
    "other_format",
)
NOTES = (
    "unknown_target",
    "missing_target",
    "reworded_target",
    "reworded_label",
    "repeated_target",
    "not_in_text",
    "reasoning_block",
    "special_token",
    "copy_differs",
)


_ERROR_NAMES = frozenset(ERRORS)


def is_error(defect_name: str) -> bool:
    """Return whether a defect is an error, which makes a strict reader reject the answer, and not a note."""
    return defect_name in _ERROR_NAMES


class MarkedText(NamedTuple):
    """A text and where mentions are in it. spans: target -> for each value its spans; None where they are unknown."""

    text: str
    spans: dict[str, tuple[tuple[Span, ...] | None, ...]]


class Answer(NamedTuple):
    """The values of a record under a schema and, with reasoning, their descriptions. Unmentioned targets are absent.

    values: target -> label (label tasks) or tuple of surfaces in text order (mention tasks).
    descriptions: target -> description; in the list format of a mention task, target -> one for each surface, `""`
        for none. A target without any description is absent.
    marked: in the format inline, the text with the places of the values; a value without them follows the text.
    """

    values: dict[str, str | tuple[str, ...]]
    descriptions: dict[str, str | tuple[str, ...]]
    marked: MarkedText | None = None


class Defect(NamedTuple):
    """A deviation of an answer from its form: its name in the closed list, its offset, and its target if known.

    share: for `copy_differs`, the share of words that differ from the text.
    """

    name: str
    at: int
    target: str | None = None
    share: float | None = None


class UnknownMention(NamedTuple):
    """A mention of a target that is not in the schema: the name of the target as the answer writes it, the surface."""

    target: str
    surface: str


@dataclass(frozen=True)
class ParsedAnswer:
    """The result of parsing a text: the answer, and the defects in the order of their offsets.

    usable: whether the text says anything about the targets, which includes that nothing is mentioned.
    unknown: the mentions of targets outside the schema (mention tasks), which scoring counts as predicted and wrong.
    """

    answer: Answer
    defects: tuple[Defect, ...] = ()
    usable: bool = True
    unknown: tuple[UnknownMention, ...] = ()

    @property
    def values(self) -> dict[str, str | tuple[str, ...]]:
        """The value of each target that the answer mentions: a label, or a tuple of surfaces."""
        return self.answer.values

    @property
    def descriptions(self) -> dict[str, str | tuple[str, ...]]:
        """The descriptions of a design with reasoning, by target."""
        return self.answer.descriptions

    @property
    def spans(self) -> dict[str, tuple[tuple[Span, ...] | None, ...]] | None:
        """In the format inline, the spans of each value by target; None for a value without, and in other formats.

        Offsets are those of the source text where it is known, otherwise those of the text that the answer copies.
        """
        return self.answer.marked.spans if self.answer.marked else None

    @property
    def is_strict(self) -> bool:
        """True where a strict parser accepts the answer: no defect is an error."""
        return not any(is_error(defect.name) for defect in self.defects)


class Unreadable(Exception):
    """Raised by a strict parser at the first deviation; never leaves `Format.read`."""

    def __init__(self, name: str, at: int) -> None:
        self.defect = Defect(name, at)
        super().__init__(f"{name} at {at}")
