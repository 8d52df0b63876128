"""What all parsers of the answers of one design under one schema share."""

from __future__ import annotations

from dataclasses import dataclass

from sde_datasets.formats.matcher import Matcher
from sde_datasets.records.schema import Schema


@dataclass(frozen=True)
class ParserContext:
    """A schema and the choices of a design that decide how an answer is parsed.

    written: each label with the word or number that represents it in an answer. by_index: targets are numbers.
    reasoning: `none`, `cot` (the description precedes the value) or `rcot` (it follows).
    """

    schema: Schema
    matcher: Matcher
    written: dict[str, str]
    by_index: bool
    reasoning: str

    @property
    def is_label_task(self) -> bool:
        """True where each target has one label; False where it has mentions."""
        return self.schema.kind == "label"
