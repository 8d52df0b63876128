"""Texts that nobody has annotated yet: from a file, answered, and written with what the answers say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.progress import Progress
from sde_datasets.records import encodable
from sde_datasets.score.answers_file import about_file, id_of, rows, text_of
from sde_datasets.train.annotate import annotated
from sde_datasets.train.answers_out import AnswersOut
from sde_datasets.train.samples import Template

# answers to (id, text) under a template, in any order
Answers = Callable[[Iterable[tuple[str, str]], Template], Iterator[tuple[str, Any]]]
_ROW = 'Give one JSON object a line: {"text": ...}, and "id" where it has one.'


def answer_texts(
    path: Path, out: Path, template: Template, answers: Answers, made: dict[str, Any], progress: Progress
) -> Path:
    """Write the annotations of the texts in a file to `out`; `made` says by what. Raises InputError."""
    # read once before anything is answered, so that a broken row is told at once
    count = sum(1 for _ in new_texts(path))
    waiting: dict[str, str] = {}

    def todo(done: dict[str, int]) -> Iterator[tuple[str, str]]:
        for id, text in new_texts(path):
            if id not in done:
                # only what is in work is in memory
                waiting[id] = text
                yield id, text

    def row(id: str, said: Any) -> dict[str, Any]:
        return annotated(waiting.pop(id), said, template)

    with AnswersOut(out, {**made, "input": about_file(path)}) as file:
        if file.whole:
            return file.path
        file.fill(answers(todo(dict(file.done)), template), count, row, progress)
        return file.finish((id, {"prompt_hash": prompt_hash(template.prompt(text))}) for id, text in new_texts(path))


def new_texts(path: Path) -> Iterator[tuple[str, str]]:
    """The (id, text) of each row of a JSON-lines file; a row without an id has its line as id. Raises InputError."""
    seen: set[str] = set()
    for line, row in rows(path, _ROW):
        place = f"{path}:{line}"
        id = id_of(row, place) if "id" in row else str(line)
        if id in seen:
            raise InputError(place, f"the id {id!r} stands twice", "Give each row an id of its own, or none.")
        seen.add(id)
        text = text_of(row, ("text",), place)
        if not encodable(id + text):
            raise InputError(place, "holds half of a surrogate pair", "Write it as UTF-8.")
        yield id, text
    if not seen:
        raise InputError(str(path), "has no rows", _ROW)


def prompt_hash(prompt: str) -> str:
    """A short name of a prompt, by which one sees that two files answer the same ones."""
    return sha256(prompt.encode()).hexdigest()[:16]
