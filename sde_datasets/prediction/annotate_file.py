"""Annotate new texts: answer the texts of a file, and write them with their annotations, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError, UsageError
from sde_datasets.prediction.annotate import annotate
from sde_datasets.prediction.completion import Completion, Generator
from sde_datasets.prediction.documents import WHOLE_TEXTS, WindowSize, join_rows
from sde_datasets.prediction.prediction_file import Provenance, ResumableWriter
from sde_datasets.prediction.text_file import TextFile
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.utils.progress import Progress


def annotate_file(
    texts: TextFile,
    out: Path,
    template: ConfigTemplate,
    generate: Generator,
    provenance: Provenance,
    progress: Progress,
    window: WindowSize = WHOLE_TEXTS,
) -> Path:
    """Write the annotations of the texts of a file to `out`. Raises InputError.

    window: longer texts are answered in windows, and the row of a text joins theirs. Raises UsageError for windows of a
    label task, whose labels are those of whole texts.
    """
    if window.size and template.schema.kind == "label":
        raise UsageError("--max-chars is for mention tasks: the labels of a label task belong to the whole text")
    # read once before the first answer, so that a broken row is reported at once
    provenance = replace(provenance, input=texts.identity() | _changed(window))
    count = _count_windows(texts, window)
    # the texts that are being answered
    pending: dict[str, str] = {}

    def remaining(done: dict[str, int]) -> Iterator[tuple[str, str]]:
        for id, text in texts:
            for piece, (start, end) in window.windows(id, text):
                if piece not in done:
                    pending[piece] = text[start:end]
                    yield piece, pending[piece]

    def make_row(id: str, completion: Completion) -> dict[str, Any]:
        return annotate(pending.pop(id), completion, template)

    def complete_row(id: str, text: str, row_of: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        windows = window.windows(id, text)
        rows = [
            (start, {"prompt_hash": prompt_hash(template.prompt(text[start:end])), **row_of(piece)})
            for piece, (start, end) in windows
        ]
        return {"id": id, **rows[0][1]} if windows[0][0] == id else join_rows(id, text, rows)

    with ResumableWriter(out, provenance) as file:
        if file.is_complete:
            return file.path
        file.extend(generate(remaining(dict(file.done)), template), count, make_row, progress)
        return file.commit_rows(lambda row_of: (complete_row(id, text, row_of) for id, text in texts))


def _count_windows(texts: TextFile, window: WindowSize) -> int:
    """The number of windows of all texts. Raises InputError if a text has the id of a window of another one."""
    found: set[str] = set()
    for id, text in texts:
        pieces = [piece for piece, _ in window.windows(id, text)]
        if both := found.intersection(pieces):
            raise InputError(str(texts.path), f"two windows or texts have the id {both.pop()!r}", "Give other ids.")
        found.update(pieces)
    return len(found)


def _changed(window: WindowSize) -> dict[str, int]:
    """The options of windows that are set, for the provenance of answers."""
    return {"max_chars": window.size, "stride": window.stride} if window.size else {}


def prompt_hash(prompt: str) -> str:
    """Return a short hash of a prompt, which shows whether two files answer the same prompts."""
    return sha256(prompt.encode()).hexdigest()[:16]
