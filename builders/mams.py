"""MAMS-ACSA: restaurant sentences with at least two aspect categories of different sentiment.

    <sentences>
      <sentence><text>Cold soup, but what a view.</text>
        <aspectCategories><aspectCategory category="food" polarity="negative"/>
          <aspectCategory category="place" polarity="positive"/></aspectCategories></sentence>
    </sentences>

Rules
- The source is one file, or a folder or an archive. Of these, the *.xml under a folder MAMS-ACSA are read, else those
  with train, val or test as a word of the stem that hold aspectCategories; others are skipped and counted.
- A file that holds aspectTerms only is the other half of the corpus (ATSA), which has no categories: it is refused.
- A record is a `<sentence>`, its id `<file stem>-<n>`, n counted from 1; the split is that in the name of the file.
- positive, neutral and negative are the labels of the schema with the numbers 1, 0 and -1. A sentence with another
  polarity (conflict), without text or without `<aspectCategories>` is rejected.
- A category is not changed; the core drops those that are not targets. There is no evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from sde_builders import looks
from sde_builders.files import is_single, named_for_split, stems
from sde_builders.labels import labels_by_number
from sde_builders.xml_stream import Element, elements
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Annotation, Record, Reject, split_from_path

FOLDER = "MAMS-ACSA"
SKIPPED = "files without aspectCategories skipped"
POLARITIES = {"positive": 1, "neutral": 0, "negative": -1}
TARGETS = {
    "": ("food", "staff", "miscellaneous", "place", "service", "menu", "ambience", "price"),
    "d1": ("food", "staff", "price", "menu"),
    "d2": ("place", "ambience", "service", "miscellaneous"),
}


def _holds(source: Source, name: str, tag: str) -> bool:
    return next(elements(source, name, frozenset({tag})), None) is not None


def _atsa(source: Source, name: str) -> InputError:
    wrong = "is MAMS-ATSA (aspectTerms), which has no aspect categories"
    return InputError(
        source.location(name), wrong, f"Take {FOLDER}/{PurePosixPath(name).name}, or the folder {FOLDER}."
    )


def _files(context: ReadContext) -> list[str]:
    """The files to read. Raises InputError if there is none, or if one is ATSA."""
    source, single = context.source, is_single(context.source)
    names = source.names() if single else source.find("*.xml")
    under = [name for name in names if FOLDER.casefold() in name.casefold().split("/")[:-1]]
    chosen = names if single else under or named_for_split(names)
    without = [name for name in chosen if not _holds(source, name, "aspectCategories")]
    terms = [name for name in without if _holds(source, name, "aspectTerms")]
    if terms and (single or under or len(without) == len(chosen)):
        raise _atsa(source, terms[0])
    if single or under:
        return chosen
    if len(without) == len(chosen):
        looked = f"Looked for *.xml with aspectCategories under {FOLDER}, else with train, val or test in the name."
        raise InputError(source.label, "holds no file of MAMS-ACSA", looked)
    if without:
        context.note(SKIPPED, len(without))
    return [name for name in chosen if name not in without]


def _annotations(sentence: Element, labels: dict[str, str]) -> tuple[list[Annotation], list[str]]:
    """The labels of a sentence, and messages about unknown ones. Raises ValueError if it is not labelled."""
    groups = list(sentence.all("aspectCategories"))
    if not groups:
        raise ValueError("the sentence has no <aspectCategories>, it is not labelled")
    annotations, bad = [], []
    for category in (category for group in groups for category in group.all("aspectCategory")):
        target, polarity = (category.attributes.get(key, "").strip() for key in ("category", "polarity"))
        if not target:
            bad.append(f"the aspectCategory at line {category.line} has no category")
        elif polarity not in labels:
            bad.append(f"unknown polarity {polarity[:40]!r} for {target[:40]!r}; known: {', '.join(labels)}")
        else:
            annotations.append(Annotation(target, labels[polarity]))
    return annotations, bad


def _record(sentence: Element, labels: dict[str, str]) -> tuple[Record, list[str]]:
    """The record of a sentence, and messages about its unknown labels. Raises ValueError for an invalid one."""
    text = next(sentence.all("text"), None)
    if text is None or not text.text().strip():
        raise ValueError("the sentence has no text")
    annotations, bad = _annotations(sentence, labels)
    return Record("", text.text(), annotations), bad


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The sentences of all files. Raises InputError for a file that is ATSA or broken XML."""
    words = labels_by_number(context, "MAMS", POLARITIES.values())
    labels = {polarity: words[number] for polarity, number in POLARITIES.items()}
    for name, stem in stems(_files(context)):
        file, split, n = context.source.location(name), split_from_path(name), 0
        for n, sentence in enumerate(elements(context.source, name, frozenset({"sentence"})), 1):
            id_ = f"{stem}-{n}"
            try:
                record, bad = _record(sentence, labels)
            except ValueError as error:
                yield Reject(file, sentence.line, str(error), id_)
            else:
                yield from (Reject(file, sentence.line, reason, id_, "annotation") for reason in bad)
                record.id, record.split, record.file, record.line = id_, split, file, sentence.line
                yield record
        if n == 0:
            raise InputError(file, "holds no <sentence>", f"Give a file of {FOLDER}.")


BUILDER = Builder("mams", "mabsa", read, TARGETS, recognise=looks.mams)
