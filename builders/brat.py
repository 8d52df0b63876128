r"""Any corpus in brat standoff, such as NEREL: documents as pairs of a .txt (text) and a .ann (annotations).

    news_1.txt  Anna Bo works for the North and South Banks.
    news_1.ann  T1<TAB>PERSON 0 7<TAB>Anna Bo
                T2<TAB>BANK 22 27;38 43<TAB>North Banks
                R1<TAB>WORKS_FOR Arg1:T1 Arg2:T2

Rules
- The source is a folder or an archive of pairs, in any folders; or a folder without .ann that holds one such archive.
- Offsets count code points of the unchanged .txt, with its line ends, and have exclusive ends, unless the plan says
  otherwise (`offsets`, `ends`). A byte order mark counts or not, whichever fits more entities of the document. If the
  texts of a document's entities show that its offsets are in another unit, that unit is used and counted.
- For `ner`, T lines are entities, including the triggers of events. For `ed`, the types that E lines name are the
  targets, and T lines of other types are not among them. Other lines (N R E A M # *) are only counted.
- A broken line, and an entity whose offsets or text do not fit the .txt, is rejected alone, or with all sentences of
  its document (`bad_annotations = "reject record"`). White space is compared loosely, because brat writes line ends as
  blanks; the mention is the text of the .txt. An entity found one or two characters away from its offset is
  re-anchored and counted. Pieces that are not in the order of the text are sorted and counted.
- A .txt without .ann is not annotated and is rejected, and so are a .ann without .txt and a document without text.
- A record is a sentence, split by `sentences.py`, never between the first and the last character of an entity.
- Its id is `<document>-<n>`, n counted from 1; the document is the stem of the file, or its path where stems repeat.
- The split is the one that the path names (train/news_1.txt). Nested, crossing and discontinuous entities are kept.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import NamedTuple

from sde_builders import looks
from sde_builders.files import archives, is_single
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.ingest.mentions import RE_ANCHORED, re_anchored
from sde_datasets.ingest.offsets import Given, Unit, best_unit, requested_unit, requested_units
from sde_datasets.ingest.sentences import sentences
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Annotation, Record, Reject, Span, split_from_path, surface

OTHER = "lines that are not entities"
ORDERED = "entities whose pieces were sorted in the order of the text"
# the task whose targets are the types that E lines name
EVENTS = "ed"

_ENTITY = re.compile(r"T\S*\t(\S+) ([0-9]{1,9} [0-9]{1,9}(?:;[0-9]{1,9} [0-9]{1,9})*)\t(.*)")
_OTHER = re.compile(r"[NREAM#*]\S*\t")
_EVENT = re.compile(r"^E\S*\t([^\s:]+):", re.MULTILINE)


class Entity(NamedTuple):
    """A T line: its line in the .ann, the type, the pieces, and the text that the line gives."""

    line: int
    type: str
    spans: tuple[Span, ...]
    given: str


def _corpus(source: Source) -> Source:
    """The source that holds the pairs, which may be an archive inside `source`."""
    hint = "Give a folder or an archive of pairs of .txt and .ann."
    if is_single(source):
        raise InputError(source.label, "is one file", hint)
    if source.find("*.ann"):
        return source
    packed = archives(source)
    if len(packed) > 1:
        raise InputError(source.label, f"holds {len(packed)} archives ({', '.join(packed[:5])})", "Give one.")
    if packed and (inner := source.inside(packed[0])).find("*.ann"):
        return inner
    raise InputError(source.label, "holds no .ann", hint)


def _pairs(source: Source) -> Iterator[tuple[str, str, str]]:
    """The documents, each with the names of its .txt and its .ann (empty for a missing one), in order of path."""
    texts = {name[:-4]: name for name in source.find("*.txt")}
    notes = {name[:-4]: name for name in source.find("*.ann")}
    paths = sorted({*texts, *notes})
    stems = Counter(PurePosixPath(path).name for path in paths)
    for path in paths:
        stem = PurePosixPath(path).name
        yield stem if stems[stem] == 1 else path, texts.get(path, ""), notes.get(path, "")


def _entities(source: Source, name: str, context: ReadContext) -> Iterator[Entity | Reject]:
    """Yield the T lines of a .ann, and a Reject for each broken line. Other lines are counted."""
    for number, raw in enumerate(source.text(name).split("\n"), 1):
        line = raw.rstrip("\r")
        if match := _ENTITY.fullmatch(line):
            offsets = (piece.split(" ") for piece in match[2].split(";"))
            yield Entity(number, match[1], tuple((int(start), int(end)) for start, end in offsets), match[3])
        elif _OTHER.match(line):
            context.note(f"{OTHER}: {line[0]}")
        elif line.strip():
            wrong = f"the line {line[:60]!r} is broken; an entity is T1<TAB>TYPE start end;start end<TAB>text"
            yield Reject(source.location(name), number, wrong, what="annotation")


def discover(context: ReadContext) -> tuple[str, ...]:
    """The types of all entities, or for `ed` of all events, most frequent first, then in alphabetical order.

    Raises UsageError for a label task, InputError for `ed` if there is no event.
    """
    _check_task(context)
    source, quiet = _corpus(context.source), ReadContext()
    names = [note for _, text, note in _pairs(source) if text and note]
    if context.task.name == EVENTS:
        found = Counter(match[1] for name in names for match in _EVENT.finditer(source.text(name)))
        if not found:
            raise InputError(source.label, "has no event (E line), only entities", "Read it with --task ner.")
    else:
        found = Counter(e.type for name in names for e in _entities(source, name, quiet) if isinstance(e, Entity))
    return tuple(sorted(found, key=lambda type_: (-found[type_], type_)))


def _check_task(context: ReadContext) -> None:
    if context.task.kind == "label":
        raise UsageError(
            f"brat holds mentions, and {context.task.name!r} is a label task. Its tasks are ner, and ed for events."
        )


def _wrong(entity: Entity, text: str) -> str | None:
    """The reason why an entity does not fit its text, or None."""
    before, ordered = 0, sorted(entity.spans)
    for start, end in ordered:
        if not 0 <= start < end <= len(text):
            return f"the offsets {start} {end} are empty or outside the text of {len(text)} characters"
        if start < before:
            return f"the pieces overlap at {start} {end}"
        before = end
    given, there = entity.given.split(), surface(text, entity.spans)
    if given not in (there.split(), surface(text, ordered).split()):
        return f"the text at the offsets is {there[:60]!r}, and the line says {entity.given[:60]!r}"
    return None if given else "the entity is blank"


def _in_order(entity: Entity, context: ReadContext) -> Entity:
    ordered = tuple(sorted(entity.spans))
    if ordered != entity.spans:
        context.note(ORDERED)
    return entity._replace(spans=ordered)


def _marked(source: Source, name: str) -> bool:
    with source.open(name) as stream:
        return stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _placed(source: Source, name: str, text: str, entities: list[Entity]) -> list[Entity]:
    """The entities, moved by one if their offsets count the byte order mark of the text."""
    if not _marked(source, name):
        return entities
    moved = [e._replace(spans=tuple((start - 1, end - 1) for start, end in e.spans)) for e in entities]
    return max((moved, entities), key=lambda some: sum(_wrong(entity, text) is None for entity in some))


def _in_characters(entities: list[Entity], text: str, context: ReadContext) -> list[Entity]:
    """The entities with offsets in characters, from the unit of the plan or the unit that fits the document."""
    unit, _ = best_unit(requested_units(context.options), (Given(text, e.spans, e.given) for e in entities))
    if unit == Unit():
        return entities
    if unit != requested_unit(context.options):
        context.note(f"documents whose entities show that their offsets are in {unit}")
    converted = []
    for entity in entities:
        # an offset that is invalid in the unit is unchanged and does not fit the text
        with suppress(ValueError):
            entity = entity._replace(spans=unit.to_characters(text, entity.spans))
        converted.append(entity)
    return converted


def _near(entity: Entity, text: str, context: ReadContext) -> Entity:
    """The entity moved to its text, if that is one or two characters away from its offset."""
    moved = re_anchored(text, tuple(sorted(entity.spans)), entity.given) if _wrong(entity, text) else None
    if moved is None:
        return entity
    context.note(RE_ANCHORED)
    return entity._replace(spans=moved)


def _records(document: str, text: str, entities: list[Entity], file: str, split: str | None) -> Iterator[Record]:
    """Yield the sentences of a document that are not blank, trimmed, with the entities in them."""
    entities = sorted(entities, key=lambda entity: entity.spans)
    stretches = sentences(text, [(e.spans[0][0], e.spans[-1][1]) for e in entities])
    starts = [start for start, _ in stretches]
    inside: list[list[Entity]] = [[] for _ in stretches]
    for entity in entities:
        inside[bisect_right(starts, entity.spans[0][0]) - 1].append(entity)
    n, line, counted = 0, 1, 0
    for (start, end), sentence_entities in zip(stretches, inside, strict=True):
        if not (stripped := text[start:end].strip()):
            continue
        # an entity may begin or end with a blank, which then stays
        first = start + text[start:end].index(stripped)
        last = max([first + len(stripped), *(e.spans[-1][1] for e in sentence_entities)])
        first = min([first, *(e.spans[0][0] for e in sentence_entities)])
        n, line, counted = n + 1, line + text.count("\n", counted, first), first
        annotations = [_annotation(entity, text, first) for entity in sentence_entities]
        yield Record(f"{document}-{n}", text[first:last], annotations, split, document, file, line)


def _annotation(entity: Entity, text: str, first: int) -> Annotation:
    spans = tuple((start - first, end - first) for start, end in entity.spans)
    return Annotation(entity.type, mention=surface(text, entity.spans), spans=spans)


def _document(
    source: Source, context: ReadContext, document: str, text_name: str, note_name: str
) -> Iterator[Record | Reject]:
    """Yield the rejects and the sentences of one pair of files."""
    text, location = source.text(text_name), source.location(note_name)
    entities, taken = [], []
    for item in _entities(source, note_name, context):
        if isinstance(item, Entity):
            entities.append(item)
        else:
            yield item._replace(id=document)
    for entity in _in_characters(_placed(source, text_name, text, entities), text, context):
        entity = _near(entity, text, context)
        if wrong := _wrong(entity, text):
            yield Reject(location, entity.line, wrong, document, "annotation")
        else:
            taken.append(_in_order(entity, context))
    if not text.strip():
        yield Reject(source.location(text_name), 1, "the document has no text", document)
    yield from _records(document, text, taken, source.location(text_name), split_from_path(text_name))


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The sentences of all documents, one in memory at a time. Raises InputError for a source without pairs."""
    _check_task(context)
    source = _corpus(context.source)
    for document, text, note in _pairs(source):
        if not text:
            yield Reject(source.location(note), 1, "the .ann has no .txt", document)
        elif not note:
            yield Reject(source.location(text), 1, "the .txt has no .ann: it is not annotated", document)
        else:
            yield from _document(source, context, document, text, note)


BUILDER = Builder(
    "brat",
    "ner",
    read,
    discover=discover,
    options=("offsets", "ends"),
    tasks=(EVENTS,),
    bad_annotations="drop",
    recognise=looks.brat,
)
