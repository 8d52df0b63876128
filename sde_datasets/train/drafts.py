"""Guesses at how an answer goes on, from the answers before it.

Answers of one design share most of their tokens: names, marks, the labels that are frequent. What followed the last few
tokens before is a good guess, and a model checks several guesses in the time in which it writes one token, so that most
tokens of an answer cost nothing. A guess never changes an answer: what the model would not have written is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

# the contexts that are remembered, in tokens, the longest first
_CONTEXTS = (4, 2, 1)
# contexts that are remembered; then it begins anew, so that memory does not grow with the texts
_MOST = 300_000


class Drafts:
    """What followed which tokens the last time."""

    def __init__(self, length: int) -> None:
        """`length`: how many tokens are guessed at a time; 0 for none."""
        self.length = length
        self._next: dict[tuple[int, ...], int] = {}

    def learn(self, answer: Sequence[int]) -> None:
        """Take the tokens of an answer, its end token among them, into account."""
        if not self.length:
            return
        if len(self._next) > _MOST:
            self._next.clear()
        for at in range(1, len(answer)):
            for size in _CONTEXTS:
                if at >= size:
                    self._next[tuple(answer[at - size : at])] = answer[at]

    def guess(self, written: Sequence[int]) -> list[int]:
        """The tokens that may follow; fewer than `length` where nothing is known."""
        context, guessed = list(written[-_CONTEXTS[0] :]), []
        while len(guessed) < self.length:
            keys = (tuple(context[-size:]) for size in _CONTEXTS if len(context) >= size)
            found = next((self._next[key] for key in keys if key in self._next), None)
            if found is None:
                break
            guessed.append(found)
            context.append(found)
        return guessed
