"""What every format writes and reads: an answer, and the defects that stand in the way of reading one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from sde_datasets.designs import Design
from sde_datasets.records import encodable
from sde_datasets.schemas import Schema

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
    """Something wrong with an answer: its name in the closed list, and the character at which it stands."""

    name: str
    at: int


@dataclass(frozen=True)
class Reading:
    """What was read from a text: the answer and the defects met on the way."""

    answer: Answer
    defects: tuple[Defect, ...] = ()

    @property
    def accepted(self) -> bool:
        """True where a strict reader takes the answer: no defect is an error."""
        return not any(defect.name in ERRORS for defect in self.defects)


class Unreadable(Exception):
    """Raised inside a reader where it cannot go on; never leaves `Format.read`."""

    def __init__(self, name: str, at: int) -> None:
        self.defect = Defect(name, at)
        super().__init__(f"{name} at {at}")


class Collector:
    """Gathers what a reader finds, item by item, into an answer."""

    def __init__(self, schema: Schema) -> None:
        self._known, self._label_task = schema.index, schema.kind == "label"
        self._values: dict = {}
        self._descriptions: dict = {}
        self._absent: set[str] = set()
        self._defects: list[Defect] = []
        self._any = False

    def note(self, name: str, at: int) -> None:
        """Keep a defect and go on."""
        self._defects.append(Defect(name, at))

    def nothing(self) -> None:
        """The answer says that nothing at all is mentioned."""
        self._any = True

    def add(self, target: str, value, description, at: int) -> None:
        """One target with its label, its tuple of surfaces, or None (not mentioned).

        Raises Unreadable for what could not be written: a lone surrogate.
        """
        if not all(map(encodable, (*_strings(value), *_strings(description)))):
            raise Unreadable("malformed", at)
        if target not in self._known:
            self.note("unknown_target", at)
            return
        self._any = True
        if target in self._values or target in self._absent:
            self._again(target, value, description, at)
        elif value is None:
            self._absent.add(target)
        else:
            self._values[target] = value
            if description is not None:
                self._descriptions[target] = description

    def extend(self, target: str, surface: str | None, description: str | None, at: int) -> None:
        """One more surface of a target, as the list format gives them."""
        if target in self._values and surface is not None:
            if not encodable(surface) or not encodable(description or ""):
                raise Unreadable("malformed", at)
            self._values[target] += (surface,)
            if description is not None:
                self._descriptions[target] += (description,)
        else:
            surfaces = None if surface is None else (surface,)
            self.add(target, surfaces, None if description is None else (description,), at)

    def _again(self, target: str, value, description, at: int) -> None:
        first = self._values.get(target)
        if self._label_task:
            self.note("repeated_target" if first == value else "conflicting_label", at)
            return
        self.note("repeated_target", at)
        if value is not None:
            self._values[target] = (first or ()) + value
            if description is not None:
                self._descriptions.setdefault(target, description)

    def reading(self) -> Reading:
        """The answer gathered so far, with its defects; `no_format` where not one target was read."""
        if not self._any and not any(d.name in ERRORS for d in self._defects):
            self.note("no_format", 0)
        described = {t: d for t, d in self._descriptions.items() if (any(d) if isinstance(d, tuple) else d)}
        return Reading(Answer(self._values, described), tuple(self._defects))


def _strings(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else value


class Format(ABC):
    """Writes answers of one design under one schema, and reads them back.

    Law: `read(write(answer)).answer == answer`, without a defect, for every answer of a valid record.
    """

    def __init__(self, design: Design, schema: Schema) -> None:
        self.schema = schema
        self.targets = schema.targets
        self.labelled = schema.kind == "label"
        self.omits = design.unmentioned == "ou"
        self.numbers = design.labels == "num"
        self.reasoning = design.reasoning

    @abstractmethod
    def write(self, answer: Answer) -> str:
        """The completion: no blank at its edges, no end token. A design without reasoning leaves descriptions out."""

    def _described(self, answer: Answer) -> dict:
        return {} if self.reasoning == "none" else answer.descriptions

    def read(self, text: str) -> Reading:
        """What `text` answers, and its defects. Never raises, whatever the text holds."""
        found = Collector(self.schema)
        body = text.strip()
        if not body:
            found.note("empty", 0)
            return found.reading()
        try:
            self._read(body, len(text) - len(text.lstrip()), found)
        except Unreadable as stop:
            found.note(*stop.defect)
        return found.reading()

    @abstractmethod
    def _read(self, body: str, at: int, found: Collector) -> None:
        """Read `body`, which begins at character `at` of the answer. Raises Unreadable where it cannot go on."""

    @abstractmethod
    def pattern(self) -> str:
        """The form of an answer with words in angle brackets, for instructions."""

    @abstractmethod
    def absent_pattern(self) -> str:
        """The form of a target that is not mentioned, for instructions of designs with placeholders."""

    @property
    @abstractmethod
    def nothing(self) -> str:
        """The whole answer where nothing at all is mentioned and targets that are not mentioned are left out."""
