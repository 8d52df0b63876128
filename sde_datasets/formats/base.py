"""What all formats share: a design under a schema, which writes answers and reads them back."""

from __future__ import annotations

from abc import ABC, abstractmethod

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Answer, Defect, Reading
from sde_datasets.formats.collector import Collector
from sde_datasets.formats.vocabulary import NO_ALIASES, Aliases, Vocabulary
from sde_datasets.schemas import Schema


class Format(ABC):
    """Writes answers of one design under one schema, and reads them back.

    Law: `read(write(answer)).answer == answer`, without a defect, for every answer of a valid record.
    """

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        self.schema = schema
        self.targets = schema.targets
        self.labelled = schema.kind == "label"
        self.omits = design.unmentioned == "ou"
        self.numbers = design.labels == "num"
        self.by_index = self.numbers and not self.labelled
        self.reasoning = design.reasoning
        self.written = {label: str(number) if self.numbers else label for label, number in schema.number_of.items()}
        self.vocabulary = Vocabulary(schema, self.written, self.numbers, aliases)

    @abstractmethod
    def write(self, answer: Answer) -> str:
        """The completion: no blank at its edges, no end token. A design without reasoning leaves descriptions out."""

    @abstractmethod
    def absent(self, target: str) -> str:
        """What stands in an answer for a target that is not mentioned, in designs with placeholders."""

    def _described(self, answer: Answer) -> dict:
        return {} if self.reasoning == "none" else answer.descriptions

    def read(self, text: str, source: str | None = None) -> Reading:
        """What `text` answers, and its defects; with the `source` text also the surfaces that do not stand in it.

        Never raises, whatever the text holds, and takes time linear in its length. Forgives what it can and names
        what it forgave: `Reading.accepted` says whether a strict reader takes the answer, and is then the same reading.
        """
        body = text.strip()
        if not body:
            return Reading(Answer({}, {}), (Defect("empty", 0),), usable=False)
        found = self._gather(body, len(text) - len(text.lstrip()))
        if source is not None and not self.labelled:
            found.look_up(text, source)
        return found.reading(None if self.omits else len(text))

    @abstractmethod
    def _gather(self, body: str, at: int) -> Collector:
        """What stands in `body`, which begins at character `at` of the answer."""

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
