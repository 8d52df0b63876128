"""Tables in long form: one row per annotation, with its target in one column.

    id,text,aspect,sentiment                       id,text,target,start,end
    r1,"Good soup, slow waiters.",food,positive    a1,Ana met Bo.,PER,0,3
    r1,"Good soup, slow waiters.",service,-1       a1,Ana met Bo.,PER,8,10
    r2,We sat outside.,,                           a2,It rained.,,,

Rows that follow each other with the same id (without ids: the same text) are one record. A row with an empty target
says that its text mentions nothing. `csv_table.py` decides whether a table has this form.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sde_builders.csv_rows import non_blank_rows
from sde_builders.drafts import Bad, Draft, Form, Mark
from sde_builders.labels import Unfit, columns, is_empty
from sde_builders.span_values import span_of
from sde_builders.tables import TABLE_FILES, table_rows
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.records.record import Reject

KEYS = ("text", "id", "split", "document", "target", "label", "start", "end", "mention")
_NAMES = {
    "text": ("text", "review", "sentence", "content"),
    "target": ("target", "aspect", "category", "aspect_category"),
    "label": ("label", "polarity", "sentiment"),
    "start": ("start", "from", "begin"),
    "end": ("end", "to"),
    "mention": ("mention", "term"),
}


def long_columns(context: ReadContext, header: list[str]) -> dict[str, str] | None:
    """The column of each key if a table is in long form: it has a target and a label, or a target and offsets."""
    given, folded = columns(context, KEYS), {name.casefold(): name for name in reversed(header)}
    found = {key: folded[name] for key in KEYS for name in reversed(_NAMES.get(key, (key,))) if name in folded}
    found |= given
    wanted = ("text", "target", "label") if context.task.kind == "label" else ("text", "target", "start", "end")
    return found if all(found.get(key) in header for key in wanted) else None


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The texts of one file. Raises InputError for a file that is not in long form."""
    location = context.source.location(name)
    header, table = table_rows(context, name)
    names = long_columns(context, header)
    if names is None:
        hint = "It needs the columns text, target and label (or start and end); columns = {target = ...} names them."
        raise InputError(location, "does not have one row per annotation, as other files of the source", hint)
    at = {key: header.index(column) for key, column in names.items() if column in header}
    group_by = at.get("id", at["text"])
    rows = non_blank_rows(table, context)
    for _, group in groupby(rows, key=lambda item: _key(item, group_by, len(header))):
        held = list(group)
        line, first = held[0]
        if isinstance(first, Reject):
            yield first
        elif len(first) != len(header):
            yield Reject(
                location, line, f"expected {len(header)} fields, as many as the header has, found {len(first)}"
            )
        else:
            yield _draft([row for _, row in held], line, at)


def _key(item: tuple[int, list[str] | Reject], group_by: int, width: int) -> object:
    line, row = item
    return line if isinstance(row, Reject) or len(row) != width or not row[group_by].strip() else row[group_by]


def _draft(rows: list[list[str]], line: int, at: dict[str, int]) -> Draft:
    """The draft of the rows of one text."""
    first = {key: rows[0][place] for key, place in at.items()}
    marks: list[Mark] = []
    bad: list[Bad] = []
    for row in rows:
        cells = {key: "" if is_empty(row[place]) and key != "text" else row[place] for key, place in at.items()}
        if not cells["target"].strip():
            continue
        if cells["text"] != first["text"]:
            bad.append(Bad("rows of one id have different texts"))
        try:
            if "start" in at and cells["start"]:
                span = (span_of(cells["start"], cells["end"]),)
                marks.append(Mark(cells["target"].strip(), spans=span, mention=cells.get("mention") or None))
            elif cells.get("label"):
                marks.append(Mark(cells["target"].strip(), cells["label"]))
            else:
                bad.append(Bad(f"{cells['target']!r} has neither a label nor offsets"))
        except Unfit as error:
            bad.append(Bad(str(error)))
    names = {key: (first.get(key) or "").strip() or None for key in ("id", "split", "document")}
    return Draft(first["text"], marks, line, names["id"], names["split"], names["document"], bad)


FORM = Form(TABLE_FILES, drafts, UNITS)
