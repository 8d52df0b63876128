"""The answers of a model to the questions of a folder, kept in `explanations.jsonl` in it.

An answer is found by a hash of its question, so no question is asked twice of the same model: a call that was killed
continues, and a folder that is built again from more data asks for the new annotations only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sde_datasets.dataset.view_state import ViewState
from sde_datasets.designs.design import get_design
from sde_datasets.errors import InputError
from sde_datasets.explanation.questions import view_questions
from sde_datasets.prediction.completion import Backend, Completion
from sde_datasets.prediction.prediction_file import Provenance, ResumableWriter
from sde_datasets.records.schema import Schema
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.utils.progress import Progress

FILE = "explanations.jsonl"


class Given(NamedTuple):
    """An answer, and why it ended (see `Completion`)."""

    text: str
    stop: str


def ask(
    folder: Path,
    views: Mapping[str, ViewState],
    origins: Set[str],
    backend: Backend,
    provenance: Provenance,
    progress: Progress,
) -> dict[str, Given]:
    """The answers to all questions of some views, by id; those that are not known yet are asked for.

    Raises InputError if the model fails; the answers so far are kept.
    """
    ids = dict.fromkeys(
        question.id(state.schema) for state in views.values() for question in view_questions(folder, state, origins)
    )
    digest = sha256("".join(ids).encode()).hexdigest()
    provenance = replace(provenance, input={"questions": len(ids), "sha256": digest})
    earlier = _earlier_rows(folder / FILE, provenance)
    with ResumableWriter(folder / FILE, provenance) as file:
        if not file.is_complete:
            for id in ids:
                if id in earlier and id not in file.done:
                    file.add(earlier[id])
            known = set(file.done)
            answers = (
                answer
                for state in views.values()
                for answer in backend.generate(_prompts(folder, state, origins, known), _template(state.schema))
            )
            file.extend(answers, len(ids), _row, progress)
            file.commit((id, {}) for id in ids)
    return {row["id"]: Given(row["prediction"], row["stop"]) for row in _rows(folder / FILE)}


def _prompts(folder: Path, state: ViewState, origins: Set[str], known: set[str]) -> Iterator[tuple[str, str]]:
    """The questions of a view with their ids, without known ones; those that it gives are known from then on."""
    for question in view_questions(folder, state, origins):
        id = question.id(state.schema)
        if id not in known:
            known.add(id)
            yield id, question.prompt(state.schema)


def _template(schema: Schema) -> ConfigTemplate:
    """A template that adds nothing to a question. Its design writes no reasons, so no text stops the answer."""
    return ConfigTemplate("", "", get_design("lines-text"), schema)


def _row(id: str, answer: Completion) -> dict[str, Any]:
    return answer.answer_fields()


def _earlier_rows(path: Path, provenance: Provenance) -> dict[str, dict[str, Any]]:
    """The rows of an earlier, complete file of the same model and options, by id, whatever its questions were."""
    about = path.with_name(path.name.removesuffix(".jsonl") + ".about.json")
    try:
        stored = json.loads(about.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    wanted = provenance.to_dict()
    if {**stored, "input": None} != {**wanted, "input": None} or stored == wanted:
        return {}
    return {row["id"]: row for row in _rows(path)}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a complete file of answers. Raises InputError for a file that was changed."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                row = json.loads(line)
                if not isinstance(row.get("prediction"), str) or "stop" not in row:
                    raise InputError(f"{path}:{number}", "is not a row of answers", f"Remove {path} to ask again.")
                yield row
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(str(path), f"cannot be read ({error})", f"Remove {path} to ask again.") from error
