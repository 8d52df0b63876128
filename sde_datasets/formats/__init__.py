"""The written forms of answers: one class a format, which writes and reads. Formats know kinds of tasks, not tasks."""

from __future__ import annotations

from functools import lru_cache

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Answer, Defect, Format, Reading
from sde_datasets.formats.json_lines import JsonLines
from sde_datasets.formats.lines import Lines
from sde_datasets.formats.list_lines import ListLines
from sde_datasets.formats.natural import Natural
from sde_datasets.schemas import Schema

FORMATS: dict[str, type[Format]] = {"natural": Natural, "lines": Lines, "json": JsonLines, "list": ListLines}


@lru_cache(maxsize=1024)
def format_of(design: Design, schema: Schema) -> Format:
    """The format of a design's answers under a schema. The placement and wording of the instruction play no part."""
    return FORMATS[design.format](design, schema)


__all__ = ["FORMATS", "Answer", "Defect", "Format", "Reading", "format_of"]
