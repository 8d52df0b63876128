r"""Any corpus in brat standoff, such as NEREL: documents as pairs of a .txt (text) and a .ann (annotations).

    news_1.txt  Anna Bo works for the North and South Banks.
    news_1.ann  T1<TAB>PERSON 0 7<TAB>Anna Bo
                T2<TAB>BANK 22 27;38 43<TAB>North Banks
                R1<TAB>WORKS_FOR Arg1:T1 Arg2:T2

Rules
- The source is a folder or an archive of pairs, in any folders; or a folder without .ann that holds one such archive.
- Offsets count code points of the .txt as it is, ends of line too, ends exclusive. A byte order mark counts or not,
  whichever fits more of the document's entities.
- T lines are entities, triggers of events among them. Relations and all other lines (N R E A M # *) are counted only.
- A line that is broken, and an entity whose offsets or whose text do not fit the .txt, is rejected alone. White space
  is compared loosely, since brat writes ends of line as blanks; the mention is what stands in the .txt. Pieces that the
  line gives in another order are put in that of the text and counted.
- A .txt without .ann is not annotated and rejected, and so are a .ann without .txt and a document without text.
- A record is a sentence, cut as `sentences.py` says, never between the first and the last character of an entity.
- Its id is `<document>-<n>`, n counted from 1; the document is the stem of the file, or its path where stems repeat.
- The split is what the path says (train/news_1.txt). Nested, crossing and discontinuous entities are kept.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from sde_builders.files import archives, is_single
from sde_builders.sentences import sentences
from sde_datasets.builder import Builder, Job
from sde_datasets.errors import InputError
from sde_datasets.records import Annotation, Record, Reject, Span, split_of_path, surface
from sde_datasets.sources import Source

OTHER = "lines that are no entities"
ORDERED = "entities whose pieces were put in the order of the text"

_ENTITY = re.compile(r"T\S*\t(\S+) ([0-9]{1,9} [0-9]{1,9}(?:;[0-9]{1,9} [0-9]{1,9})*)\t(.*)")
_OTHER = re.compile(r"[NREAM#*]\S*\t")


class Entity(NamedTuple):
    """A T line: the line of the .ann, the type, its pieces, and the surface that the line gives."""

    line: int
    type: str
    spans: tuple[Span, ...]
    given: str


def _corpus(source: Source) -> Source:
    """The source that holds the pairs, which may be an archive inside of `source`."""
    cure = "Give a folder or an archive of pairs of .txt and .ann."
    if is_single(source):
        raise InputError(source.label, "is one file", cure)
    if source.find("*.ann"):
        return source
    packed = archives(source)
    if len(packed) > 1:
        raise InputError(source.label, f"holds {len(packed)} archives ({', '.join(packed[:5])})", "Give one.")
    if packed and (inner := source.inside(packed[0])).find("*.ann"):
        return inner
    raise InputError(source.label, "holds no .ann", cure)


def _pairs(source: Source) -> Iterator[tuple[str, str | None, str | None]]:
    """The documents, each with the names of its .txt and its .ann, in order of path."""
    texts = {name[:-4]: name for name in source.find("*.txt")}
    notes = {name[:-4]: name for name in source.find("*.ann")}
    paths = sorted({*texts, *notes})
    stems = Counter(PurePosixPath(path).name for path in paths)
    for path in paths:
        stem = PurePosixPath(path).name
        yield stem if stems[stem] == 1 else path, texts.get(path), notes.get(path)


def _entities(source: Source, name: str, job: Job) -> Iterator[Entity | Reject]:
    """The T lines of a .ann; a Reject for each line that is broken. Others are counted."""
    for number, raw in enumerate(source.text(name).split("\n"), 1):
        line = raw.rstrip("\r")
        if match := _ENTITY.fullmatch(line):
            offsets = (piece.split(" ") for piece in match[2].split(";"))
            yield Entity(number, match[1], tuple((int(start), int(end)) for start, end in offsets), match[3])
        elif _OTHER.match(line):
            job.note(f"{OTHER}: {line[0]}")
        elif line.strip():
            wrong = f"the line {line[:60]!r} is broken; an entity is T1<TAB>TYPE start end;start end<TAB>text"
            yield Reject(source.place(name), number, wrong, what="annotation")


def discover(job: Job) -> tuple[str, ...]:
    """The types of all entities, most frequent first, then in alphabetical order."""
    source, quiet = _corpus(job.source), Job(None)
    names = [note for _, text, note in _pairs(source) if text and note]
    found = Counter(e.type for name in names for e in _entities(source, name, quiet) if isinstance(e, Entity))
    return tuple(sorted(found, key=lambda type_: (-found[type_], type_)))


def _wrong(entity: Entity, text: str) -> str | None:
    """What makes an entity unfit for its text, in words, or None."""
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


def _in_order(entity: Entity, job: Job) -> Entity:
    ordered = tuple(sorted(entity.spans))
    if ordered != entity.spans:
        job.note(ORDERED)
    return entity._replace(spans=ordered)


def _marked(source: Source, name: str) -> bool:
    with source.open(name) as stream:
        return stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def _placed(source: Source, name: str, text: str, entities: list[Entity]) -> list[Entity]:
    """The entities, moved where the text began with a byte order mark that their offsets count."""
    if not _marked(source, name):
        return entities
    moved = [e._replace(spans=tuple((start - 1, end - 1) for start, end in e.spans)) for e in entities]
    return max((moved, entities), key=lambda some: sum(_wrong(entity, text) is None for entity in some))


def _records(document: str, text: str, entities: list[Entity], file: str, split: str | None) -> Iterator[Record]:
    """The sentences of a document that are not blank, trimmed, with the entities in them."""
    entities = sorted(entities, key=lambda entity: entity.spans)
    stretches = sentences(text, [(e.spans[0][0], e.spans[-1][1]) for e in entities])
    starts = [start for start, _ in stretches]
    inside: list[list[Entity]] = [[] for _ in stretches]
    for entity in entities:
        inside[bisect_right(starts, entity.spans[0][0]) - 1].append(entity)
    n, line, counted = 0, 1, 0
    for (start, end), here in zip(stretches, inside, strict=True):
        if not (stripped := text[start:end].strip()):
            continue
        # an entity may begin or end with a blank, which then stays
        first = start + text[start:end].index(stripped)
        last = max([first + len(stripped), *(e.spans[-1][1] for e in here)])
        first = min([first, *(e.spans[0][0] for e in here)])
        n, line, counted = n + 1, line + text.count("\n", counted, first), first
        annotations = [_annotation(entity, text, first) for entity in here]
        yield Record(f"{document}-{n}", text[first:last], annotations, split, document, file, line)


def _annotation(entity: Entity, text: str, first: int) -> Annotation:
    spans = tuple((start - first, end - first) for start, end in entity.spans)
    return Annotation(entity.type, mention=surface(text, entity.spans), spans=spans)


def _document(source: Source, job: Job, document: str, text_name: str, note_name: str) -> Iterator[Record | Reject]:
    """What one pair gives: the broken annotations, then the sentences."""
    text, place = source.text(text_name), source.place(note_name)
    entities, taken = [], []
    for item in _entities(source, note_name, job):
        if isinstance(item, Entity):
            entities.append(item)
        else:
            yield item._replace(id=document)
    for entity in _placed(source, text_name, text, entities):
        if wrong := _wrong(entity, text):
            yield Reject(place, entity.line, wrong, document, "annotation")
        else:
            taken.append(_in_order(entity, job))
    if not text.strip():
        yield Reject(source.place(text_name), 1, "the document has no text", document)
    yield from _records(document, text, taken, source.place(text_name), split_of_path(text_name))


def read(job: Job) -> Iterator[Record | Reject]:
    """The sentences of all documents, one document in memory at a time. Raises InputError where there are no pairs."""
    source = _corpus(job.source)
    for document, text, note in _pairs(source):
        if text is None:
            yield Reject(source.place(note), 1, "the .ann has no .txt beside it", document)
        elif note is None:
            yield Reject(source.place(text), 1, "the .txt has no .ann beside it, it is not annotated", document)
        else:
            yield from _document(source, job, document, text, note)


BUILDER = Builder("brat", "ner", read, discover=discover)
