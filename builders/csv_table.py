r"""Own data as a table: CSV, TSV, Excel, Parquet, JSON or JSON lines; one column per target, or one row per annotation.

    id,review,split,food,service
    r1,"Good soup, slow waiters.",train,positive,-1
    r2,We sat outside.,test,,unmentioned

    id,text,aspect,sentiment
    r1,"Good soup, slow waiters.",food,positive
    r1,"Good soup, slow waiters.",service,-1

- The text is in the column `text`, else in the only one of `review`, `sentence` and `content` that exists, else in the
  column that the plan names: columns = {text = "..."}. The columns `id` (or the only one of `text_id`, `review_id`,
  ...), `split` and `document` are optional. Case and blanks around the name of a column do not matter.
- A cell holds a label of the task, in any of its languages, or a value that the plan maps to one:
  labels = {good = "positive"}. Numbers are labels if all numbers of the source are among those of the task and one is
  negative; other numbers (ratings, codes) stop the build, and the plan has to map them. `1.0` is 1.
- An empty cell or the placeholder means "not mentioned". `NaN`, `None`, `N/A` and `null` are empty, too.
- The targets are those of the plan, else all other columns, in order, except columns without a name and the index that
  pandas writes (`Unnamed: 0`). A column whose values are not labels (a date, a user, a rating) stops the build.
- An empty `id` becomes `<file stem>-<line>`, an empty `split` the split that the file's name contains. Blank lines are
  skipped.
- A row without text, or with another number of fields than the header, is rejected. So is a row with an unknown label,
  unless the plan says otherwise (`bad_annotations`). A file that lacks a column stops the build.
- A table with the columns text, target (or aspect, category) and label (or polarity, sentiment) has one row an
  annotation; a mention task needs text, target, start and end. Rows of one id (or text) that follow each other are one
  record; an empty target says that nothing is mentioned.
- The delimiter is found out from the header. `csv` and `table` are the same reader; Excel needs the extra `excel`.
- Options: `columns`, `labels`, `delimiter` (such as ";" or "\t"), `offsets`, `ends`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from sde_builders import looks
from sde_builders.csv_rows import non_blank_rows
from sde_builders.drafts import draft_targets, read_drafts
from sde_builders.files import files
from sde_builders.label_survey import Survey, first_few, indicators, targets_to_write
from sde_builders.labels import Labels, Unfit, columns, is_empty, row_split, short, template
from sde_builders.long_table import FORM as LONG
from sde_builders.long_table import long_columns
from sde_builders.tables import TABLE_FILES, table_rows
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.records.record import Annotation, Record, Reject, split_from_path

KEYS = ("text", "id", "split", "document")
TEXTS = ("review", "sentence", "content")
IDS = tuple(f"{text}{joint}id" for text in ("text", *TEXTS) for joint in "_- ")
# what pandas calls the index that it writes as a column
_INDEX = re.compile(r"Unnamed: [0-9]+(_level_[0-9]+)?")


class _Layout(NamedTuple):
    """The positions of the columns of one file; `targets` holds each target with its position."""

    width: int
    text: int
    id: int | None
    split: int | None
    document: int | None
    targets: tuple[tuple[str, int], ...]


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The records of all files, in order of file name and line.

    Raises InputError for a missing column, and for labels that are numbers which neither task nor plan maps to labels.
    """
    if _is_long(context):
        yield from read_drafts(context, LONG)
        return
    labels = Labels(context)
    for name, _ in files(context.source, *TABLE_FILES):
        _layout(context, context.source.location(name), table_rows(context, name)[0])
    survey = _survey(context, labels, context.schema.targets)
    _check_indicators(context, survey)
    survey.decide_numbers(context.source.label)
    for name, stem in files(context.source, *TABLE_FILES):
        location, split = context.source.location(name), split_from_path(name)
        header, table = table_rows(context, name)
        layout = _layout(context, location, header)
        for line, fields in non_blank_rows(table, context):
            if isinstance(fields, Reject):
                yield fields
                continue
            try:
                record, bad = _record(layout, labels, fields, f"{stem}-{line}", split)
            except Unfit as error:
                has_id = layout.id is not None and len(fields) == layout.width
                yield Reject(location, line, str(error), (fields[layout.id or 0] or None) if has_id else None)
            else:
                yield from (Reject(location, line, reason, record.id, "annotation") for reason in bad)
                record.file, record.line = location, line
                yield record


