r"""Own data as JSON lines: one file, or a folder or an archive of `*.jsonl`. One object a line, for any task.

    {"id": "r1", "text": "Good soup, slow waiters.", "split": "train", "document": "d1",
     "annotations": [{"target": "food", "label": "positive", "evidence": [0, 9]}, {"target": "service", "label": -1}]}
    {"text": "the IL-2 gene", "annotations": [{"target": "DNA", "mention": "IL-2 gene", "start": 4, "end": 13},
     {"target": "DNA", "spans": [[4, 8], [9, 13]]}, {"target": "protein", "mention": "IL-2"}]}

- Offsets count characters, ends exclusive. With offsets `mention` may be left out. Without, every occurrence that does
  not overlap the one before is taken; none rejects the record.
- `id` (a string or a whole number) is by default `<file stem>-<line>`; `split` by default what the file's name says;
  `document` keeps records together. `null` counts as left out, keys not named here are ignored.
- `annotations` left out or null: unlabelled, rejected. `[]`: nothing is mentioned.
- Labels are read as `labels.py` says; the placeholder makes no annotation. `evidence` is `[start, end]` or a list of
  such. Whether offsets lie in the text is checked by the caller, as for every corpus.
- Whatever is wrong with a line rejects that line. A file without a single object is refused as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sde_builders.files import files
from sde_builders.json_rows import lines
from sde_builders.labels import Labels, Unfit, columns, short, split_of, wrong
from sde_datasets.builder import Builder, Job
from sde_datasets.errors import InputError
from sde_datasets.records import Annotation, Record, Reject, Span, encodable, split_of_path, surface

KEYS = ("id", "text", "split", "document", "annotations")
KEYS += ("target", "mention", "start", "end", "spans", "label", "evidence")
MOST_TARGETS = 1000


def read(job: Job) -> Iterator[Record | Reject]:
    """The records of all files, in order of file name and line."""
    rows = _Rows(job)
    for name, stem in files(job.source, "*.jsonl"):
        split = split_of_path(name)
        for line, row in lines(job, name):
            if isinstance(row, Reject):
                yield row
                continue
            try:
                record = rows.record(row, f"{stem}-{line}", split)
            except Unfit as error:
                yield Reject(job.source.place(name), line, str(error), rows.id(row))
            else:
                record.file, record.line = job.source.place(name), line
                yield record


def discover(job: Job) -> tuple[str, ...]:
    """The targets of all files in order of first appearance. Raises InputError for more than MOST_TARGETS."""
    keys = _keys(job)
    silent = replace(job, notes=Counter())
    found: dict[str, None] = {}
    for name, _ in files(job.source, "*.jsonl"):
        for _, row in lines(silent, name):
            given = row.get(keys["annotations"]) if isinstance(row, dict) else None
            for item in given if isinstance(given, list) else []:
                target = item.get(keys["target"]) if isinstance(item, dict) else None
                if isinstance(target, str) and target and encodable(target):
                    found[target] = None
            if len(found) > MOST_TARGETS:
                what = f"has more than {MOST_TARGETS:,} different targets; {keys['target']!r} is probably wrong"
                raise InputError(job.source.place(name), what, 'Name the key of targets: columns = {target = "..."}.')
    return tuple(found)


def _keys(job: Job) -> dict[str, str]:
    return dict(zip(KEYS, KEYS, strict=True)) | columns(job, KEYS)


class _Rows:
    """How the rows of one job become records."""

    def __init__(self, job: Job) -> None:
        self._job, self._keys, self._labels = job, _keys(job), Labels(job)

    def id(self, row: dict[str, Any]) -> str | None:
        """The id of a row that was rejected, where it can be told."""
        try:
            return self._name(row, "id")
        except Unfit:
            return None

    def record(self, row: dict[str, Any], default: str, split: str | None) -> Record:
        """The record of a row. Raises Unfit, with the reason, for one that cannot be taken."""
        text = self._string(row, "text")
        if text is None or not text.strip():
            raise wrong(self._keys["text"], "a text", text)
        split = split_of(self._string(row, "split") or "", split)
        id_, document = self._name(row, "id"), self._name(row, "document")
        key = self._keys["annotations"]
        given = row.get(key)
        if given is None:
            state = "null" if key in row else "missing"
            raise Unfit(f"unlabelled: {key} is {state}; [] says that nothing is mentioned")
        if not isinstance(given, list):
            raise wrong(key, "a list of objects", given)
        return Record(default if id_ is None else id_, text, self._annotations(given, text), split, document)

    def _annotations(self, given: list[Any], text: str) -> list[Annotation]:
        taken: list[Annotation] = []
        searched: set[tuple[str, str]] = set()
        read = self._label if self._job.schema.kind == "label" else self._mention
        for number, item in enumerate(given, 1):
            try:
                if not isinstance(item, dict):
                    raise Unfit(f"expected an object, found {short(item)}")
                taken += read(item, self._target(item), text, searched)
            except Unfit as error:
                raise Unfit(f"{self._keys['annotations']}, item {number}: {error}") from None
        return taken

    def _target(self, item: dict[str, Any]) -> str:
        target = self._string(item, "target")
        if not target:
            raise wrong(self._keys["target"], "the name of a target", target)
        return target

    def _label(self, item: dict[str, Any], target: str, text: str, searched: set) -> list[Annotation]:
        for name in ("mention", "start", "end", "spans"):
            self._foreign(item, name, "label", "label")
        value = item.get(self._keys["label"])
        if value is None:
            raise wrong(self._keys["label"], f"a label for {short(target)}", value)
        label, evidence = self._labels.read(value, target), self._evidence(item)
        origin = "annotated" if evidence else "none"
        return [] if label is None else [Annotation(target, label, evidence=evidence, origin=origin)]

    def _mention(self, item: dict[str, Any], target: str, text: str, searched: set) -> list[Annotation]:
        self._foreign(item, "label", "mention", "mention")
        mention, spans, evidence = self._string(item, "mention"), self._spans(item), self._evidence(item)
        origin = "annotated" if evidence else "none"
        if spans:
            shown = surface(text, spans) if mention is None else mention
            return [Annotation(target, None, shown, spans, evidence, origin)]
        if not mention:
            raise Unfit(f"expected {self._keys['mention']} or offsets for {short(target)}, found neither")
        if (target, mention) in searched:
            self._job.note("mentions without offsets given again")
            return []
        searched.add((target, mention))
        found = list(_occurrences(text, mention))
        if not found:
            raise Unfit(f"the mention {short(mention)} does not occur in the text")
        if len(found) > 1:
            self._job.note("mentions found several times")
        return [Annotation(target, None, mention, (span,), evidence, origin) for span in found]

    def _foreign(self, item: dict[str, Any], name: str, kind: str, own: str) -> None:
        if item.get(self._keys[name]) is not None:
            task = self._job.schema.task
            raise Unfit(f"{task!r} is a {kind} task: an annotation has {self._keys[own]!r}, not {self._keys[name]!r}")

    def _spans(self, item: dict[str, Any]) -> tuple[Span, ...]:
        start, end, spans = (item.get(self._keys[name]) for name in ("start", "end", "spans"))
        if spans is None and start is None and end is None:
            return ()
        if spans is None:
            return (_span([start, end], f"{self._keys['start']}, {self._keys['end']}"),)
        if start is not None or end is not None:
            raise Unfit(f"either {self._keys['spans']} or {self._keys['start']} and {self._keys['end']}, not both")
        if not isinstance(spans, list) or not spans:
            raise wrong(self._keys["spans"], "a list of [start, end]", spans)
        return tuple(_span(pair, self._keys["spans"]) for pair in spans)

    def _evidence(self, item: dict[str, Any]) -> tuple[Span, ...]:
        given, key = item.get(self._keys["evidence"]), self._keys["evidence"]
        if given is None or given == []:
            return ()
        if isinstance(given, list) and isinstance(given[0], list):
            return tuple(_span(pair, key) for pair in given)
        return (_span(given, key),)

    def _string(self, row: dict[str, Any], name: str) -> str | None:
        value = row.get(self._keys[name])
        if value is None or isinstance(value, str):
            return value
        raise wrong(self._keys[name], "a string", value)

    def _name(self, row: dict[str, Any], name: str) -> str | None:
        value = row.get(self._keys[name])
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self._string(row, name)


def _span(pair: Any, key: str) -> Span:
    if not isinstance(pair, list) or len(pair) != 2:
        raise wrong(key, "[start, end]", pair)
    for value in pair:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(key, "whole numbers", value)
    return pair[0], pair[1]


def _occurrences(text: str, mention: str) -> Iterator[Span]:
    at = text.find(mention)
    while at >= 0:
        yield at, at + len(mention)
        at = text.find(mention, at + len(mention))


BUILDER = Builder("jsonl", None, read, discover=discover, options=("columns", "labels"))
