"""The base class of all formats, which writes answers of one design under one schema and parses them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

from sde_datasets.designs.design import Design
from sde_datasets.formats.answers import Answer, Defect, ParsedAnswer
from sde_datasets.formats.lenient.recovery import Recovery
from sde_datasets.formats.matcher import NO_ALIASES, Aliases, Matcher
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.parser_context import ParserContext
from sde_datasets.formats.thoughts import has_tag, without_thoughts
from sde_datasets.records.schema import Schema


class Format(ABC):
    """Writes answers of one design under one schema, and parses them.

    Law: `read(write(answer)).answer == answer`, without a defect, for every answer of a valid record.
    """

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        self.schema, self._format_name = schema, design.format
        self.targets = schema.targets
        self.is_label_task = schema.kind == "label"
        self.omits = design.unmentioned == "ou"
        self.numbers = design.labels == "num"
        self.by_index = self.numbers and not self.is_label_task
        self.reasoning = design.reasoning
        self.written = {label: str(number) if self.numbers else label for label, number in schema.number_of.items()}
        self.matcher = Matcher(schema, self.written, self.numbers, aliases)
        self.context = ParserContext(schema, self.matcher, self.written, self.by_index, self.reasoning)

    @abstractmethod
    def write(self, answer: Answer) -> str:
        """Return the completion, without end token, with the descriptions if the design has reasoning."""

    @abstractmethod
    def absent(self, target: str) -> str:
        """Return what designs with placeholders write for a target that is not mentioned."""

    def _described(self, answer: Answer) -> dict:
        return {} if self.reasoning == "none" else answer.descriptions

    def read(self, text: str, source: str | None = None) -> ParsedAnswer:
        """Parse `text` into an answer and its defects; with the `source` text, also name the surfaces not in it.

        Never raises and takes time linear in the length of `text`. Recovers what it can and gives every deviation from
        the form a defect. `ParsedAnswer.is_strict` is True where a strict reader accepts the answer; it then reads the
        same values.
        """
        body = text.strip()
        if not body:
            return ParsedAnswer(Answer({}, {}), (Defect("empty", 0),), usable=False)
        at = len(text) - len(text.lstrip())
        state = self._parse_body(body, at)
        if state.has_error or state.is_empty:
            state = self._recovered(body, at, state)
        if not self.is_label_task:
            state.interpret_surfaces(text, source)
        return state.parsed_answer(None if self.omits else len(text))

    @cached_property
    def _recovery(self) -> Recovery:
        return Recovery(self.context, self._format_name, self._parse_body, is_complete=not self.omits)

    def _recovered(self, body: str, at: int, state: ParseState) -> ParseState:
        """Parse an answer that is not in the form of the design, without its reasoning and special tokens."""
        defects: list[tuple[str, int]] = []
        if has_tag(body):
            plain = without_thoughts(body)
            core = body[plain.start : plain.end]
            begin = plain.start + len(core) - len(core.lstrip())
            body, at, defects = core.strip(), at + begin, [(name, at + position) for name, position in plain.defects]
            state = self._parse_body(body, at) if body else ParseState(self.schema, self.matcher)
        if body and (state.has_error or state.is_empty):
            state = self._recovery.read(body, at, state)
        for name, position in defects:
            state.add_defect(name, position)
        if not body and not defects:
            state.add_defect("empty", at)
        return state

    @abstractmethod
    def _parse_body(self, body: str, at: int) -> ParseState:
        """Parse `body`, which begins at offset `at` of the answer."""

    @abstractmethod
    def pattern(self) -> str:
        """Return the form of an answer for instructions, with words in angle brackets."""

    @abstractmethod
    def absent_pattern(self) -> str:
        """Return the form of a target that is not mentioned, for instructions of designs with placeholders."""

    def rest_pattern(self) -> str:
        """Return the form of a mention that the main form cannot express, for instructions; empty in most formats."""
        return ""

    @property
    @abstractmethod
    def nothing(self) -> str:
        """The whole answer of designs without placeholders where no target is mentioned."""