def discover(context: ReadContext) -> tuple[str, ...]:
    """The columns of all files that are not the text, its id, split or document, in order of first appearance.

    Raises InputError, naming the targets or labels to write, for columns whose values are not labels.
    """
    if _is_long(context):
        return draft_targets(context, LONG)
    found: dict[str, None] = {}
    for name, _ in files(context.source, *TABLE_FILES):
        header, _ = table_rows(context, name)
        used = {header[at] for at in _places(context, context.source.location(name), header).values()}
        free = (column for column in header if column and column not in used)
        found |= dict.fromkeys(column for column in free if not _INDEX.fullmatch(column))
    if not found:
        raise InputError(context.source.label, "has no column for a target", f"Its columns: {_shown(header)}.")
    asking = replace(context, schema=context.task.schema(tuple(found), context.language))
    survey = _survey(asking, Labels(asking), tuple(found))
    _check_indicators(asking, survey)
    return _targets(survey, context.source.label)


def _survey(context: ReadContext, labels: Labels, targets: tuple[str, ...]) -> Survey:
    """The values of the target columns of all files."""
    survey, silent = Survey(labels, targets), replace(context, notes=Counter())
    for name, _ in files(context.source, *TABLE_FILES):
        header, table = table_rows(context, name)
        at = [(target, header.index(target)) for target in targets if target in header]
        for _, fields in non_blank_rows(table, silent):
            if isinstance(fields, Reject) or len(fields) != len(header):
                continue
            for target, position in at:
                if labels.word(fields[position]) is not None or not is_empty(fields[position]):
                    survey.add(target, fields[position])
    return survey


def _targets(survey: Survey, location: str) -> tuple[str, ...]:
    """The columns, if all of them hold labels. Raises InputError that names the others."""
    held, known = survey.held, survey.labels.numbers
    words = [name for name, each in held.items() if each.labelled]
    numbers = [name for name, each in held.items() if name not in words and each.could_be(known)]
    counted = numbers if survey.are_labels(survey.numbers([*words, *numbers])) else []
    chosen = tuple(name for name in held if name in words or name in counted)
    others = [name for name in held if name not in chosen]
    if not others:
        return chosen
    values = {name: [*survey.numbers([name]), *held[name].different_words] for name in others}
    listed = "; ".join(f"{short(name)} holds {first_few(values[name][:5])}" for name in others[:5])
    if chosen:
        wrong = f"columns whose values are not labels: {listed}"
        hint = f"Name the targets: {targets_to_write(chosen)}. If these values are labels, map them: "
        hint += f"labels = {template(values[others[0]][:3])}."
        raise InputError(location, wrong, hint)
    rated = [name for name in others if held[name].numbers > held[name].words] or others
    hint = survey.hint(dict.fromkeys(value for name in rated for value in values[name][:10]))
    if len(rated) < len(others):
        hint += f" And name the targets: {targets_to_write(rated)}."
    raise InputError(location, f"no column holds labels: {listed}", hint)


def _check_indicators(context: ReadContext, survey: Survey) -> None:
    """Raise InputError for columns such as `food_positive` and `food_negative` that hold 0 and 1."""
    codes = [name for name, held in survey.held.items() if held.all_codes and held.different_numbers <= {"0", "1"}]
    for group in indicators(codes, survey.labels.names):
        wrong = f"{', '.join(map(short, group))} are indicator columns, one for each label"
        hint = "Write one column for each target, with the label of the row in it."
        raise InputError(context.source.label, wrong, hint)


def _check_task(context: ReadContext) -> None:
    if context.task.kind != "label":
        wrong = f"a table with a column for each target is for label tasks, and {context.task.name!r} has mentions"
        raise UsageError(
            f"{wrong}. Write one row for each mention (text, target, start, end), or use the corpus jsonl."
        )


