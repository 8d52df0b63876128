"""Turn what a format gives, a text with marks, into records; the part that readers of many formats share.

    Draft("Ana met Bo.", [Mark("PER", spans=((0, 3),), mention="Ana")], line=1)
    Draft("Good soup.", [Mark("food", label="positive", evidence=((0, 9),))], line=2)

- Offsets may be in any unit of `Form.units`: of those that the plan allows, the one that fits the mentions of a file is
  used, and the report names it if it is not the first.
- A label is looked up as `labels.py` says. A mark that cannot be read is rejected, and its record with it unless the
  plan says otherwise (`bad_annotations`).
- Several lists of marks for one text, by several annotators, become one by the plan's option `annotator`
  (`annotators.py`), and the report states their agreement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sde_builders.annotators import LabelAgreement, MentionAgreement, merged_marks
from sde_builders.files import LineIds, files
from sde_builders.json_values import ROOT, in_path
from sde_builders.labels import Labels, Unfit, row_split, short
from sde_datasets.ingest.builder import Builder, Guess, ReadContext
from sde_datasets.ingest.offsets import UNITS, Given, Unit, best_unit, requested_units
from sde_datasets.records.record import Annotation, Record, Reject, Span, is_encodable, split_from_path

if TYPE_CHECKING:
    from sde_datasets.ingest.recognise import Head

MAJORITY = "targets with several labels in one text: the most frequent one is used"
TIE = "targets with several labels in one text: a tie is neutral"
# units of tools that count as JavaScript does, and of tools that count characters
UTF16_FIRST = tuple(sorted(UNITS, key=lambda unit: unit.offsets != "utf16"))


@dataclass(slots=True)
class Mark:
    """What one annotation says: a mention at spans, or a label (a word or a number) for a target.

    spans, evidence: in the unit of the file. mention: the text of the mention, if the file gives it. path: the JSON
    path of the annotation within its draft, such as `.spans[2]`; empty if it is not known.
    """

    target: str
    label: Any = None
    spans: tuple[Span, ...] = ()
    mention: str | None = None
    evidence: tuple[Span, ...] = ()
    path: str = ""


class Bad(NamedTuple):
    """Why an annotation cannot be read, and its path (see `Mark`)."""

    reason: str
    path: str = ""


@dataclass(slots=True)
class Draft:
    """A text with its marks. line, path: where it begins in its file; the path is a JSON path. split: names a split.

    bad: the annotations that cannot be read. others: the marks of further annotators of the same text.
    """

    text: str
    marks: list[Mark]
    line: int = 0
    id: str | None = None
    split: str | None = None
    document: str | None = None
    bad: list[Bad] = field(default_factory=list)
    others: list[list[Mark]] = field(default_factory=list)
    path: str = ROOT


@dataclass(frozen=True)
class Form:
    """A format. patterns: of its files in a folder. drafts: reads one file, given by its name in the source.

    units: the units of offsets that its files may have, the usual one first. mentions: whether files give the texts of
    mentions, which show the unit. merge: whether several labels of one target in one text become the most frequent one
    (neutral for a tie). own_ids: whether the ids of a file are those of the records; if not, they begin with the stem
    of the file, because several files may use the same numbers.
    """

    patterns: tuple[str, ...]
    drafts: Callable[[ReadContext, str], Iterator[Draft | Reject]]
    units: tuple[Unit, ...] = (Unit(),)
    merge: bool = False
    own_ids: bool = True
    mentions: bool = True


def read_drafts(context: ReadContext, form: Form) -> Iterator[Record | Reject]:
    """The records of all files of a source, in order of file name and line."""
    converter = _Converter(context, form)
    for name, stem in files(context.source, *form.patterns):
        location, split, unit = context.source.location(name), split_from_path(name), converter.unit(name)
        ids = LineIds(stem)
        for draft in form.drafts(context, name):
            if isinstance(draft, Reject):
                yield draft
                continue
            own = draft.id if form.own_ids else f"{stem}-{draft.id}"
            id_ = ids(draft.line) if draft.id is None else str(own)
            try:
                record, bad = converter.record(draft, id_, split, unit)
            except Unfit as error:
                yield Reject(location, draft.line, in_path(draft.path, str(error)), id_)
                continue
            for reason, path in bad:
                yield Reject(location, draft.line, in_path(draft.path + path, reason), id_, "annotation")
            record.file, record.line = location, draft.line
            yield record
    context.remarks.extend(converter.agreement.remarks())


def draft_targets(context: ReadContext, form: Form) -> tuple[str, ...]:
    """The targets of all files, in order of first appearance."""
    silent, found = replace(context, notes=Counter()), dict[str, None]()
    for name, _ in files(context.source, *form.patterns):
        for draft in form.drafts(silent, name):
            if isinstance(draft, Draft):
                marks = (mark for marks in (draft.marks, *draft.others) for mark in _of_kind(marks, context.task.kind))
                found |= dict.fromkeys(mark.target for mark in marks if mark.target and is_encodable(mark.target))
    return tuple(found)


def drafts_builder(
    module: str,
    name: str,
    task: str | None,
    form: Form,
    *,
    tasks: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
    offsets: str = "characters",
    recognise: Callable[[Head], Guess | None] | None = None,
) -> Builder:
    """Return the builder of a form. module: the module that describes its files; the rest as in `Builder`."""
    return Builder(
        name,
        task,
        partial(read_drafts, form=form),
        discover=partial(draft_targets, form=form),
        tasks=tasks,
        options=options,
        offsets=offsets,
        recognise=recognise,
        module=module,
    )


def _of_kind(marks: list[Mark], kind: str) -> list[Mark]:
    """The marks that a label task uses, those with a label; or those that a mention task uses, without one."""
    return [mark for mark in marks if (mark.label is not None) == (kind == "label")]


class _Converter:
    """Converts drafts to records."""

    def __init__(self, context: ReadContext, form: Form) -> None:
        self._context, self._form, self._kind = context, form, context.schema.kind
        self._labels = Labels(context)
        self._rule = str(context.options.get("annotator", "majority"))
        self._neutral = {number: word for word, number in context.schema.number_of.items()}.get(0)
        self.agreement: LabelAgreement | MentionAgreement = (
            LabelAgreement(context.schema.targets, context.schema.placeholder)
            if self._kind == "label"
            else MentionAgreement()
        )

    def unit(self, name: str) -> Unit:
        """The unit of the offsets in a file: of those allowed, the one that fits the mentions."""
        requested = requested_units(self._context.options)
        allowed = tuple(unit for unit in self._form.units if unit in requested) or requested
        if len(allowed) == 1 or not self._form.mentions:
            return allowed[0]
        unit, fits = best_unit(allowed, self._given(name))
        if unit != allowed[0]:
            location = self._context.source.location(name)
            self._context.note(f"mentions in {location} whose text shows that its offsets are in {unit}", fits)
        return unit

    def _given(self, name: str) -> Iterator[Given]:
        silent = replace(self._context, notes=Counter())
        for draft in self._form.drafts(silent, name):
            if isinstance(draft, Draft):
                yield from (Given(draft.text, m.spans, m.mention) for m in draft.marks if m.mention and m.spans)

    def record(self, draft: Draft, id_: str, split: str | None, unit: Unit) -> tuple[Record, list[Bad]]:
        """The record of a draft, and its invalid annotations. Raises Unfit for an invalid draft."""
        if not draft.text.strip():
            raise Unfit("the text is empty")
        split = row_split(draft.split or "", split)
        marks = _of_kind(draft.marks, self._kind)
        if draft.others:
            lists = [self._comparable(given) for given in (draft.marks, *draft.others)]
            self.agreement.add(lists)
            marks = merged_marks(lists, self._rule)
        annotations: list[Annotation] = []
        bad = list(draft.bad)
        for mark in marks:
            try:
                annotation = self._annotation(mark, draft.text, unit)
            except (Unfit, ValueError) as error:
                reason = f"{short(mark.target)}: {error}" if mark.target not in str(error) else str(error)
                bad.append(Bad(reason, mark.path))
                continue
            if annotation is not None:
                annotations.append(annotation)
        if self._kind == "label":
            annotations = self._one_label_each(annotations)
        return Record(id_, draft.text, annotations, split, draft.document), bad

    def _comparable(self, marks: list[Mark]) -> list[Mark]:
        """The marks of one annotator that the task uses, with the labels of the schema where they name one."""
        used = _of_kind(marks, self._kind)
        return (
            used if self._kind == "mention" else [replace(m, label=self._labels.word(m.label) or m.label) for m in used]
        )

    def _annotation(self, mark: Mark, text: str, unit: Unit) -> Annotation | None:
        """The annotation of a mark; None for the placeholder. Raises Unfit or ValueError with the reason."""
        if not mark.target:
            raise Unfit("an annotation has no name")
        evidence = unit.to_characters(text, mark.evidence)
        origin = "annotated" if evidence else "none"
        if self._kind == "mention":
            spans = unit.to_characters(text, mark.spans)
            return Annotation(mark.target, None, mark.mention, spans, evidence, origin)
        label = self._labels.read(mark.label, mark.target)
        return None if label is None else Annotation(mark.target, label, evidence=evidence, origin=origin)

    def _one_label_each(self, annotations: list[Annotation]) -> list[Annotation]:
        """Annotations with one label per target where the format gives several; the evidence of all is kept."""
        groups: dict[str, list[Annotation]] = {}
        for annotation in annotations:
            groups.setdefault(annotation.target, []).append(annotation)
        if not self._form.merge or len(groups) == len(annotations):
            return annotations
        merged = []
        for target, group in groups.items():
            evidence = tuple(sorted({span for annotation in group for span in annotation.evidence}))
            label = self._majority([annotation.label or "" for annotation in group])
            merged.append(Annotation(target, label, evidence=evidence, origin="annotated" if evidence else "none"))
        return merged

    def _majority(self, labels: list[str]) -> str:
        counted = Counter(labels).most_common()
        if len(counted) == 1:
            return labels[0]
        tie = counted[0][1] == counted[1][1]
        self._context.note(TIE if tie and self._neutral else MAJORITY)
        return self._neutral if tie and self._neutral else counted[0][0]
