"""Ask a model for the descriptions that a built folder lacks, check its answers, and write them into the folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from sde_datasets.building.rewrite import Change, rewrite_annotations
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.view_state import Generated, ViewState
from sde_datasets.explanation.answers import Given, ask
from sde_datasets.explanation.checks import Verdict, check_answer
from sde_datasets.explanation.models import AnsweringModel
from sde_datasets.explanation.questions import Question, prompt_form, view_questions
from sde_datasets.records.schema import Schema
from sde_datasets.utils.progress import Progress


def explain(folder: Path, model: AnsweringModel, origins: Set[str], progress: Progress) -> dict[str, Generated]:
    """Describe the annotations of a folder whose description has one of `origins`; return what was added to each view.

    A description is replaced only if the answer for it is kept. Raises InputError.
    """
    manifest = Manifest.load(folder)
    asking = {view: state for view, state in manifest.views.items() if any(view_questions(folder, state, origins))}
    if not asking:
        return {}
    answers = ask(folder, asking, origins, model.backend, model.provenance, progress)
    generated = {view: _count(folder, state, origins, answers, model.name) for view, state in asking.items()}
    changed = {view: state for view, state in asking.items() if generated[view].kept}
    if changed:
        views = dict(manifest.views)
        for view, state in changed.items():
            views[view] = replace(state, generated=(*state.generated, generated[view]))
        changes = {view: _change(state.schema, origins, answers) for view, state in changed.items()}
        rewrite_annotations(folder, replace(manifest, views=views), changes, 0, progress)
    return generated


def _verdict(question: Question, schema: Schema, answers: Mapping[str, Given]) -> Verdict:
    given = answers[question.id(schema)]
    return check_answer(given.text, given.stop, question, schema)


def _count(folder: Path, state: ViewState, origins: Set[str], answers: Mapping[str, Given], model: str) -> Generated:
    """Check the answers to all questions of a view, and count them."""
    found = Counter(
        _verdict(question, state.schema, answers).problem for question in view_questions(folder, state, origins)
    )
    kept = found.pop("", 0)
    problems = dict(sorted(found.items()))
    return Generated(model, prompt_form(state.schema), kept + sum(problems.values()), kept, problems)


def _change(schema: Schema, origins: Set[str], answers: Mapping[str, Given]) -> Change:
    """Return what gives the annotations of a row of records the descriptions that passed the checks."""

    def describe(row: dict[str, Any]) -> None:
        text = row["text"]
        for annotation in row["annotations"]:
            if annotation["origin"] not in origins:
                continue
            spans = _verdict(Question.of(annotation, text), schema, answers).spans
            if spans:
                annotation["evidence"] = [{"text": text[a:b], "start": a, "end": b} for a, b in spans]
                annotation["origin"] = "generated"

    return describe
