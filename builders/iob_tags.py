"""Convert the tags of tokens to mentions, for schemes whose tags begin with a letter: IOB1, IOB2, BIOES, BILOU.

    tokens  Anna   Bo     met  Carl
    tags    B-PER  I-PER  O    B-PER   ->   Annotation("PER", mention="Anna Bo", spans=((0, 7),)), and Carl at (12, 16)

A mention begins at B, S and U, and at I, E and L where the token before is O, ends a mention or has another type. It
ends at E, S, L and U, and before O and the beginning of another mention.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sde_datasets.records.record import Annotation, Span

_BEGIN, _END, _LETTERS = frozenset("BSU"), frozenset("ESLU"), frozenset("BIESLU")


def token_spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """The mentions that the tags of a sentence mark: type, first token, and the token after the last.

    Raises ValueError with a message for anything that is not a tag.
    """
    found: list[tuple[str, int, int]] = []
    open_ = False
    for at, tag in enumerate(tags):
        letter, _, type_ = tag.partition("-")
        if letter == "O" and not type_:
            open_ = False
            continue
        if letter not in _LETTERS or not type_:
            raise ValueError(f"{tag!r} is not a tag; a tag is O, or a letter of BIESLU with a type: B-PER")
        if open_ and letter not in _BEGIN and found[-1][0] == type_:
            found[-1] = (type_, found[-1][1], at + 1)
        else:
            found.append((type_, at, at + 1))
        open_ = letter not in _END
    return found


def mentions_of_tags(text: str, places: Sequence[Span], tags: Sequence[str]) -> Iterator[Annotation]:
    """The mentions of a text as annotations; `places` are the spans of the tokens (see `token_places`).

    Raises ValueError if the number of tags and of places differ, and for anything that is not a tag.
    """
    if len(tags) != len(places):
        raise ValueError(f"there are {len(tags)} tags for {len(places)} tokens")
    for type_, first, after in token_spans(tags):
        span = (places[first][0], places[after - 1][1])
        yield Annotation(type_, mention=text[slice(*span)], spans=(span,))
