r"""PubTator: titles and abstracts with mentions by offsets, as BC5CDR, NCBI Disease and BioRED come.

    227508|t|Naloxone reverses the effect of clonidine.
    227508|a|In rats, clonidine raised it.
    227508	0	8	Naloxone	Chemical	D009270
    227508	32	41	clonidine	Chemical	D003000
    227508	CID	D003000	D007022

Rules
- A record is a document: the title, a blank and the abstract, which is how offsets count. Its id is the PMID.
- Offsets count characters; if the mentions of a file show that it counts UTF-16 units or bytes, these are read.
- A line of fewer than five fields with another second field than a number is a relation: counted and left out.
- A mention of several types (`Disease|Chemical`) is one mention of each.
- An annotation of another document, and a line of another form, are rejected.
- Of a folder or archive, *.pubtator, *.PubTator.txt and *.txt are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sde_builders import looks
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.records.record import Reject

RELATIONS = "relations left out"
_PASSAGE = re.compile(r"([^|\t]{1,40})\|([ta])\|(.*)", re.DOTALL)


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The documents of one file. Raises InputError for a file without a title."""
    location, found = context.source.location(name), 0
    for first, lines in _documents(context, name):
        parts = [match for line in lines if (match := _PASSAGE.fullmatch(line))]
        if not parts:
            yield Reject(location, first, "the block has no title: PMID|t|title")
            continue
        found += 1
        yield _draft(context, first, lines, parts)
    if not found:
        raise InputError(location, "holds no document of PubTator (PMID|t|title)", "See sde-datasets corpora pubtator.")


def _documents(context: ReadContext, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the lines of each block; blank lines and a new title separate blocks."""
    block: list[str] = []
    first = 0
    for number, raw in enumerate(context.source.lines(name), 1):
        line = raw.rstrip("\r\n")
        if block and (not line.strip() or ((match := _PASSAGE.fullmatch(line)) and match[2] == "t")):
            yield first, block
            block = []
        if line.strip():
            first = first if block else number
            block.append(line)
    if block:
        yield first, block


def _draft(context: ReadContext, first: int, lines: list[str], parts: list[re.Match[str]]) -> Draft:
    pmid, text = parts[0][1], " ".join(part[3] for part in parts)
    marks: list[Mark] = []
    bad: list[Bad] = []
    for number, line in enumerate(lines, first):
        if _PASSAGE.fullmatch(line):
            continue
        fields = line.split("\t")
        if fields[0] != pmid or len(fields) < 3:
            bad.append(Bad(f"line {number} is not an annotation of {pmid}: {line[:60]!r}"))
        elif not fields[1].isdecimal():
            context.note(RELATIONS)
        elif len(fields) < 5 or not fields[2].isdecimal() or not fields[4].strip():
            bad.append(Bad(f"line {number} is not PMID, start, end, mention, type: {line[:60]!r}"))
        else:
            span = (int(fields[1]), int(fields[2]))
            marks += [Mark(kind.strip(), spans=(span,), mention=fields[3]) for kind in fields[4].split("|")]
    return Draft(text, marks, first, pmid, bad=bad)


FORM = Form(("*.pubtator", "*.txt"), drafts, UNITS)
BUILDER = drafts_builder(__name__, "pubtator", "ner", FORM, options=("offsets", "ends"), recognise=looks.pubtator)
