"""CASIE: cybersecurity events in news, a JSON document each, offsets in characters of the document.

    {"sourcefile": "10001.txt", "content": "Hackers stole data from Acme.",
     "cyberevent": {"hopper": [{"index": "h1", "events": [{"index": "E1", "type": "Attack", "subtype": "Databreach",
       "nugget": {"startOffset": 8, "endOffset": 13, "text": "stole"}, "argument": []}]}]}}

Rules
- A record is a sentence of the document (`sentences.py` splits it, no nugget is cut): `<file stem>-<number>`; the
  document is the file. The text is `content`, else the file that `sourcefile` names, which must be in the source.
- A trigger is the nugget of every event of every hopper; its target is the subtype, else the type.
- The unit of offsets follows from the texts of the nuggets. Arguments and coreference are not used.
- A document without `cyberevent` is rejected; `cyberevent` null or without events mentions nothing.
- Of a folder or archive, *.json are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sde_builders import looks
from sde_builders.document_sentences import by_sentence
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.json_drafts import drafts_of_objects
from sde_builders.labels import Unfit, wrong
from sde_builders.span_values import span_of
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.ingest.source_files import plain_name
from sde_datasets.records.record import Reject


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The sentences of the documents in one file."""
    stem = plain_name(name).rsplit("/", 1)[-1].rsplit(".", 1)[0]

    def convert(row: dict[str, Any], line: int) -> Iterator[Draft]:
        return by_sentence(_document(context, row, name, line, stem), UNITS)

    return drafts_of_objects(context, name, convert, lambda row, line: stem)


def _document(context: ReadContext, row: dict[str, Any], name: str, line: int, stem: str) -> Draft:
    if "cyberevent" not in row:
        raise Unfit("unlabelled: cyberevent is missing")
    text = row.get("content")
    if not isinstance(text, str):
        path = f"{name.rpartition('/')[0]}/{row.get('sourcefile')}".lstrip("/")
        if path not in context.source.names():
            raise Unfit(f"there is no content, and the source holds no file {path!r}")
        text = context.source.text(path)
    marks: list[Mark] = []
    bad: list[Bad] = []
    for i, hopper in enumerate((row["cyberevent"] or {}).get("hopper", [])):
        for j, event in enumerate(hopper.get("events", [])):
            path = f".cyberevent.hopper[{i}].events[{j}]"
            try:
                marks.append(replace(_mark(event), path=path))
            except Unfit as error:
                bad.append(Bad(str(error), path))
    return Draft(text, marks, line, stem, document=stem, bad=bad)


def _mark(event: dict[str, Any]) -> Mark:
    kind, nugget = event.get("subtype") or event.get("type"), event.get("nugget")
    if not isinstance(kind, str) or not isinstance(nugget, dict):
        raise wrong("an event", "an object with a subtype and a nugget", event)
    span = span_of(nugget.get("startOffset"), nugget.get("endOffset"), "startOffset, endOffset")
    text = nugget.get("text")
    return Mark(kind, spans=(span,), mention=text if isinstance(text, str) and text else None)


# the unit of the offsets of a document is found out before it is split, so its sentences count characters
FORM = Form(("*.json", "*.jsonl"), drafts)
BUILDER = drafts_builder(__name__, "casie", "ed", FORM, recognise=looks.casie)
