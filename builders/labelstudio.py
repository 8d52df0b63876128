r"""Label Studio: an export as JSON or as JSON-MIN.

JSON, an array of tasks:
    [{"id": 7, "data": {"text": "Ana met Bo 🙂 in Rome."},
      "annotations": [{"completed_by": 1, "was_cancelled": false, "ground_truth": false, "result": [
        {"id": "r1", "type": "labels", "from_name": "label", "to_name": "text",
         "value": {"start": 0, "end": 3, "text": "Ana", "labels": ["PER"]}},
        {"id": "c1", "type": "choices", "from_name": "food", "to_name": "text", "value": {"choices": ["positive"]}}]}]}]
JSON-MIN, an array of flat tasks, one for each annotation:
    [{"id": 7, "text": "Ana met Bo 🙂 in Rome.", "annotator": 1,
      "label": [{"start": 0, "end": 3, "text": "Ana", "labels": ["PER"]}], "food": "positive"}]

Rules
- Mention tasks take the labels of regions, each label of a region as a mention. Label tasks take choices: the name of
  the control (`from_name`) is the target and the choice its label; a choice for one region has the label of the region
  as target and the region as evidence. A choice such as `food positive` names its target itself. Ratings are labels
  that the plan maps: labels = {"5" = "positive"}. A region with the name of a target is evidence for the choice of this
  target. A control whose name has `_` where a target of the plan has blanks or signs (`food_quality`) is this target's.
- Offsets are JavaScript's, in UTF-16 units, unless the texts of the regions show another unit or the plan names one.
  `value.text` may have other line ends or blanks than the text; this is counted.
- The text is the only value of `data` that is a string, or that under the key that the results name (`to_name`), or
  `text`; else columns = {text = "KEY"} names it.
- Cancelled annotations are left out and counted; a task without any other is not annotated, and it is rejected. An
  annotation without a region mentions nothing. Predictions are not read.
- Several annotators: `annotator` is `majority` (the default), `first` or `ground truth` (the annotation that is marked
  so, else the first). The report states the agreement.
- Regions of HTML, of paragraphs of a dialogue and of images have no offsets in the text: they are rejected.
- The id is that of the task, or `id` of `data` if that is a string. Options: `columns` (text, id, document, split),
  `labels`, `annotator`, `offsets`, `ends`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from sde_builders import looks
from sde_builders.aspect_names import AspectNames
from sde_builders.drafts import UTF16_FIRST, Bad, Draft, Form, Mark, drafts_builder
from sde_builders.json_values import Found, in_path, objects
from sde_builders.labels import Unfit, columns, short, wrong
from sde_builders.span_values import span_of
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject, Span

CANCELLED = "cancelled annotations left out"
OTHERS = "results of other kinds (relations, taxonomies, texts, ...) left out"
KEYS = ("text", "id", "document", "split")
_OWN = frozenset({"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"})
_REGIONS = ("labels", "hypertextlabels", "paragraphlabels", "rectanglelabels", "polygonlabels")


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The tasks of one file. Raises InputError for a file of another form."""
    reader, location = _Tasks(context), context.source.location(name)
    for (key, _), group in groupby(objects(context, name), key=_task_key):
        tasks = list(group)
        line, first, path = tasks[0]
        if isinstance(first, Reject):
            yield first
            continue
        try:
            draft = reader.full(line, first) if key == "full" else reader.flat(line, [task.value for task in tasks])
            draft.path = path
            yield draft
        except Unfit as error:
            yield Reject(location, line, in_path(path, str(error)), str(first.get("id", "")) or None)


def _task_key(item: Found) -> tuple[str, Any]:
    """Rows of JSON-MIN with one id that follow each other are annotations of one task; other rows are tasks."""
    line, row, path = item
    if isinstance(row, Reject):
        return "reject", (line, path)
    if isinstance(row.get("data"), dict):
        return "full", (line, path)
    return "flat", row.get("id", (line, path))


