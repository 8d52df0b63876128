"""Restaurant-ACOS and Laptop-ACOS: sentiment quadruples, read as one sentiment for each aspect category.

    the soup was cold but the waiter smiled .<TAB>1,2 FOOD#QUALITY 0 3,4<TAB>6,7 SERVICE#GENERAL 2 7,8
    never again !<TAB>-1,-1 RESTAURANT#GENERAL 0 -1,-1

A line is a text of tokens and then quadruples: aspect span, category, sentiment (0 negative, 1 neutral, 2 positive) and
opinion span. Spans count tokens, ends exclusive; -1,-1 is an implicit one.

Rules
- The source is one file, or a folder or archive of *.tsv files with train, dev or test as a word of their names. The
  domain of a file is given by a name that begins with `rest` or `laptop`, else by the first known category in it.
- The default view is restaurant, the subset `laptop` is laptop. Files of the other domain are counted, not read.
- A record is a line, its id `<domain>-<split>-<line>` (`all` if the name of the file gives no split). The text is not
  changed: it is tokenised.
- A target is a category in lower case, with spaces: FOOD#STYLE_OPTIONS is `food style options`.
- The quadruples of one category are merged: the most frequent sentiment, neutral for a tie. The evidence is every span
  of an aspect or an opinion; there is none if all are implicit.
- A span of no token, such as 3,3 (the corpus has one), is implicit and counted.
- A quadruple that breaks the format is rejected, and its line with it unless the plan says otherwise
  (`bad_annotations`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sde_builders import looks
from sde_builders.files import is_single, named_for_split, stem_words
from sde_builders.labels import labels_by_number
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Annotation, Record, Reject, Span, split_from_path

RESTAURANT = (
    "AMBIENCE#GENERAL",
    "DRINKS#PRICES",
    "DRINKS#QUALITY",
    "DRINKS#STYLE_OPTIONS",
    "FOOD#GENERAL",
    "FOOD#PRICES",
    "FOOD#QUALITY",
    "FOOD#STYLE_OPTIONS",
    "LOCATION#GENERAL",
    "RESTAURANT#GENERAL",
    "RESTAURANT#MISCELLANEOUS",
    "RESTAURANT#PRICES",
    "SERVICE#GENERAL",
)
LAPTOP = tuple(Path(__file__).with_name("acos_laptop_categories.txt").read_text("utf-8").split())
QUADRUPLES = "quadruples"
MERGED = "quadruples merged into another of their category"
EMPTY = "spans of no token counted as implicit"
MAJORITY = "categories with several sentiments: the most frequent one is used"
TIE = "categories with several sentiments: a tie is neutral"
OTHER_DOMAIN = "files of the other domain skipped"
WORD_PIECES = "files of word pieces skipped"
NO_DOMAIN = "files without a category of ACOS skipped"

_DOMAINS = {"restaurant": frozenset(RESTAURANT), "laptop": frozenset(LAPTOP)}
_NUMBERS = {"0": -1, "1": 0, "2": 1}
_FIELD = re.compile(r"(-1,-1|[0-9]{1,6},[0-9]{1,6}) (\S+) (\S+) (-1,-1|[0-9]{1,6},[0-9]{1,6})")
_TOKEN = re.compile("[^ ]+")
_PEEK = 50


class Quadruple(NamedTuple):
    """One quadruple: the target, the number of its sentiment, and its explicit spans in characters."""

    target: str
    number: int
    spans: tuple[Span, ...]


def words(category: str) -> str:
    """The name of the target for a category: `FOOD#STYLE_OPTIONS` -> `food style options`."""
    return category.replace("#", " ").replace("_", " ").lower()


def _domain(source: Source, name: str) -> str | None:
    """The domain of a file, by its name, else by the first known category in its first lines; None for none."""
    stem = name.rsplit("/", 1)[-1].lower()
    for prefix, domain in (("rest", "restaurant"), ("laptop", "laptop")):
        if stem.startswith(prefix):
            return domain
    for line in islice(source.lines(name), _PEEK):
        for field in line.rstrip("\r\n").split("\t")[1:]:
            match = _FIELD.fullmatch(field)
            for domain, categories in _DOMAINS.items():
                if match and match[2] in categories:
                    return domain
    return None


def _files(context: ReadContext) -> list[tuple[str, str]]:
    """The files of the domain of the subset, each with the domain. Raises InputError if there is none."""
    source, wanted = context.source, context.subset or "restaurant"
    names = source.names() if is_single(source) else named_for_split(source.find("*.tsv"))
    if copies := [name for name in names if "bert" in stem_words(name)]:
        # the repository of the corpus also holds its files in word pieces
        context.note(WORD_PIECES, len(copies))
        names = [name for name in names if name not in copies]
    domains = {name: _domain(source, name) for name in names}
    found = [(name, domain) for name, domain in domains.items() if domain == wanted]
    others = [name for name, domain in domains.items() if domain and domain != wanted]
    if not found and others:
        hint = "Ask for the subset laptop (acos:laptop)." if wanted == "restaurant" else "Leave out the subset (acos)."
        raise InputError(source.label, f"holds no {wanted} file, only those of the other domain", hint)
    if not found:
        looked = "Looked for *.tsv with train, dev or test as a word of the name and lines as the corpus has them."
        raise InputError(source.label, "holds no file of ACOS", looked)
    for what, count in ((OTHER_DOMAIN, len(others)), (NO_DOMAIN, len(domains) - len(found) - len(others))):
        if count:
            context.note(what, count)
    return found


def _quadruple(field: str, tokens: list[Span], context: ReadContext) -> Quadruple:
    """The quadruple in one field. Raises ValueError with a message for a field of another form."""
    match = _FIELD.fullmatch(field)
    if not match:
        raise ValueError(f"the field {field[:60]!r} is not `start,end CATEGORY sentiment start,end`")
    aspect, category, sentiment, opinion = match.groups()
    if sentiment not in _NUMBERS:
        raise ValueError(f"unknown sentiment {sentiment[:20]!r} for {category[:60]}; known: 0, 1, 2")
    spans = []
    for given in (aspect, opinion):
        if given == "-1,-1":
            continue
        start, end = map(int, given.split(","))
        if not start <= end <= len(tokens):
            raise ValueError(f"the span {given} lies outside the {len(tokens)} tokens of the text")
        if start == end:
            context.note(EMPTY)
        else:
            spans.append((tokens[start][0], tokens[end - 1][1]))
    return Quadruple(words(category), _NUMBERS[sentiment], tuple(spans))


def _sentiment(numbers: list[int], context: ReadContext) -> int:
    """The number of a category: the most frequent one, 0 for a tie."""
    counted = Counter(numbers).most_common()
    if len(counted) == 1:
        return numbers[0]
    tie = counted[0][1] == counted[1][1]
    context.note(TIE if tie else MAJORITY)
    return 0 if tie else counted[0][0]


def _annotations(quadruples: list[Quadruple], labels: dict[int, str], context: ReadContext) -> list[Annotation]:
    """One annotation for each category, in the order of the line."""
    by_target: dict[str, list[Quadruple]] = {}
    for quadruple in quadruples:
        by_target.setdefault(quadruple.target, []).append(quadruple)
    context.note(QUADRUPLES, len(quadruples))
    if len(quadruples) > len(by_target):
        context.note(MERGED, len(quadruples) - len(by_target))
    annotations = []
    for target, group in by_target.items():
        label = labels[_sentiment([quadruple.number for quadruple in group], context)]
        evidence = tuple(sorted({span for quadruple in group for span in quadruple.spans}))
        origin = "annotated" if evidence else "none"
        annotations.append(Annotation(target, label, evidence=evidence, origin=origin))
    return annotations


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The lines of one domain. Raises InputError for a source without that domain."""
    labels = labels_by_number(context, "ACOS", _NUMBERS.values())
    for name, domain in _files(context):
        split, file = split_from_path(name), context.source.location(name)
        for number, line in enumerate(context.source.lines(name), 1):
            text, *fields = line.rstrip("\r\n").split("\t")
            if not text and not fields:
                continue
            id_ = f"{domain}-{split or 'all'}-{number}"
            if not fields:
                wrong = "the line has no quadruple; the text and each quadruple are separated by tabs"
                yield Reject(file, number, wrong, id_)
                continue
            tokens = [match.span() for match in _TOKEN.finditer(text)]
            quadruples = []
            for field in fields:
                try:
                    quadruples.append(_quadruple(field, tokens, context))
                except ValueError as error:
                    yield Reject(file, number, str(error), id_, "annotation")
            yield Record(id_, text, _annotations(quadruples, labels, context), split, None, file, number)


_TARGETS = {"": tuple(map(words, RESTAURANT)), "laptop": tuple(map(words, LAPTOP))}
BUILDER = Builder("acos", "mabsa", read, _TARGETS, recognise=looks.acos)
