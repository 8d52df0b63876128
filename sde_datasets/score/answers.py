"""Answers that are in memory already: a list or column of texts in the order of gold, or rows that are joined by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from sde_datasets.errors import InputError
from sde_datasets.score.answers_file import id_of, text_of


class AnswersInOrder:
    """Texts in the order of the gold samples, None for a sample without an answer."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        self._texts, self._next = texts, 0

    def take(self, id: str) -> str | None:
        """The next answer, whatever the id; None where there is none."""
        self._next += 1
        return self._texts[self._next - 1] if self._next <= len(self._texts) else None

    def left(self) -> list[str]:
        """What names the answers beyond the last sample."""
        return [f"prediction {number}" for number in range(self._next, len(self._texts))]


class AnswersOfRows:
    """Texts by the id of their sample."""

    def __init__(self, rows: Sequence[dict]) -> None:
        self._texts: dict[str, str] = {}
        for number, row in enumerate(rows):
            id = id_of(row, f"prediction {number}")
            if id in self._texts:
                raise InputError(f"prediction {number}", f"the id {id!r} stands twice")
            self._texts[id] = text_of(row, ("prediction",), f"prediction {number}")

    def take(self, id: str) -> str | None:
        """The answer of a sample, once; None where there is none."""
        return self._texts.pop(id, None)

    def left(self) -> list[str]:
        """What names the answers that nobody has taken."""
        return [f"the id {id!r}" for id in self._texts]


def answers_of(predicted: Any) -> AnswersInOrder | AnswersOfRows:
    """Answers given as texts, as rows, or as an Arrow array or table. Raises InputError for anything else."""
    if isinstance(predicted, (pa.Table, pa.RecordBatch)):
        if "prediction" not in predicted.schema.names:
            raise InputError("predicted", "has no column prediction", f"It has {', '.join(predicted.schema.names)}.")
        joined = "id" in predicted.schema.names
        given = predicted.select(["id", "prediction"]).to_pylist() if joined else predicted.column("prediction")
    else:
        given = predicted
    if isinstance(given, (pa.Array, pa.ChunkedArray)):
        given = given.to_pylist()
    if not isinstance(given, (list, tuple)):
        raise InputError("predicted", f"is {type(predicted).__name__}", "Give a list, or an Arrow array or table.")
    if all(isinstance(row, dict) for row in given):
        if given and all("id" not in row for row in given):
            given = [text_of(row, ("prediction",), f"prediction {number}") for number, row in enumerate(given)]
        else:
            return AnswersOfRows(given)
    for number, text in enumerate(given):
        if text is not None and not isinstance(text, str):
            raise InputError(f"prediction {number}", f"is {type(text).__name__}, not text")
    return AnswersInOrder(given)
