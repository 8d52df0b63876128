"""MAMS-ACSA: restaurant sentences with at least two aspect categories of different sentiment.

    <sentences>
      <sentence><text>Cold soup, but what a view.</text>
        <aspectCategories><aspectCategory category="food" polarity="negative"/>
          <aspectCategory category="place" polarity="positive"/></aspectCategories></sentence>
    </sentences>

Rules
- The source is one file, or a folder or an archive: there the *.xml under a folder MAMS-ACSA, else those with train,
  val or test as a word of the stem that hold aspectCategories; others are skipped and counted.
- A file that holds aspectTerms only is the other half of the corpus (ATSA), which has no categories: it is refused.
- A record is a `<sentence>`, its id `<file stem>-<n>`, n counted from 1; the split is what the file's name says.
- positive, neutral and negative are the labels of the schema with the numbers 1, 0 and -1. A sentence with another
  polarity (conflict), without text or without `<aspectCategories>` is rejected whole.
- A category stays as it is written; the caller drops those that are not asked for. There is no evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from sde_builders.files import is_single, named_for_split, stems
from sde_builders.labels import labels_of_numbers
from sde_builders.xml_stream import Element, elements
from sde_datasets.builder import Builder, Job
from sde_datasets.errors import InputError
from sde_datasets.records import Annotation, Record, Reject, split_of_path
from sde_datasets.sources import Source

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
    return InputError(source.place(name), wrong, f"Take {FOLDER}/{PurePosixPath(name).name}, or the folder {FOLDER}.")


def _files(job: Job) -> list[str]:
    """The files to read. Raises InputError where there is none, or one that is ATSA where ACSA should be."""
    source, single = job.source, is_single(job.source)
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
        job.note(SKIPPED, len(without))
    return [name for name in chosen if name not in without]


def _annotations(sentence: Element, labels: dict[str, str]) -> list[Annotation]:
    """The labels of a sentence. Raises ValueError, in words, where it has none or one that is not known."""
    groups = list(sentence.all("aspectCategories"))
    if not groups:
        raise ValueError("the sentence has no <aspectCategories>, it is not labelled")
    annotations = []
    for category in (category for group in groups for category in group.all("aspectCategory")):
        target, polarity = (category.attributes.get(key, "").strip() for key in ("category", "polarity"))
        if not target:
            raise ValueError(f"the aspectCategory at line {category.line} has no category")
        if polarity not in labels:
            raise ValueError(f"unknown polarity {polarity[:40]!r} for {target[:40]!r}; known: {', '.join(labels)}")
        annotations.append(Annotation(target, labels[polarity]))
    return annotations


def _record(sentence: Element, labels: dict[str, str]) -> Record:
    """The record of a sentence. Raises ValueError, in words, for one that cannot be taken."""
    text = next(sentence.all("text"), None)
    if text is None or not text.text().strip():
        raise ValueError("the sentence has no text")
    return Record("", text.text(), _annotations(sentence, labels))


def read(job: Job) -> Iterator[Record | Reject]:
    """The sentences of all files. Raises InputError where a file is ATSA or no whole XML."""
    words = labels_of_numbers(job, "MAMS", POLARITIES.values())
    labels = {polarity: words[number] for polarity, number in POLARITIES.items()}
    for name, stem in stems(_files(job)):
        file, split, n = job.source.place(name), split_of_path(name), 0
        for n, sentence in enumerate(elements(job.source, name, frozenset({"sentence"})), 1):
            id_ = f"{stem}-{n}"
            try:
                record = _record(sentence, labels)
            except ValueError as error:
                yield Reject(file, sentence.line, str(error), id_)
            else:
                record.id, record.split, record.file, record.line = id_, split, file, sentence.line
                yield record
        if n == 0:
            raise InputError(file, "holds no <sentence>", f"Give a file of {FOLDER}.")


BUILDER = Builder("mams", "mabsa", read, TARGETS)
