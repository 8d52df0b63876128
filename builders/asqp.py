"""ASQP, ACOS and TASD lines: sentiment quadruples and triplets as words (Rest15 and Rest16 of ASQP, ACOS of others).

    The soup was cold but the waiters smiled .####[['soup', 'food quality', 'negative', 'cold'],
        ['waiters', 'service general', 'positive', 'smiled']]        (one line in the file)
    Never again !####[['NULL', 'restaurant general', 'negative', 'NULL']]

Rules
- Task mabsa: a category is a target, written with spaces (`FOOD#QUALITY` is `food quality`). Several quadruples
  of one category are merged: the most frequent polarity, neutral for a tie.
- A quadruple is [aspect, category, polarity, opinion]; papers write these in other orders, too. The polarity is the one
  element that is positive, negative or neutral in all quadruples of a file, the category the one that is NULL or in the
  text least often. The option `order` names them: order = "category aspect polarity opinion". A triplet (TASD) has no
  opinion.
- The evidence is the aspect and the opinion where the text has them, regardless of case: the first occurrence. NULL is
  implicit.
- A record is a line, its id `<file stem>-<line>`. Of a folder or archive, *.txt are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from sde_builders import looks
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.quad_lines import LINE_FILES, quad_lines
from sde_builders.semeval import words
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject, Span
from sde_datasets.records.words import find_mention

ABSENT = "aspects and opinions that the text does not contain, read without evidence"
PARTS = ("aspect", "category", "polarity", "opinion")
POLARITIES = ("positive", "negative", "neutral")
_LOOK = 200


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The lines of one file. Raises InputError if the order of the elements cannot be found out."""
    order = _order(context, name)
    for found in quad_lines(context, name):
        if isinstance(found, Reject):
            yield found
            continue
        line, text, tuples = found
        marks, bad = [], []
        for given in tuples:
            try:
                marks.append(_mark(context, given, order, text))
            except ValueError as error:
                bad.append(Bad(str(error)))
        yield Draft(text, marks, line, bad=bad)


def _order(context: ReadContext, name: str) -> tuple[str, ...]:
    """The names of the elements of a quadruple, by the option `order` or by their values."""
    if given := str(context.options.get("order", "")).split():
        if not {"category", "polarity"} <= {*given} <= {*PARTS} or len({*given}) != len(given):
            raise UsageError(f"order is {' '.join(given)!r}. Write {' '.join(PARTS)} in the order of the file.")
        return tuple(given)
    silent = replace(context, notes=Counter())
    rows = (found for found in quad_lines(silent, name) if not isinstance(found, Reject))
    looked = [(text.casefold(), given) for _, text, tuples in islice(rows, _LOOK) for given in tuples]
    looked = [(text, given) for text, given in looked if all(isinstance(part, str) for part in given)]
    size = Counter(len(given) for _, given in looked).most_common(1)
    location = context.source.location(name)
    if not size or size[0][0] not in (3, 4):
        hint = "Lines with numbers of tokens are read by --source aste=PATH."
        raise InputError(location, "its tuples are not lists of three or four words", hint)
    count = size[0][0]
    held = [(text, given) for text, given in looked if len(given) == count]
    polar = [at for at in range(count) if all(given[at].casefold() in POLARITIES for _, given in held)]
    others = [at for at in range(count) if at not in polar]
    # the category is the element that the texts contain least, and that is never implicit
    seen = {at: sum(_implicit(given[at]) or given[at].casefold() in text for text, given in held) for at in others}
    if len(polar) != 1:
        hint = f'Name the elements: order = "{" ".join(PARTS[:count])}" in the plan.'
        raise InputError(location, "cannot tell which element of its tuples is the polarity", hint)
    category = min(others, key=lambda at: seen[at])
    rest = iter(("aspect", "opinion"))
    return tuple("polarity" if at in polar else "category" if at == category else next(rest) for at in range(count))


def _mark(context: ReadContext, given: Any, order: tuple[str, ...], text: str) -> Mark:
    """The mark of one quadruple. Raises ValueError for another form."""
    if len(given) != len(order) or not all(isinstance(part, str) and part.strip() for part in given):
        raise ValueError(f"{str(given)[:60]!r} is not [{', '.join(order)}]")
    parts = dict(zip(order, given, strict=True))
    evidence: list[Span] = []
    for part in ("aspect", "opinion"):
        if part not in parts or _implicit(parts[part]):
            continue
        places = find_mention(text, parts[part]).spans or _folded(text, parts[part])
        evidence += places[:1]
        if not places:
            context.note(ABSENT)
    return Mark(words(parts["category"]), parts["polarity"], evidence=tuple(sorted({*evidence})))


def _implicit(part: str) -> bool:
    return part.strip().upper() == "NULL"


def _folded(text: str, part: str) -> list[Span]:
    """The first occurrence, regardless of case; none if case folding changes the length of the text."""
    lower = text.lower()
    return find_mention(lower, part.lower()).spans if len(lower) == len(text) else []


FORM = Form(LINE_FILES, drafts, merge=True)
BUILDER = drafts_builder(__name__, "asqp", "mabsa", FORM, options=("labels", "order"), recognise=looks.asqp)
