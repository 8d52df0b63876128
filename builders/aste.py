"""ASTE triplets: aspect terms with their opinion and polarity, by the numbers of tokens (ASTE-Data-V1 and V2).

    The soup was cold but the waiters smiled .####[([1], [3], 'NEG'), ([6], [7], 'POS')]

Rules
- Task ner: an aspect term is a mention, its target is its polarity as a word: `positive`, `negative` or `neutral`. The
  evidence is the opinion.
- Tokens are separated by one blank; the numbers of a term are its tokens, which must be consecutive.
- A term with two opinions of one polarity is one mention with both as evidence.
- A record is a line, its id `<file stem>-<line>`. A line without triplets ([]) mentions nothing.
- Of a folder or archive, *.txt are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sde_builders import looks
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.quad_lines import LINE_FILES, quad_lines
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject, Span

POLARITIES = {"POS": "positive", "NEG": "negative", "NEU": "neutral"}
_TOKEN = re.compile("[^ ]+")


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The lines of one file."""
    for found in quad_lines(context, name):
        if isinstance(found, Reject):
            yield found
            continue
        line, text, triplets = found
        places, marks, bad = [match.span() for match in _TOKEN.finditer(text)], [], []
        for triplet in triplets:
            try:
                marks.append(_mark(triplet, places))
            except ValueError as error:
                bad.append(Bad(str(error)))
        yield Draft(text, marks, line, bad=bad)


def _mark(triplet: Any, places: list[Span]) -> Mark:
    if len(triplet) != 3 or triplet[2] not in POLARITIES:
        raise ValueError(f"{str(triplet)[:60]!r} is not ([tokens], [tokens], 'POS', 'NEG' or 'NEU')")
    aspect, opinion, polarity = triplet
    return Mark(POLARITIES[polarity], spans=(_span(aspect, places),), evidence=(_span(opinion, places),))


def _span(tokens: Any, places: list[Span]) -> Span:
    """The span of consecutive tokens. Raises ValueError for anything else."""
    if not isinstance(tokens, list) or not tokens or not all(type(number) is int for number in tokens):
        raise ValueError(f"{str(tokens)[:60]!r} is not a list of numbers of tokens")
    if tokens != list(range(tokens[0], tokens[-1] + 1)):
        raise ValueError(f"the tokens {tokens} are not consecutive")
    if tokens[0] < 0 or tokens[-1] >= len(places):
        raise ValueError(f"the tokens {tokens} lie outside the {len(places)} tokens of the text")
    return places[tokens[0]][0], places[tokens[-1]][1]


FORM = Form(LINE_FILES, drafts)
BUILDER = drafts_builder(__name__, "aste", "ner", FORM, recognise=looks.aste)
