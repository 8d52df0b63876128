"""Speculative decoding without a draft model: propose the next tokens of an answer from earlier answers.

Answers of one design share most of their tokens: target names, marks, frequent labels. What followed the last few
tokens before is a good proposal, and a model checks several proposed tokens in about the time of writing one, so most
tokens of an answer cost almost nothing. Proposals never change an answer: a token that the model would not write is
dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

# lengths of the remembered contexts in tokens, the longest first
_CONTEXTS = (4, 2, 1)
# number of remembered contexts, after which all are forgotten, so that memory does not grow with the texts
_MAX_CONTEXTS = 300_000


class NGramDrafter:
    """Remember which token followed which context most recently."""

    def __init__(self, length: int) -> None:
        """length: the number of tokens to propose at a time; 0 for none."""
        self.length = length
        self._next: dict[tuple[int, ...], int] = {}

    def update(self, answer: Sequence[int]) -> None:
        """Remember the tokens of an answer, its end token included."""
        if not self.length:
            return
        if len(self._next) > _MAX_CONTEXTS:
            self._next.clear()
        for position in range(1, len(answer)):
            for size in _CONTEXTS:
                if position >= size:
                    self._next[tuple(answer[position - size : position])] = answer[position]

    def propose(self, written: Sequence[int]) -> list[int]:
        """Return tokens that may follow; fewer than `length` if the context is unknown."""
        context = list(written[-_CONTEXTS[0] :])
        proposed: list[int] = []
        while len(proposed) < self.length:
            keys = (tuple(context[-size:]) for size in _CONTEXTS if len(context) >= size)
            token = next((self._next[key] for key in keys if key in self._next), None)
            if token is None:
                break
            proposed.append(token)
            context.append(token)
        return proposed
