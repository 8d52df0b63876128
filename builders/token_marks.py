"""Marks of mentions that a file gives by the numbers of their tokens.

TokenText(["They", "won", "."])                     text "They won .", tokens joined by a blank
TokenText(["They", "won", "."], "They won.")        text "They won.", the sentence that the file gives
.mark("Win", 1, 2, "won")                           Mark("Win", spans=((5, 8),), mention="won"), the end exclusive
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sde_builders.drafts import Mark
from sde_builders.labels import Unfit, short, wrong
from sde_builders.token_places import aligned, joined

JOINED = "sentences whose text is their tokens joined by a blank"


def sentence_of_token(texts: Sequence[TokenText], token: int) -> tuple[int, int]:
    """The number of the sentence that holds a token of a document, and the number of the token in it.

    A token behind the last sentence belongs to the last one, which has no such token.
    """
    number = 0
    while number < len(texts) - 1 and token >= len(texts[number].tokens):
        token, number = token - len(texts[number].tokens), number + 1
    return number, token


class TokenText:
    """The text of a list of tokens. joined: whether it is made of them. Raises Unfit for anything but tokens."""

    def __init__(self, tokens: Any, sentence: Any = None) -> None:
        if not isinstance(tokens, list) or not tokens or not all(isinstance(t, str) and t for t in tokens):
            raise wrong("tokens", "a list of words", tokens)
        self.tokens: Sequence[str] = tokens
        places = aligned(sentence, tokens) if isinstance(sentence, str) else None
        self.joined = places is None
        if places is None:
            self.text, self.places = joined(tokens)
        else:
            self.text, self.places = str(sentence), places

    def mark(self, target: Any, first: Any, after: Any, mention: Any = None, name: str = "the trigger") -> Mark:
        """The mention from token `first` to the one before `after`.

        Raises Unfit for tokens outside the text, and for a mention that the tokens do not hold.
        """
        if not isinstance(target, str) or not target:
            raise wrong("the type", "a name", target)
        for number in (first, after):
            if isinstance(number, bool) or not isinstance(number, int):
                raise wrong("start, end", "whole numbers", number)
        if not 0 <= first < after <= len(self.tokens):
            raise Unfit(f"the tokens {first} to {after} lie outside the {len(self.tokens)} tokens of the text")
        if mention is not None and not self.holds(first, after, mention):
            held = " ".join(self.tokens[first:after])
            raise Unfit(f"{name} {short(mention)} is not at its tokens, which are {short(held)}")
        span = (self.places[first][0], self.places[after - 1][1])
        return Mark(target, spans=(span,), mention=self.text[slice(*span)])

    def holds(self, first: int, after: int, mention: Any) -> bool:
        """True if the tokens from `first` to the one before `after` are the mention, without regard to blanks."""
        if not 0 <= first < after <= len(self.tokens):
            return False
        wanted = "".join(str(mention).split())
        held = "".join("".join(self.tokens[first:after]).split())
        shown = "".join(self.text[self.places[first][0] : self.places[after - 1][1]].split())
        return wanted in (held, shown)
