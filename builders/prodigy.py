r"""Prodigy: the JSON lines of `db-out`, for spans and for choices.

    {"text": "Ana met Bo.", "spans": [{"start": 0, "end": 3, "label": "PER", "token_start": 0, "token_end": 0}],
     "tokens": [{"text": "Ana", "start": 0, "end": 3, "id": 0}], "answer": "accept", "_input_hash": 1, "_task_hash": 2}
    {"text": "Good soup.", "options": [{"id": "food positive", "text": "food: good"}], "accept": ["food positive"],
     "answer": "accept"}
    {"text": "Good soup.", "label": "food positive", "answer": "accept"}

Rules
- Only accepted answers count; rejected and ignored ones are counted and left out.
- Mention tasks take spans. Label tasks take accepted options, or the label of a binary task: `food positive` is the
  label `positive` of `food`, `positive` alone is the label of `sentiment`.
- One text with several answers (one `_input_hash`, by several sessions or annotators) is one record: option `annotator`
  (majority, first). The answers of one annotator to several questions about one text are joined.
- An accepted answer without spans mentions nothing; without `spans`, `accept` and `label` it is rejected.
- Offsets count characters. The id is `_input_hash`, else `<file stem>-<line>`; `meta.source` is the document if all
  texts of the file have one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sde_builders import looks
from sde_builders.aspect_names import AspectNames, no_category
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.json_values import JSON_FILES, in_path, objects
from sde_builders.labels import Unfit, wrong
from sde_builders.span_values import span_of
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.records.record import Reject

NOT_ACCEPTED = "answers that are not accepted left out"


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The texts of one file; memory holds those with several answers."""
    location, aspects = context.source.location(name), AspectNames(context)
    answers = _answers(replace(context, notes=Counter()), name)
    waiting: dict[Any, dict[Any, list[dict[str, Any]]]] = {}
    left = Counter(answers)
    for line, row, path in objects(context, name):
        if isinstance(row, Reject):
            yield row
            continue
        if row.get("answer", "accept") != "accept":
            context.note(NOT_ACCEPTED)
            continue
        key = row.get("_input_hash", -line)
        if answers[key] > 1:
            who = row.get("_annotator_id", row.get("_session_id"))
            waiting.setdefault(key, {}).setdefault(who, []).append(row)
            left[key] -= 1
            if left[key]:
                continue
            lists = list(waiting.pop(key).values())
        else:
            lists = [[row]]
        try:
            draft = _draft(row, line, lists, aspects)
            draft.path = path
            yield draft
        except Unfit as error:
            yield Reject(location, line, in_path(path, str(error)), _id(row))


def _answers(context: ReadContext, name: str) -> Counter[Any]:
    """The number of accepted answers to each text that has a hash."""
    rows = (row for _, row, _ in objects(context, name) if isinstance(row, dict))
    accepted = (row for row in rows if row.get("answer", "accept") == "accept")
    return Counter(row["_input_hash"] for row in accepted if "_input_hash" in row)


def _draft(row: dict[str, Any], line: int, lists: list[list[dict[str, Any]]], aspects: AspectNames) -> Draft:
    """The draft of one text; lists: its answers, by annotator. Raises Unfit for a text that is not annotated."""
    text = row.get("text")
    if not isinstance(text, str):
        raise wrong("text", "a text", text)
    bad: list[Bad] = []
    marks = [[mark for answer in answers for mark in _marks(answer, aspects, bad)] for answers in lists]
    meta = row.get("meta")
    source = meta.get("source") if isinstance(meta, dict) else None
    return Draft(
        text, marks[0], line, _id(row), document=source if isinstance(source, str) else None, bad=bad, others=marks[1:]
    )


def _marks(row: dict[str, Any], aspects: AspectNames, bad: list[Bad]) -> list[Mark]:
    """The marks of one answer. Raises Unfit for an answer without annotations."""
    names = row.get("accept", [row["label"]] if isinstance(row.get("label"), str) else None)
    spans = row.get("spans")
    if spans is None and names is None and "tokens" not in row:
        raise Unfit("unlabelled: there is none of the keys spans, accept and label")
    found = []
    for number, item in enumerate(spans if isinstance(spans, list) else []):
        path = f".spans[{number}]"
        try:
            if not isinstance(item, dict) or not isinstance(item.get("label"), str):
                raise wrong("spans", "objects with start, end and label", item)
            span, mention = span_of(item.get("start"), item.get("end")), item.get("text")
            mention = mention if isinstance(mention, str) else None
            found.append(Mark(item["label"], spans=(span,), mention=mention, path=path))
        except Unfit as error:
            bad.append(Bad(str(error), path))
    for name in names if isinstance(names, list) and aspects.wanted else []:
        if split := aspects.split(str(name)):
            found.append(Mark(*split))
        else:
            bad.append(Bad(no_category(name)))
    return found


def _id(row: dict[str, Any]) -> str | None:
    return str(row["_input_hash"]) if isinstance(row.get("_input_hash"), int | str) else None


FORM = Form(JSON_FILES, drafts, UNITS)
BUILDER = drafts_builder(
    __name__, "prodigy", None, FORM, options=("labels", "annotator", "offsets", "ends"), recognise=looks.prodigy
)
