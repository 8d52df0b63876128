"""BioC, as XML or JSON: passages with annotations by offsets into the document.

    <collection><document><id>42</id>
      <passage><infon key="type">abstract</infon><offset>20</offset><text>In rats, clonidine raised it.</text>
        <annotation id="1"><infon key="type">Chemical</infon><location offset="29" length="9"/><text>clonidine</text>
        </annotation></passage></document></collection>

    {"documents": [{"id": "42", "passages": [{"offset": 20, "text": "In rats, clonidine raised it.", "annotations": [
      {"id": "1", "infons": {"type": "Chemical"}, "text": "clonidine", "locations": [{"offset": 29, "length": 9}]}]}]}]}

Rules
- A record is a passage, or each of its sentences if it has them: `<document>-<number>`. The offset of the passage is
  subtracted from those of its annotations. The document is the id.
- The target is the infon `type`; option `infon` names another. Several locations are one discontinuous mention.
- Offsets are in the unit that the texts of the mentions show: characters, UTF-16 units or bytes.
- An annotation that reaches out of its passage is rejected. Relations are left out. A passage without text is counted.
- Of a folder or archive, *.xml and *.json are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sde_builders import looks
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.json_values import ROOT, Found, in_path, objects
from sde_builders.labels import Unfit, wrong
from sde_builders.span_values import span_of
from sde_builders.xml_stream import Element, elements
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.ingest.source_files import plain_name
from sde_datasets.records.record import Reject

EMPTY = "passages without text left out"


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The passages of one file. Raises InputError for a file without a document."""
    location, found = context.source.location(name), 0
    is_xml = plain_name(name).lower().endswith(".xml")
    for line, document, path in _of_xml(context, name) if is_xml else _of_json(context, name):
        if isinstance(document, Reject):
            yield document
            continue
        found += 1
        yield from _document(context, document, line, "" if is_xml else path)
    if not found:
        raise InputError(location, "holds no document of BioC", "See sde-datasets corpora bioc.")


def _document(context: ReadContext, document: dict[str, Any], line: int, path: str) -> Iterator[Draft]:
    """Yield the drafts of a document in the form of BioC JSON. path: its JSON path; empty in XML."""
    id_, number = str(document.get("id", line)), 0
    infon = str(context.options.get("infon", "type"))
    for place, part in _parts(document):
        text = part.get("text")
        if not isinstance(text, str) or not text.strip():
            context.note(EMPTY)
            continue
        number += 1
        marks: list[Mark] = []
        bad: list[Bad] = []
        for at, annotation in enumerate(part.get("annotations", [])):
            inner = f"{place}.annotations[{at}]" if path else ""
            try:
                marks.append(replace(_mark(annotation, part.get("offset", 0), infon), path=inner))
            except Unfit as error:
                bad.append(Bad(str(error), inner))
        yield Draft(text, marks, line, f"{id_}-{number}", document=id_, bad=bad, path=path or ROOT)


def _parts(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sentences of a document, or its passages where they have none, with their paths in it."""
    for i, passage in enumerate(document.get("passages", [])):
        sentences = passage.get("sentences")
        if not sentences:
            yield f".passages[{i}]", passage
        for j, sentence in enumerate(sentences or []):
            yield f".passages[{i}].sentences[{j}]", sentence


def _mark(annotation: dict[str, Any], begin: Any, infon: str) -> Mark:
    """The mark of an annotation. Raises Unfit for one without a type or without locations in its passage."""
    infons, locations, text = annotation.get("infons", {}), annotation.get("locations"), annotation.get("text")
    if not isinstance(infons.get(infon), str) or not infons[infon]:
        raise wrong(f"infon {infon!r}", "the name of a type", infons.get(infon))
    if not isinstance(locations, list) or not locations:
        raise wrong("locations", "a list of offset and length", locations)
    spans = []
    for location in locations:
        offset, length = span_of(location.get("offset"), location.get("length"), "offset, length")
        start = offset - span_of(begin, 0, "the offset of the passage")[0]
        if start < 0:
            raise Unfit(f"the offset {offset} lies before its passage, which begins at {begin}")
        spans.append((start, start + length))
    return Mark(infons[infon], spans=tuple(sorted(spans)), mention=text if isinstance(text, str) and text else None)


def _of_json(context: ReadContext, name: str) -> Iterator[Found]:
    """Yield the documents of a collection, of several, or of JSON lines with one document each."""
    for found in objects(context, name):
        line, row, path = found
        if isinstance(row, dict) and isinstance(row.get("documents"), list):
            for number, document in enumerate(row["documents"]):
                if isinstance(document, dict):
                    yield Found(line, document, f"{path}.documents[{number}]")
        elif isinstance(row, Reject) or isinstance(row.get("passages"), list):
            yield found
        else:
            why = in_path(path, "is not a document of BioC: there are no passages")
            yield found._replace(value=Reject(context.source.location(name), line, why))


def _of_xml(context: ReadContext, name: str) -> Iterator[Found]:
    """Yield the documents of an XML file in the form of BioC JSON."""
    for element in elements(context.source, name, frozenset({"document"})):
        passages = [_passage(child) for child in element.children if _is(child, "passage")]
        yield Found(element.line, {"id": _text(element, "id"), "passages": passages})


def _passage(element: Element) -> dict[str, Any]:
    sentences = [_passage(child) for child in element.children if _is(child, "sentence")]
    annotations = [_annotation(child) for child in element.children if _is(child, "annotation")]
    offset, text = _text(element, "offset") or "0", _text(element, "text")
    return {"offset": offset.strip(), "text": text, "annotations": annotations, "sentences": sentences}


def _annotation(element: Element) -> dict[str, Any]:
    infons = {child.attributes.get("key", ""): child.text() for child in element.all("infon")}
    locations = [child.attributes for child in element.all("location")]
    return {"infons": infons, "locations": locations, "text": _text(element, "text")}


def _is(child: str | Element, tag: str) -> bool:
    return not isinstance(child, str) and child.tag == tag


def _text(element: Element, tag: str) -> str | None:
    found = next((c for c in element.children if not isinstance(c, str) and c.tag == tag), None)
    return None if found is None else found.text()


FORM = Form(("*.xml", "*.json"), drafts, UNITS)
BUILDER = drafts_builder(__name__, "bioc", "ner", FORM, options=("infon", "offsets", "ends"), recognise=looks.bioc)