class _Tasks:
    """Converts tasks to drafts."""

    def __init__(self, context: ReadContext) -> None:
        self._context, self._names = context, AspectNames(context)
        self._columns = columns(context, KEYS)
        self._rule = str(context.options.get("annotator", "majority"))

    def full(self, line: int, task: dict[str, Any]) -> Draft:
        """The draft of a task of the JSON export. Raises Unfit for a task that is not annotated."""
        given = task.get("annotations", task.get("completions"))
        if not isinstance(given, list):
            raise Unfit("unlabelled: the task has no annotations")
        done = [i for i, each in enumerate(given) if isinstance(each, dict) and not each.get("was_cancelled")]
        if len(done) < len(given):
            self._context.note(CANCELLED, len(given) - len(done))
        if not done:
            raise Unfit("unlabelled: the task has no annotation that is not cancelled")
        if self._rule == "ground truth":
            done = [i for i in done if given[i].get("ground_truth")] or done[:1]
        results = {f".annotations[{i}].result": given[i].get("result") or [] for i in done}
        text = self._text(task["data"], list(results.values()))
        bad: list[Bad] = []
        lists = [self._marks(path, result, bad) for path, result in results.items()]
        own = task["data"].get("id")
        id_ = own if isinstance(own, str) and own else task.get("id")
        return self._draft(line, text, lists, bad, {**task["data"], "id": id_})

    def flat(self, line: int, rows: list[dict[str, Any]]) -> Draft:
        """The draft of the rows of JSON-MIN that have one id."""
        first, bad = rows[0], list[Bad]()
        key = self._flat_text(first)
        text = first.get(key)
        if not isinstance(text, str):
            raise wrong(key, "a text", text)
        lists = [self._marks("", list(self._results(row, key)), bad) for row in rows]
        return self._draft(line, text, lists, bad, first)

    def _flat_text(self, row: dict[str, Any]) -> str:
        """The key of the text in a row of JSON-MIN: `text`, or the only string that is neither a label nor of the tool.

        Raises InputError if that does not tell.
        """
        if key := self._columns.get("text") or ("text" if "text" in row else None):
            return key
        strings = [name for name, value in row.items() if isinstance(value, str) and name not in _OWN]
        free = [name for name in strings if not (self._names.is_label(row[name]) or self._names.split(row[name]))]
        if len(free) == 1:
            return free[0]
        raise self._unknown_text("cannot tell which key is the text", row)

    def _unknown_text(self, problem: str, row: dict[str, Any]) -> InputError:
        known = ", ".join(map(short, list(row)[:12])) or "none"
        hint = 'Name it: columns = {text = "..."} in the plan, or --columns text=KEY.'
        return InputError(self._context.source.label, f"{problem}; the keys are {known}", hint)

    def _draft(self, line: int, text: str, lists: list[list[Mark]], bad: list[Bad], row: dict[str, Any]) -> Draft:
        keys = {key: self._columns.get(key, key) for key in KEYS}
        found = {key: row.get(keys[key]) for key in ("id", "document", "split")}
        texts = {key: None if value is None else str(value) for key, value in found.items()}
        return Draft(text, lists[0], line, texts["id"], texts["split"], texts["document"], bad, lists[1:])

    def _text(self, data: dict[str, Any], results: list[Any]) -> str:
        strings = {key: value for key, value in data.items() if isinstance(value, str)}
        named = {str(item.get("to_name")) for result in results for item in result if isinstance(item, dict)}
        key = self._columns.get("text") or next((key for key in strings if key in named), None)
        key = key or ("text" if "text" in strings else next(iter(strings)) if len(strings) == 1 else None)
        if key not in strings:
            unclear, missing = "cannot tell which key of `data` is the text", f"`data` has no text under {key!r}"
            raise self._unknown_text(unclear if key is None else missing, data)
        return strings[key]

    def _results(self, row: dict[str, Any], text: str) -> Iterator[dict[str, Any]]:
        """The results that a row of JSON-MIN holds under the names of its controls."""
        for name, value in row.items():
            if name in _OWN or name == text:
                continue
            if isinstance(value, list) and all(isinstance(item, dict) for item in value):
                yield from ({"type": "labels", "from_name": name, "value": item} for item in value)
            elif isinstance(value, dict) and isinstance(value.get("choices"), list):
                yield {"type": "choices", "from_name": name, "value": value}
            elif isinstance(value, str) and (self._names.is_label(value) or self._names.split(value)):
                yield {"type": "choices", "from_name": name, "value": {"choices": [value]}}

    def _marks(self, path: str, results: Any, bad: list[Bad]) -> list[Mark]:
        """The marks of one annotation; its invalid results go to `bad`. path: of the list of results."""
        found: list[Mark] = []
        if not isinstance(results, list):
            bad.append(Bad("result is not a list", path))
            return found
        regions: dict[Any, list[Mark]] = {}
        for number, result in enumerate(results):
            place = f"{path}[{number}]" if path else ""
            kind = result.get("type") if isinstance(result, dict) else None
            value = result.get("value") if isinstance(result, dict) else None
            try:
                if isinstance(value, dict) and kind in _REGIONS:
                    marks = [replace(mark, path=place) for mark in self._region(value, kind)]
                    regions.setdefault(result.get("id"), []).extend(marks)
                    found += marks
                elif isinstance(value, dict) and kind in ("choices", "rating"):
                    chosen = self._choices(result, value, regions.get(result.get("id") or "", []))
                    found += [replace(mark, path=place) for mark in chosen]
                elif kind is None:
                    raise wrong("a result", "an object with type and value", result)
                else:
                    self._context.note(OTHERS)
            except Unfit as error:
                bad.append(Bad(str(error), place))
        return _with_evidence(found)

    def _region(self, value: dict[str, Any], kind: str) -> list[Mark]:
        names = value.get(kind, value.get("labels"))
        if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
            raise wrong("labels", "a list of names", names)
        if kind != "labels" and not (kind == "hypertextlabels" and type(value.get("start")) is int):
            raise Unfit(f"a region of {kind} has no offsets in a plain text")
        span, text = span_of(value.get("start"), value.get("end")), value.get("text")
        return [Mark(name, spans=(span,), mention=text if isinstance(text, str) and text else None) for name in names]

    def _choices(self, result: dict[str, Any], value: dict[str, Any], regions: list[Mark]) -> list[Mark]:
        """The labels that a choice or a rating gives, to a region or to an aspect."""
        chosen = value.get("choices", [value["rating"]] if "rating" in value else None)
        if not isinstance(chosen, list):
            raise wrong("choices", "a list", chosen)
        if regions:
            return [Mark(r.target, choice, evidence=r.spans) for r in regions for choice in chosen]
        name, found = self._target(str(result.get("from_name", ""))), []
        for choice in chosen:
            split = None if self._names.is_label(choice) else self._names.split(str(choice))
            found.append(Mark(*split) if split else Mark(name, choice))
        return found

    def _target(self, control: str) -> str:
        """The target of a control: that of its name, or the target of the plan whose name it represents."""
        targets = self._context.schema.targets if self._context.schema else ()
        if control in targets:
            return control
        return next((target for target in targets if control_name(target) == control), control)


def _with_evidence(marks: list[Mark]) -> list[Mark]:
    """Marks whose labels without evidence have that of the regions with the name of their target."""
    spans: dict[str, list[Span]] = {}
    for mark in marks:
        if mark.label is None:
            spans.setdefault(mark.target, []).extend(mark.spans)
    return [
        replace(mark, evidence=tuple(sorted(spans.get(mark.target, ()))))
        if mark.label is not None and not mark.evidence
        else mark
        for mark in marks
    ]


def control_name(target: str) -> str:
    """The name of the control of a target: the names of Label Studio's controls are single words."""
    return re.sub(r"\W+", "_", target)


FORM = Form(("*.json",), drafts, UTF16_FIRST)
BUILDER = drafts_builder(
    __name__,
    "labelstudio",
    None,
    FORM,
    options=("columns", "labels", "annotator", "offsets", "ends"),
    offsets="utf16",
    recognise=looks.labelstudio,
)
