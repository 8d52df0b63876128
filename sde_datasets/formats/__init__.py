"""The written forms of answers: one class per format, which writes and parses. Formats know kinds, not tasks.

A strict, fast path parses answers in exactly the form of the design; `lenient/` parses all others.
Start with `base.py`, then `lines.py`, the simplest format.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from sde_datasets.designs.design import POST, Design
from sde_datasets.formats.answers import Answer, Defect, MarkedText, ParsedAnswer
from sde_datasets.formats.base import Format
from sde_datasets.formats.inline import Inline
from sde_datasets.formats.json_lines import JsonLines
from sde_datasets.formats.lines import Lines
from sde_datasets.formats.list_lines import ListLines
from sde_datasets.formats.matcher import NO_ALIASES, Aliases
from sde_datasets.formats.natural import Natural
from sde_datasets.formats.reasons_after import ReasonsAfter
from sde_datasets.records.schema import Schema

FORMATS: dict[str, type[Format]] = {
    "natural": Natural,
    "lines": Lines,
    "json": JsonLines,
    "list": ListLines,
    "inline": Inline,
}

# what reads and writes the answers of a design
AnswerFormat = Format | ReasonsAfter


@lru_cache(maxsize=1024)
def answer_format(design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> AnswerFormat:
    """Return the format of the answers of a design under a schema, whatever the instruction of the design.

    aliases: other names of targets and labels, which the parser accepts.
    """
    if design.reasoning != POST:
        return FORMATS[design.format](design, schema, aliases)
    plain = FORMATS[design.format](replace(design, reasoning="none"), schema, aliases)
    return ReasonsAfter(plain, as_lists=design.format == "list")


__all__ = [
    "FORMATS",
    "Aliases",
    "Answer",
    "AnswerFormat",
    "Defect",
    "Format",
    "MarkedText",
    "ParsedAnswer",
    "ReasonsAfter",
    "answer_format",
]