def _is_long(context: ReadContext) -> bool:
    """True if the first file of a source has one row per annotation. Raises UsageError for a wide table of mentions."""
    name = files(context.source, *TABLE_FILES)[0][0]
    is_long = long_columns(context, table_rows(context, name)[0]) is not None
    if not is_long:
        _check_task(context)
    return is_long


def _used(context: ReadContext, location: str, header: list[str], targets: tuple[str, ...] = ()) -> dict[str, str]:
    """The columns that are not targets: the key of each (text, id, ...) and its name in this file."""
    given = {key: name.strip() for key, name in columns(context, KEYS).items()}
    # a name in lower case comes last, and so before the same name in another case
    free = {name: name.casefold() for name in sorted(header) if name not in given.values() and name not in targets}
    used = {key: name for key in KEYS for name, folded in free.items() if folded == key} | given
    if "text" not in used:
        there = [name for name, folded in free.items() if folded in TEXTS]
        if len(there) != 1:
            wrong = f"cannot tell which column is the text; present: {_shown(header)}"
            hint = 'Name it: columns = {text = "..."} in the plan, or --columns text=NAME; and check the delimiter.'
            raise InputError(location, wrong, hint)
        used["text"] = there[0]
    ids = [name for name, folded in free.items() if folded in IDS]
    return {"id": ids[0]} | used if len(ids) == 1 else used


def _places(context: ReadContext, location: str, header: list[str], targets: tuple[str, ...] = ()) -> dict[str, int]:
    """The positions of the columns that are not targets. Raises InputError for a missing or duplicate column."""
    used = _used(context, location, header, targets)
    return {key: _place_of(name, header, location, f"columns = {{{key} = ...}}") for key, name in used.items()}


def _layout(context: ReadContext, location: str, header: list[str]) -> _Layout:
    at = _places(context, location, header, context.schema.targets)
    targets = tuple((name, _place_of(name.strip(), header, location, "targets")) for name in context.schema.targets)
    return _Layout(len(header), at["text"], at.get("id"), at.get("split"), at.get("document"), targets)


def _place_of(name: str, header: list[str], location: str, option: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    wrong = f"has the column {name!r} twice" if name in header else f"has no column {name!r}"
    hint = f"Name each column once, and in the plan ({option}) as the file does; check the delimiter."
    raise InputError(location, f"{wrong}; present: {_shown(header)}", hint)


def _shown(header: list[str]) -> str:
    return ", ".join(short(name) for name in header[:30]) + (", ..." if len(header) > 30 else "")


def _record(
    layout: _Layout, labels: Labels, fields: list[str], default: str, split: str | None
) -> tuple[Record, list[str]]:
    """The record of a row, and the reasons why cells of it are invalid. Raises Unfit for an invalid row."""
    if len(fields) != layout.width:
        raise Unfit(f"expected {layout.width} fields, as many as the header has, found {len(fields)}")
    text = fields[layout.text]
    if is_empty(text):
        raise Unfit("the text is empty")
    annotations, bad = [], []
    for target, at in layout.targets:
        has_value = labels.word(fields[at]) is not None or not is_empty(fields[at])
        try:
            label = labels.read(fields[at], target) if has_value else None
        except Unfit as error:
            bad.append(str(error))
            continue
        if label is not None:
            annotations.append(Annotation(target, label))
    id_, document = _field(fields, layout.id), _field(fields, layout.document)
    split = row_split(_field(fields, layout.split), split)
    return Record(id_ or default, text, annotations, split, document or None), bad


def _field(fields: list[str], at: int | None) -> str:
    return "" if at is None or is_empty(fields[at]) else fields[at]


OPTIONS = ("columns", "delimiter", "labels", "offsets", "ends", "annotator")
BUILDER = Builder("csv", None, read, discover=discover, options=OPTIONS)
TABLE = Builder("table", None, read, discover=discover, options=OPTIONS, recognise=looks.table)
