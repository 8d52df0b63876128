r"""Own data as a table, for label tasks: a CSV file, or a folder or an archive of `*.csv`, one column a target.

    id,review,split,food,service
    r1,"Good soup, slow waiters.",train,positive,-1
    r2,We sat outside.,test,,unmentioned

- The text stands in the column `text`, else in the only one of `review`, `sentence` and `content` that is there, else
  where the plan says: columns = {text = "..."}. `id`, `split` and `document` are read where there are such columns.
- A cell holds a label of the task as `labels.py` reads it; an empty one or the placeholder says "not mentioned".
- The targets are those of the plan, else every other column that has a name, in order.
- An empty `id` becomes `<file stem>-<line>`, an empty `split` what the file's name says. Blank lines are skipped.
- A row that has not as many fields as the header, no text or an unknown label is rejected. A file that lacks a column
  is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sde_builders.csv_rows import filled, rows
from sde_builders.files import files
from sde_builders.labels import Labels, Unfit, columns, short, split_of
from sde_datasets.builder import Builder, Job
from sde_datasets.errors import InputError, UsageError
from sde_datasets.records import Annotation, Record, Reject, split_of_path

KEYS = ("text", "id", "split", "document")
TEXTS = ("review", "sentence", "content")


class _Layout(NamedTuple):
    """Where things stand in the rows of one file; `targets` pairs each with its place."""

    width: int
    text: int
    id: int | None
    split: int | None
    document: int | None
    targets: tuple[tuple[str, int], ...]


def read(job: Job) -> Iterator[Record | Reject]:
    """The records of all files, in order of file name and line. Raises InputError where a column is missing."""
    delimiter, labels = _delimiter(job), Labels(job)
    for name, stem in files(job.source, "*.csv"):
        place, split = job.source.place(name), split_of_path(name)
        table = rows(job.source, name, delimiter)
        layout = _layout(job, place, _header(table, place))
        for line, fields in filled(table, job):
            try:
                record = _record(layout, labels, fields, f"{stem}-{line}", split)
            except Unfit as error:
                known = len(fields) == layout.width and layout.id is not None
                yield Reject(place, line, str(error), fields[layout.id] or None if known else None)
            else:
                record.file, record.line = place, line
                yield record


def discover(job: Job) -> tuple[str, ...]:
    """The columns of all files that are not the text, its id, split or document, in order of first appearance."""
    delimiter = _delimiter(job)
    found: dict[str, None] = {}
    for name, _ in files(job.source, "*.csv"):
        place = job.source.place(name)
        header = _header(rows(job.source, name, delimiter), place)
        used = _used(job, place, header).values()
        found |= dict.fromkeys(column for column in header if column.strip() and column not in used)
    return tuple(found)


def _delimiter(job: Job) -> str:
    if job.task.kind != "label":
        raise UsageError(f"csv is for label tasks, and {job.task.name!r} has mentions. Use the corpus jsonl.")
    delimiter = job.options.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        raise UsageError(f'delimiter must be one character, such as ";" or "\\t", found {short(delimiter)}')
    return delimiter


def _header(table: Iterator[tuple[int, list[str]]], place: str) -> list[str]:
    for _, header in table:
        if header:
            return header
    raise InputError(place, "has no header", "Name the columns in the first line.")


def _used(job: Job, place: str, header: list[str]) -> dict[str, str]:
    """The columns that are no targets: what they are for -> how they are named in this file."""
    used = {key: key for key in KEYS if key in header} | columns(job, KEYS)
    if "text" not in used:
        there = [name for name in TEXTS if name in header]
        if len(there) != 1:
            wrong = f"cannot tell which column is the text; present: {_shown(header)}"
            raise InputError(place, wrong, 'Name it in the plan: columns = {text = "..."}.')
        used["text"] = there[0]
    return used


def _layout(job: Job, place: str, header: list[str]) -> _Layout:
    used = _used(job, place, header)
    at = {key: _place_of(name, header, place, f"columns = {{{key} = ...}}") for key, name in used.items()}
    targets = tuple((name, _place_of(name, header, place, "targets")) for name in job.schema.targets)
    return _Layout(len(header), at["text"], at.get("id"), at.get("split"), at.get("document"), targets)


def _place_of(name: str, header: list[str], place: str, option: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    wrong = f"has the column {name!r} twice" if name in header else f"has no column {name!r}"
    cure = f"Name each column once, and in the plan ({option}) as the file does; check the delimiter."
    raise InputError(place, f"{wrong}; present: {_shown(header)}", cure)


def _shown(header: list[str]) -> str:
    return ", ".join(short(name) for name in header[:30]) + (", ..." if len(header) > 30 else "")


def _record(layout: _Layout, labels: Labels, fields: list[str], default: str, split: str | None) -> Record:
    if len(fields) != layout.width:
        raise Unfit(f"expected {layout.width} fields, as many as the header has, found {len(fields)}")
    text = fields[layout.text]
    if not text.strip():
        raise Unfit("the text is empty")
    annotations = []
    for target, at in layout.targets:
        label = labels.read(fields[at], target) if fields[at].strip() else None
        if label is not None:
            annotations.append(Annotation(target, label))
    id_, document = _field(fields, layout.id), _field(fields, layout.document)
    return Record(id_ or default, text, annotations, split_of(_field(fields, layout.split), split), document or None)


def _field(fields: list[str], at: int | None) -> str:
    return "" if at is None else fields[at]


BUILDER = Builder("csv", None, read, discover=discover, options=("columns", "delimiter", "labels"))
