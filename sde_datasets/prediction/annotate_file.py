"""Annotate new texts: answer the texts of a file, and write them with their annotations, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sde_datasets.prediction.annotate import annotate
from sde_datasets.prediction.completion import Completion, Generator
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
) -> Path:
    """Write the annotations of the texts of a file to `out`. Raises InputError."""
    # read once before the first answer, so that a broken row is reported at once
    provenance = replace(provenance, input=texts.identity())
    count = sum(1 for _ in texts)
    # the texts that are being answered
    pending: dict[str, str] = {}

    def remaining(done: dict[str, int]) -> Iterator[tuple[str, str]]:
        for id, text in texts:
            if id not in done:
                pending[id] = text
                yield id, text

    def make_row(id: str, completion: Completion) -> dict[str, Any]:
        return annotate(pending.pop(id), completion, template)

    with ResumableWriter(out, provenance) as file:
        if file.is_complete:
            return file.path
        file.extend(generate(remaining(dict(file.done)), template), count, make_row, progress)
        return file.commit((id, {"prompt_hash": prompt_hash(template.prompt(text))}) for id, text in texts)


def prompt_hash(prompt: str) -> str:
    """Return a short hash of a prompt, which shows whether two files answer the same prompts."""
    return sha256(prompt.encode()).hexdigest()[:16]
