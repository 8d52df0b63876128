"""Where the tokens of a sentence stand in its text.

    aligned('They "won".', ["They", "``", "won", "''", "."])   ->   [(0, 4), (5, 6), (6, 9), (9, 10), (10, 11)]
    joined(["They", "won"])                                    ->   ("They won", [(0, 4), (5, 8)])

Places are [start, end) in characters, and the tokens `` and '' may stand for a double quote. One token after the other
has to begin where the one before ends or after white space; nothing of the text may be left over.
"""

from __future__ import annotations

from sde_datasets.records import Span

# how tokenisers of the Penn Treebank write a double quote
_QUOTES = ("``", "''")


def joined(tokens: list[str]) -> tuple[str, list[Span]]:
    """The tokens joined by one blank, and where each of them stands."""
    places, at = [], 0
    for token in tokens:
        places.append((at, at + len(token)))
        at += len(token) + 1
    return " ".join(tokens), places


def aligned(sentence: str, tokens: list[str]) -> list[Span] | None:
    """Where each token stands in the sentence, or None where they do not fill it but for white space."""
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
