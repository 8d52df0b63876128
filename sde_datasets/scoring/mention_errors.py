"""Count the errors of mention answers: confused types, missed and spurious mentions, misses by the form of a string."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from sde_datasets.scoring.matching import Matches, Pair, confused_types
from sde_datasets.scoring.mention_figures import NormalisedMisses, TypeConfusion
from sde_datasets.scoring.metrics import ratio
from sde_datasets.scoring.surface_forms import normalised

# the class of a mention that is missed (as the answer) or spurious (as gold)
NO_MENTION = "(no mention)"


class MentionErrors:
    """Counts the errors of answers."""

    def __init__(self, targets: Sequence[str], normalise: bool) -> None:
        """normalise: hard matches compare normalised strings."""
        self._targets, self._normalise = targets, normalise
        self._confused: Counter[tuple[int | None, int | None]] = Counter()
        self._misses = self._vanished = 0

    def add(self, gold: Sequence[Pair], predicted: Sequence[Pair], matches: Matches) -> None:
        """Count the errors of one answer. gold, predicted: targets and surfaces as they are written."""
        missed = [pair for pair, is_found in zip(matches.gold, matches.hard, strict=True) if not is_found]
        if any(matches.left.values()):
            for types in confused_types(missed, matches.left):
                self._confused[types] += 1
        else:
            for code, _ in missed:
                self._confused[code, None] += 1
        if self._normalise:
            hits = _common(gold, predicted, str.lower)
            self._misses += len(gold) - hits
            self._vanished += len(gold) - len(missed) - hits
            return
        self._misses += len(missed)
        if missed and len(predicted) > len(gold) - len(missed):
            # mentions with equal strings have equal normalised strings, so that matches need not be counted again
            left = [pair for pair, count in matches.left.items() for _ in range(count)]
            self._vanished += _common(missed, left, normalised)

    def confusion(self, hard: Sequence[int]) -> TypeConfusion:
        """Return the matrix of gold and predicted types. hard: the hard matches by target, for the diagonal."""
        count = len(self._targets)
        counts = np.zeros((count + 1, count + 1), np.int64)
        counts[np.arange(count), np.arange(count)] = hard
        for (gold, predicted), times in self._confused.items():
            counts[count if gold is None else gold, count if predicted is None else predicted] += times
        wrong = int(counts[:-1, :-1].sum() - np.trace(counts))
        return TypeConfusion(
            wrong_type=wrong,
            missed=int(counts[:-1, -1].sum()),
            spurious=int(counts[-1, :-1].sum()),
            classes=(*self._targets, NO_MENTION),
            counts=tuple(map(tuple, counts.tolist())),
        )

    def normalised_misses(self) -> NormalisedMisses:
        """Return how many misses vanish where strings are normalised."""
        share = ratio(self._vanished, self._misses, "no gold mention is missed")
        return NormalisedMisses(self._misses, self._vanished, share, self._normalise)


def _common(one: Sequence[Pair], other: Sequence[Pair], form: Callable[[str], str]) -> int:
    """The number of pairs that two sequences share, as multisets."""
    counts: dict[Pair, int] = {}
    for code, surface in one:
        pair = code, form(surface)
        counts[pair] = counts.get(pair, 0) + 1
    common = 0
    for code, surface in other:
        pair = code, form(surface)
        if count := counts.get(pair, 0):
            counts[pair] = count - 1
            common += 1
    return common
