"""A table with a row for each sample, as CSV for spreadsheets. It is written while samples are scored."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sde_datasets.formats import ParsedAnswer
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.gold import Gold
from sde_datasets.scoring.read_values import gold_values
from sde_datasets.scoring.sample_counts import AnswerFlags
from sde_datasets.utils.files import atomic_file

COLUMNS = (
    "id", "document", "right", "errors", "format_error", "unusable", "cut_off", "runaway", "defects",
    "gold", "read", "text", "completion", "answer",
)  # fmt: skip
# a spreadsheet takes a cell that begins with one of these for a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SampleTable:
    """Writes the rows. Cells that a spreadsheet would take for a formula begin with an apostrophe."""

    def __init__(self, writer: Any) -> None:
        """writer: of the module csv."""
        self._writer = writer

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[SampleTable]:
        """Yield the table of a file, which is complete when the block ends without an error.

        It is UTF-8 with a byte order mark, by which spreadsheets know the encoding.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            atomic_file(path) as part,
            part.open("w", encoding="utf-8-sig", newline="", errors="backslashreplace") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            yield cls(writer)

    def add(
        self,
        sample: tuple[str, str | None, str | None, str, str],
        values: tuple[Gold, int, Schema],
        parsed: ParsedAnswer | None,
        result: tuple[int, AnswerFlags],
    ) -> None:
        """Write a row.

        sample: id, document, text, completion and answer. values: the gold of a batch, the number of the sample in it,
        and the schema. parsed: None for an answer that equals the completion. result: the number of errors, the flags.
        """
        id, document, text, completion, answer = sample
        errors, flags = result
        gold = gold_values(*values)
        read = gold if parsed is None else tuple(_read(parsed))
        defects = dict.fromkeys(defect.name for defect in parsed.defects) if parsed else ()
        numbers = [int(not errors), errors, *(int(flag) for flag in flags)]
        words = [" ".join(defects), _joined(gold), _joined(read), text or "", completion, answer]
        self._writer.writerow([_cell(id), _cell(document or ""), *numbers, *map(_cell, words)])


def _read(parsed: ParsedAnswer) -> Iterator[tuple[str, str]]:
    for target, value in parsed.values.items():
        yield from ((target, each) for each in ([value] if isinstance(value, str) else value))
    yield from parsed.unknown


def _joined(values: Iterable[tuple[str, str]]) -> str:
    """`DNA: IL-2 gene, kappa B; protein: p50`."""
    by_target: dict[str, list[str]] = {}
    for target, value in values:
        by_target.setdefault(target, []).append(value)
    return "; ".join(f"{target}: {', '.join(found)}" for target, found in by_target.items())


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
