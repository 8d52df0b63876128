"""The written forms of answers: one class a format, which writes and reads. Formats know kinds of tasks, not tasks."""

from __future__ import annotations

from functools import lru_cache

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Answer, Defect, Reading
from sde_datasets.formats.base import Format
from sde_datasets.formats.json_lines import JsonLines
from sde_datasets.formats.lines import Lines
from sde_datasets.formats.list_lines import ListLines
from sde_datasets.formats.natural import Natural
from sde_datasets.formats.vocabulary import NO_ALIASES, Aliases
from sde_datasets.schemas import Schema

FORMATS: dict[str, type[Format]] = {"natural": Natural, "lines": Lines, "json": JsonLines, "list": ListLines}


@lru_cache(maxsize=1024)
def format_of(design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> Format:
    """The format of a design's answers under a schema. The placement and wording of the instruction play no part.

    `aliases` are other names of targets and labels that its reader takes for them.
    """
    return FORMATS[design.format](design, schema, aliases)


__all__ = ["FORMATS", "Aliases", "Answer", "Defect", "Format", "Reading", "format_of"]
