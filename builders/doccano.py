r"""doccano: the JSON lines (or JSON) of all its generations, for sequence labelling, classification and relations.

    {"id": 1, "text": "Ana met Bo.", "label": [[0, 3, "PER"], [8, 10, "PER"]]}
    {"id": 2, "data": "Ana met Bo.", "label": [[0, 3, "PER"]]}
    {"id": 3, "text": "Ana met Bo.", "labels": [[0, 3, "PER"]]}
    {"id": 4, "text": "Ana met Bo.", "annotations": [{"label": 7, "start_offset": 0, "end_offset": 3, "user": 1}]}
    {"id": 5, "text": "Ana met Bo.", "entities": [{"id": 1, "label": "PER", "start_offset": 0, "end_offset": 3}],
     "relations": [{"from_id": 1, "to_id": 2, "type": "met"}]}
    {"id": 6, "text": "Good soup.", "label": ["food positive"]}

Rules
- Mention tasks take spans. Label tasks take the categories of classification projects: `food positive` is the label
  `positive` of `food`; `positive` alone is the label of `sentiment`.
- Old exports name labels by numbers: a file of labels in the same folder gives their names (an array of
  {"id": 7, "text": "PER"}, as doccano exports it, with `label` in its name); without one, the numbers are the targets,
  and rename = {"7" = "PER"} gives them names.
- Offsets count characters; versions before 1.5 counted UTF-16 units in the browser, so offsets that cut words stop the
  build, and offsets = "utf16" reads them.
- Several users of one text (`user`) are annotators: option `annotator` (majority, first).
- A line without any of these keys is not annotated, and it is rejected; [] mentions nothing. Relations are counted and
  left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sde_builders import looks
from sde_builders.aspect_names import AspectNames
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.json_drafts import drafts_of_objects
from sde_builders.json_values import JSON_FILES, objects
from sde_builders.labels import Unfit, columns, short, whole, wrong
from sde_builders.span_values import span_of
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.records.record import Reject

RELATIONS = "relations left out"
NUMBERS = 'labels that are numbers: rename = {"7" = "..."} names them, or the labels\' file beside the export'
KEYS = ("text", "id", "document", "split")
LISTS = ("label", "labels", "entities", "annotations")


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The texts of one file."""
    if _is_label_file(name):
        return
    keys, aspects, names = columns(context, KEYS), AspectNames(context), _label_names(context)

    def convert(row: dict[str, Any], line: int) -> Iterable[Draft]:
        return [_draft(context, row, line, keys, names, aspects)]

    yield from drafts_of_objects(context, name, convert, lambda row, line: _name(row.get(keys.get("id", "id"))))


def _draft(
    context: ReadContext,
    row: dict[str, Any],
    line: int,
    keys: dict[str, str],
    names: dict[str, str],
    aspects: AspectNames,
) -> Draft:
    text = row.get(keys["text"]) if "text" in keys else row.get("text", row.get("data"))
    if not isinstance(text, str):
        raise wrong(keys.get("text", "text"), "a text", text)
    key = next((key for key in LISTS if row.get(key) is not None), None)
    if key is None:
        raise Unfit(f"unlabelled: there is none of the keys {', '.join(LISTS)}; [] says that nothing is mentioned")
    given = row[key]
    if not isinstance(given, list):
        raise wrong(key, "a list", given)
    if row.get("relations"):
        context.note(RELATIONS, len(row["relations"]))
    users: dict[Any, list[Mark]] = {}
    bad: list[Bad] = []
    for number, item in enumerate(given):
        path = f".{key}[{number}]"
        try:
            user, mark = _mark(item, names, aspects)
        except Unfit as error:
            bad.append(Bad(str(error), path))
            continue
        if mark.target.isdecimal():
            context.note(NUMBERS)
        users.setdefault(user, []).append(replace(mark, path=path))
    lists = list(users.values()) or [[]]
    values = {key: _name(row.get(keys.get(key, key))) for key in ("id", "split", "document")}
    return Draft(text, lists[0], line, values["id"], values["split"], values["document"], bad, lists[1:])


def _mark(item: Any, names: dict[str, str], aspects: AspectNames) -> tuple[Any, Mark]:
    """The user and the mark of one annotation. Raises Unfit for another form."""
    if isinstance(item, list) and len(item) == 3:
        return None, Mark(_named(item[2], names), spans=(span_of(item[0], item[1]),))
    if isinstance(item, dict) and "start_offset" in item:
        span = span_of(item["start_offset"], item.get("end_offset"), "start_offset, end_offset")
        return item.get("user"), Mark(_named(item.get("label"), names), spans=(span,))
    category = item.get("label") if isinstance(item, dict) else item
    name = _named(category, names)
    if (split := aspects.split(name)) is None:
        raise Unfit(f"{short(name)} is neither a span nor a category with a label, such as `food positive`")
    return (item.get("user") if isinstance(item, dict) else None), Mark(*split)


def _named(label: Any, names: dict[str, str]) -> str:
    """The name of a label, also of one that is given by its number. Raises Unfit for anything else."""
    label = whole(label)
    if isinstance(label, bool) or not isinstance(label, str | int) or label == "":
        raise wrong("label", "the name of a label", label)
    return names.get(str(label), str(label))


def _is_label_file(name: str) -> bool:
    return "label" in name.rsplit("/", 1)[-1].lower() and name.lower().endswith(".json")


def _label_names(context: ReadContext) -> dict[str, str]:
    """The names of numbered labels, from the files of labels in the source."""
    names, silent = dict[str, str](), replace(context, notes=Counter())
    for name in filter(_is_label_file, context.source.names()):
        try:
            rows = [row for _, row, _ in objects(silent, name) if isinstance(row, dict)]
        except InputError:
            continue
        names |= {str(row["id"]): row["text"] for row in rows if "id" in row and isinstance(row.get("text"), str)}
    return names


def _name(value: Any) -> str | None:
    value = whole(value)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


FORM = Form(JSON_FILES, drafts, UNITS, mentions=False)
BUILDER = drafts_builder(
    __name__,
    "doccano",
    None,
    FORM,
    options=("columns", "labels", "annotator", "offsets", "ends"),
    recognise=looks.doccano,
)
