"""Find the spans of tokens in the text of a sentence.

    aligned('They "won".', ["They", "``", "won", "''", "."])   ->   [(0, 4), (5, 6), (6, 9), (9, 10), (10, 11)]
    joined(["They", "won"])                                    ->   ("They won", [(0, 4), (5, 8)])

Places are [start, end) in characters, and the tokens `` and '' may be a double quote in the text. Each token begins
where the one before ends, or after white space, and the tokens cover the text.
"""

from __future__ import annotations

from collections.abc import Sequence

from sde_datasets.records.record import Span

# how Penn Treebank tokenisers write a double quote
_QUOTES = ("``", "''")


def joined(tokens: Sequence[str]) -> tuple[str, list[Span]]:
    """The tokens joined by one blank, and the span of each."""
    places, at = [], 0
    for token in tokens:
        places.append((at, at + len(token)))
        at += len(token) + 1
    return " ".join(tokens), places


def aligned(sentence: str, tokens: Sequence[str]) -> list[Span] | None:
    """The span of each token in the sentence, or None if the tokens do not cover it apart from white space."""
    places, at = [], 0
    for token in tokens:
        while at < len(sentence) and sentence[at].isspace():
            at += 1
        found = '"' if token in _QUOTES and sentence.startswith('"', at) else token
        if not sentence.startswith(found, at):
            return None
        places.append((at, at + len(found)))
        at += len(found)
    return None if sentence[at:].strip() else places
