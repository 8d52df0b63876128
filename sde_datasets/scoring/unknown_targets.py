"""Count the predicted mentions of targets outside the schema (mention tasks)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sde_datasets.formats.answers import UnknownMention
from sde_datasets.scoring.mention_figures import UnknownTargets
from sde_datasets.scoring.metrics import ratio

# names in the scores, and names that are counted, to bound memory
_SHOWN, _MOST_NAMES = 20, 10_000


class UnknownTally:
    """Counts mentions of unknown targets by name."""

    def __init__(self) -> None:
        self.mentions = 0
        self._samples = 0
        self._names: Counter[str] = Counter()

    def add(self, unknown: Sequence[UnknownMention]) -> None:
        """Count the mentions of unknown targets of one answer, at least one."""
        self.mentions += len(unknown)
        self._samples += 1
        for mention in unknown:
            if mention.target in self._names or len(self._names) < _MOST_NAMES:
                self._names[mention.target] += 1

    def figures(self, predicted: int) -> UnknownTargets:
        """Return the counts and their share of all predicted mentions."""
        share = ratio(self.mentions, predicted, "nothing predicted")
        return UnknownTargets(self.mentions, self._samples, share, dict(self._names.most_common(_SHOWN)))
