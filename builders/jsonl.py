r"""Own data as JSON lines, for any task: one file, or a folder or an archive of `*.jsonl`, with one object per line;
or a JSON array of these objects.

    {"id": "r1", "text": "Good soup, slow waiters.", "split": "train", "document": "d1",
     "annotations": [{"target": "food", "label": "positive", "evidence": [0, 9]}, {"target": "service", "label": -1}]}
    {"text": "the IL-2 gene", "annotations": [{"target": "DNA", "mention": "IL-2 gene", "start": 4, "end": 13},
     {"target": "DNA", "spans": [[4, 8], [9, 13]]}, {"target": "protein", "mention": "IL-2"}]}

- Offsets count characters, with exclusive ends, unless the plan says otherwise (`offsets`, `ends`). If a file gives the
  text of its mentions with their offsets, the unit that fits the whole file is used and named in the report. Whole
  numbers may be written as 3.0 or "3"; NaN is null.
- With offsets, `mention` is optional. A mention without offsets is at all its occurrences that cut no word and do
  not overlap; occurrences inside words are used only if there are no others.
- `id` (a string or a whole number) is by default `<file stem>-<line>`, `split` the split that the name of the file
  contains. `document` keeps records together in one split. `null` and `NaN` are the same as no value, `1.0` is 1, and
  other keys are ignored.
- `annotations` missing or null: the record is unlabelled and rejected. `[]`: nothing is mentioned.
- A label is a label of the task, in any of its languages, or a value that the plan maps to one. Numbers are labels if
  all numbers of the source are among those of the task and one is negative; others (ratings, codes) stop the build.
- The placeholder makes no annotation. `evidence` is `[start, end]`, or words of the text, of which the first occurrence
  is used, or a list of these. The core checks that offsets lie in the text.
- Options: `columns` gives the names of the keys above in the lines (columns = {text = "review", target = "type"}),
  `labels` maps words and numbers to labels (labels = {good = "positive"}).
- An invalid annotation is rejected, and its record with it unless the plan says otherwise (`bad_annotations`). Any
  other error rejects the line. A file without any object stops the build.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from math import isnan
from typing import Any

from sde_builders import looks
from sde_builders.files import LineIds, files
from sde_builders.json_array import first
from sde_builders.json_rows import lines
from sde_builders.json_values import Found, in_path, objects
from sde_builders.label_survey import Survey
from sde_builders.labels import Labels, Unfit, columns, is_empty, row_split, short, whole, wrong
from sde_builders.no_targets import no_targets
from sde_builders.span_values import span_of
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.ingest.mentions import REWORDED
from sde_datasets.ingest.offsets import Given, Unit, best_unit, requested_unit, requested_units
from sde_datasets.records.record import Annotation, Record, Reject, Span, is_encodable, split_from_path
from sde_datasets.records.words import find_mention

_RECORD_KEYS = ("id", "text", "split", "document", "annotations")
KEYS = (*_RECORD_KEYS, "target", "mention", "start", "end", "spans", "label", "evidence")
MOST_TARGETS = 1000
SEVERAL = "mentions found several times"
INSIDE = "mentions without offsets found inside words only"


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The records of all files, in order of file name and line."""
    rows = _Rows(context)
    rows.survey_labels()
    for name, stem in files(context.source, "*.jsonl"):
        split, unit, ids = split_from_path(name), rows.unit(name), LineIds(stem)
        for line, row, path in _rows(context, name):
            if isinstance(row, Reject):
                yield row
                continue
            location = context.source.location(name)
            try:
                record, bad = rows.record(row, ids(line), split, unit)
            except Unfit as error:
                yield Reject(location, line, in_path(path, str(error)), rows.id(row))
            else:
                for reason in bad:
                    yield Reject(location, line, f"{path}.{reason}", record.id, "annotation")
                record.file, record.line = location, line
                yield record


def _rows(context: ReadContext, name: str) -> Iterator[Found]:
    """The objects of a file: of its lines, or of the array that it is."""
    if first(context.source, name) == "[":
        return objects(context, name)
    return (Found(line, row) for line, row in lines(context, name))


def discover(context: ReadContext) -> tuple[str, ...]:
    """The targets of all files in order of first appearance.

    Raises InputError for more than MOST_TARGETS targets, and for lines without targets, with the keys that they have.
    """
    keys = _keys(context)
    found: dict[str, None] = {}
    for item in _items(context, keys):
        target = item.get(keys["target"])
        if isinstance(target, str) and target and is_encodable(target):
            found[target] = None
        if len(found) > MOST_TARGETS:
            what = f"has more than {MOST_TARGETS:,} different targets; {keys['target']!r} is probably wrong"
            hint = 'Name the key of targets: columns = {target = "..."} in the plan, or --columns target=KEY.'
            raise InputError(context.source.label, what, hint)
    if not found:
        raise no_targets(context.source.label, _objects(context), keys)
    return tuple(found)


