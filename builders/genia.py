"""The GENIA term corpus 3.02: nested named entities in MEDLINE abstracts.

    <article><articleinfo><bibliomisc>MEDLINE:1</bibliomisc></articleinfo>
    <title><sentence><cons sem="G#other_name"><cons sem="G#DNA_domain_or_region">XYZ gene</cons> expression</cons> in
    <cons sem="(AND G#cell_type G#cell_type)"><cons>B</cons> and <cons>T</cons> <cons>cells</cons></cons>
    </sentence></title>
    <abstract><sentence>...</sentence></abstract></article>

Rules
- The source is the XML, its archive, or a folder that holds either of them. Files train.txt, dev.txt and test.txt, with
  one document id a line, give the splits; a document in none of them has no split.
- A record is a sentence, also of titles. Its id is `<document>-<n>`, n counted from 0. The second occurrence of a
  document id gets `#2`: the corpus has one such id, with other content.
- The text is the sentence without tags; only white space at its edges is removed.
- `G#protein...`, `G#DNA...` and `G#RNA...` are folded to protein, DNA and RNA; other types keep their name without
  `G#`, and the core drops those that are not targets.
- Nested terms are kept, also inside dropped ones. A coordinated term (its type begins with a parenthesis) and its
  pieces, which have no type, are skipped and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sde_builders import looks
from sde_builders.files import archives, is_single
from sde_builders.xml_stream import Element, elements
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Annotation, Record, Reject, split_name

TARGETS = ("DNA", "RNA", "protein", "cell_type", "cell_line")
COORDINATED = "coordinated terms skipped"
PIECES = "pieces without a type skipped"

_FOLDED = ("protein", "DNA", "RNA")
_ID = re.compile(r"[A-Za-z]+:[0-9]+")


def _only(names: list[str], source: Source, what: str) -> str:
    """The only name, or the only name that begins with `genia`. Raises InputError for several."""
    genia = [name for name in names if name.rsplit("/", 1)[-1].lower().startswith("genia")]
    for some in (names, genia):
        if len(some) == 1:
            return some[0]
    raise InputError(source.label, f"holds {len(names)} {what} ({', '.join(names[:5])})", "Give the path of one.")


def _corpus(source: Source) -> tuple[Source, str]:
    """The source that holds the XML, which may be an archive inside `source`, and the name of the XML in it."""
    if is_single(source):
        return source, source.names()[0]
    if found := source.find("*.xml"):
        return source, _only(found, source, "XML files")
    packed = archives(source)
    if not packed:
        looked = "an XML file" if source.is_archive else "an XML file or its .tgz"
        raise InputError(source.label, f"does not hold {looked}", "Give the GENIAcorpus3.02.tgz or the XML in it.")
    inner = source.inside(_only(packed, source, "archives"))
    if not (found := inner.find("*.xml")):
        raise InputError(inner.label, "does not hold an XML file", "Give the GENIAcorpus3.02.tgz.")
    return inner, _only(found, inner, "XML files")


def _splits(source: Source) -> dict[str, str]:
    """Document id -> split, from the lists of ids in `source`."""
    splits: dict[str, str] = {}
    for name in source.find("*.txt"):
        split = split_name(name.rsplit("/", 1)[-1].rsplit(".", 1)[0])
        if split is None:
            continue
        for number, line in enumerate(source.lines(name), 1):
            location, document = f"{source.location(name)}:{number}", line.strip()
            if not document:
                continue
            if not _ID.fullmatch(document):
                raise InputError(
                    location,
                    f"{document[:40]!r} is not a document id",
                    "Write one id a line, such as MEDLINE:95369245.",
                )
            if splits.setdefault(document, split) != split:
                raise InputError(location, f"{document} is in the list {splits[document]} too", "Leave it in one list.")
    return splits


def _target(sem: str) -> str:
    """The type that `sem` names, folded by its prefix."""
    name = sem.removeprefix("G#")
    return next((folded for folded in _FOLDED if name.startswith(folded)), name)


def _terms(element: Element, at: int, pieces: list[str], terms: list[tuple[Element, int, int]]) -> int:
    """Append the text of `element`, which begins at `at`, to `pieces` and its terms to `terms`; return its end."""
    for child in element.children:
        if isinstance(child, str):
            pieces.append(child)
            at += len(child)
            continue
        slot = len(terms)
        end = _terms(child, at, pieces, terms)
        if child.tag == "cons":
            terms.insert(slot, (child, at, end))
        at = end
    return at


def _sentence(sentence: Element, context: ReadContext, record: Record) -> Iterator[Record | Reject]:
    """Fill in the text and the annotations of `record`, and yield its rejects and then the record."""
    pieces: list[str] = []
    terms: list[tuple[Element, int, int]] = []
    _terms(sentence, 0, pieces, terms)
    raw = "".join(pieces)
    record.text = raw.strip()
    shift = len(raw) - len(raw.lstrip())
    for term, start, end in terms:
        sem = term.attributes.get("sem", "").strip()
        if not sem or sem.startswith("("):
            context.note(COORDINATED if sem else PIECES)
            continue
        mention = raw[start:end].strip()
        if not mention:
            yield Reject(record.file, term.line, f"the term of type {sem} has no text", record.id, "annotation")
            continue
        start += len(raw[start:end]) - len(raw[start:end].lstrip()) - shift
        record.annotations.append(Annotation(_target(sem), mention=mention, spans=((start, start + len(mention)),)))
    yield record


def _article(
    article: Element, context: ReadContext, file: str, splits: dict[str, str], seen: Counter[str]
) -> Iterator[Record | Reject]:
    """The records of one article."""
    named = next(article.all("bibliomisc"), None)
    base = named.text().strip() if named else ""
    seen[base] += 1
    document = base if seen[base] == 1 else f"{base}#{seen[base]}"
    for n, sentence in enumerate(article.all("sentence")):
        if not base:
            yield Reject(file, sentence.line, f"the article at line {article.line} has no id (bibliomisc)")
            continue
        record = Record(f"{document}-{n}", "", [], splits.get(base), document, file, sentence.line)
        yield from _sentence(sentence, context, record)


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The sentences of the corpus, one article in memory at a time. Raises InputError for a broken file."""
    source, name = _corpus(context.source)
    splits = _splits(context.source)
    seen: Counter[str] = Counter()
    for article in elements(source, name, frozenset({"article"})):
        yield from _article(article, context, source.location(name), splits, seen)
    if not seen:
        raise InputError(source.location(name), "holds no <article>", "Give the XML of the GENIA term corpus 3.02.")


BUILDER = Builder("genia", "ner", read, {"": TARGETS}, bad_annotations="drop", recognise=looks.genia)