def _objects(context: ReadContext) -> Iterator[dict[str, Any]]:
    """Yield the objects of all lines."""
    silent = replace(context, notes=Counter())
    for name, _ in files(context.source, "*.jsonl"):
        yield from (row for _, row, _ in _rows(silent, name) if isinstance(row, dict))


def _items(context: ReadContext, keys: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the annotations of all lines that are objects."""
    for row in _objects(context):
        given = row.get(keys["annotations"])
        yield from (item for item in given if isinstance(item, dict)) if isinstance(given, list) else ()


def _keys(context: ReadContext) -> dict[str, Any]:
    """The name of each key in the lines. None for a key that the plan uses for another purpose.

    Raises UsageError if a key that the task needs is lost in this way.
    """
    given = columns(context, KEYS)
    taken = {*given.values()}
    keys = {key: given.get(key, None if key in taken else key) for key in KEYS}
    needed = ("text", "annotations", "target", *(["label"] if context.task.kind == "label" else []))
    for key in needed:
        if keys[key] is None:
            other = next(name for name, called in given.items() if called == key)
            raise UsageError(f"columns: {key!r} is now the key of {other}: give the key of {key}, too")
    return keys


class _Rows:
    """Convert the rows of the files to records."""

    def __init__(self, context: ReadContext) -> None:
        self._context, self._keys, self._labels = context, _keys(context), Labels(context)
        self._unit = requested_unit(context.options)

    def unit(self, name: str) -> Unit:
        """The unit of the offsets in a file: of those that the plan allows, the one that fits the mentions."""
        allowed = requested_units(self._context.options)
        if self._context.schema.kind == "label" or len(allowed) == 1:
            return allowed[0]
        unit, fits = best_unit(allowed, self._given(name))
        if unit != allowed[0]:
            self._context.note(
                f"mentions in {self._context.source.location(name)} whose text shows that its offsets are in {unit}",
                fits,
            )
        return unit

    def _given(self, name: str) -> Iterator[Given]:
        """Yield the mentions of a file that have offsets and text."""
        silent = replace(self._context, notes=Counter())
        for _, row, _ in _rows(silent, name):
            text = row.get(self._keys["text"]) if isinstance(row, dict) else None
            if isinstance(row, Reject) or not isinstance(text, str):
                continue
            given = row.get(self._keys["annotations"])
            for item in given if isinstance(given, list) else []:
                mention = item.get(self._keys["mention"]) if isinstance(item, dict) else None
                with suppress(Unfit):
                    if isinstance(mention, str) and (spans := self._spans(item)):
                        yield Given(text, spans, mention)

    def survey_labels(self) -> None:
        """Decide whether numbers are labels. Raises InputError as `Survey.decide_numbers` does."""
        if self._context.schema.kind != "label":
            return
        survey = Survey(self._labels)
        for item in _items(self._context, self._keys):
            target, label = item.get(self._keys["target"]), item.get(self._keys["label"])
            if isinstance(target, str) and isinstance(label, str | int | float) and not isinstance(label, bool):
                survey.add(target, label)
        survey.decide_numbers(self._context.source.label)

    def id(self, row: dict[str, Any]) -> str | None:
        """The id of a rejected row, or None if it has no valid id."""
        try:
            return self._name(row, "id")
        except Unfit:
            return None

    def record(self, row: dict[str, Any], default: str, split: str | None, unit: Unit) -> tuple[Record, list[str]]:
        """The record of a row, and the reasons why annotations of it are invalid, each after its path in the row.

        Raises Unfit for an invalid row.
        """
        self._unit = unit
        text = self._string(row, "text")
        if text is None or not text.strip():
            raise wrong(self._keys["text"], "a text", text)
        split = row_split(self._string(row, "split") or "", split)
        id_, document = self._name(row, "id"), self._name(row, "document")
        key = self._keys["annotations"]
        given = row.get(key)
        if given is None:
            state = "null" if key in row else "missing"
            raise Unfit(f"unlabelled: {key} is {state}; write [] for a text without annotations")
        if not isinstance(given, list):
            raise wrong(key, "a list of objects", given)
        annotations, bad = self._annotations(given, text)
        return Record(default if id_ is None else id_, text, annotations, split, document), bad

    def _annotations(self, given: list[Any], text: str) -> tuple[list[Annotation], list[str]]:
        taken: list[Annotation] = []
        bad: list[str] = []
        searched: set[tuple[str, str]] = set()
        read = self._label if self._context.schema.kind == "label" else self._mention
        for number, item in enumerate(given):
            try:
                if not isinstance(item, dict):
                    raise Unfit(f"expected an object, found {short(item)}")
                taken += read(item, self._target(item), text, searched)
            except Unfit as error:
                bad.append(f"{self._keys['annotations']}[{number}]: {error}")
        return taken, bad

    def _target(self, item: dict[str, Any]) -> str:
        target = self._string(item, "target")
        if not target:
            raise wrong(self._keys["target"], "the name of a target", target)
        return target

    def _label(self, item: dict[str, Any], target: str, text: str, searched: set) -> list[Annotation]:
        for name in ("mention", "start", "end", "spans"):
            self._foreign(item, name, "label", "label")
        value = item.get(self._keys["label"])
        if value is None or (isinstance(value, str) and is_empty(value) and self._labels.word(value) is None):
            raise wrong(self._keys["label"], f"a label for {short(target)}", value)
        label, evidence = self._labels.read(value, target), self._evidence(item, text)
        origin = "annotated" if evidence else "none"
        return [] if label is None else [Annotation(target, label, evidence=evidence, origin=origin)]

    def _mention(self, item: dict[str, Any], target: str, text: str, searched: set) -> list[Annotation]:
        self._foreign(item, "label", "mention", "mention")
        mention, spans, evidence = self._string(item, "mention"), self._spans(item), self._evidence(item, text)
        origin = "annotated" if evidence else "none"
        if spans:
            return [Annotation(target, None, mention, self._in_characters(text, spans), evidence, origin)]
        if not mention or not mention.strip():
            raise Unfit(f"expected {self._keys['mention']} or offsets for {short(target)}, found neither")
        if (target, mention) in searched:
            self._context.note("mentions without offsets given again")
            return []
        searched.add((target, mention))
        found = find_mention(text, mention)
        if not found.spans:
            raise Unfit(f"the mention {short(mention)} does not occur in the text")
        for note, count in ((SEVERAL, len(found.spans) > 1), (INSIDE, found.inside_words), (REWORDED, found.reworded)):
            if count:
                self._context.note(note)
        return [Annotation(target, None, text[slice(*span)], (span,), evidence, origin) for span in found.spans]

    def _foreign(self, item: dict[str, Any], name: str, kind: str, own: str) -> None:
        if item.get(self._keys[name]) is not None:
            task = self._context.schema.task
            raise Unfit(f"{task!r} is a {kind} task: an annotation has {self._keys[own]!r}, not {self._keys[name]!r}")

    def _spans(self, item: dict[str, Any]) -> tuple[Span, ...]:
        start, end, spans = (_filled(item.get(self._keys[name])) for name in ("start", "end", "spans"))
        if spans is None and start is None and end is None:
            return ()
        if spans is None:
            return (_span([start, end], f"{self._keys['start']}, {self._keys['end']}"),)
        if start is not None or end is not None:
            raise Unfit(f"either {self._keys['spans']} or {self._keys['start']} and {self._keys['end']}, not both")
        if not isinstance(spans, list) or not spans:
            raise wrong(self._keys["spans"], "a list of [start, end]", spans)
        return tuple(_span(pair, self._keys["spans"]) for pair in spans)

    def _in_characters(self, text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        try:
            return self._unit.to_characters(text, spans)
        except ValueError as error:
            raise Unfit(str(error)) from None

    def _evidence(self, item: dict[str, Any], text: str) -> tuple[Span, ...]:
        given, key = item.get(self._keys["evidence"]), self._keys["evidence"]
        if given is None or given == []:
            return ()
        pieces = given if isinstance(given, list) and isinstance(given[0], list | str) else [given]
        return tuple(span for piece in pieces for span in self._piece(piece, key, text))

    def _piece(self, piece: Any, key: str, text: str) -> tuple[Span, ...]:
        """The spans of one piece of evidence: [start, end], or words of the text."""
        if not isinstance(piece, str):
            return self._in_characters(text, (_span(piece, key),))
        if not (found := find_mention(text, piece).spans):
            raise Unfit(f"{key}: {short(piece)} does not occur in the text")
        return (found[0],)

    def _string(self, row: dict[str, Any], name: str) -> str | None:
        value = row.get(self._keys[name])
        if value is None or isinstance(value, str):
            return value
        raise wrong(self._keys[name], "a string", value)

    def _name(self, row: dict[str, Any], name: str) -> str | None:
        value = whole(row.get(self._keys[name]))
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self._string(row, name)


def _filled(value: Any) -> Any:
    """The value, or None for NaN, which tables write into an empty cell."""
    return None if isinstance(value, float) and isnan(value) else value


def _span(pair: Any, key: str) -> Span:
    if not isinstance(pair, list) or len(pair) != 2:
        raise wrong(key, "[start, end]", pair)
    return span_of(pair[0], pair[1], key)


BUILDER = Builder(
    "jsonl", None, read, discover=discover, options=("columns", "labels", "offsets", "ends"), recognise=looks.jsonl
)
