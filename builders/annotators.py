"""Several annotators of one text: their agreement, and one list of marks made of theirs.

    first          the marks of the first annotator
    majority       the marks that more than half of the annotators give (the default)
    ground truth   as `first`: a format that knows the ground truth puts it first

Two marks are the same if they have the same target, label and spans. The agreement is the mean F1 of all pairs of
annotators over all their marks (Hripcsak and Rothschild 2005, doi:10.1197/jamia.M1733): for spans there is no number of
items that nobody marked, so chance-corrected measures are not defined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from sde_datasets.errors import UsageError, nearest

if TYPE_CHECKING:
    from sde_builders.drafts import Mark

RULES = ("majority", "first", "ground truth")


def _key(mark: Mark) -> tuple:
    return (mark.target, str(mark.label), mark.spans)


def merged_marks(lists: list[list[Mark]], rule: str) -> list[Mark]:
    """One list of marks for a text. Raises UsageError for an unknown rule."""
    if rule not in RULES:
        raise UsageError(f"annotator is {rule!r}. {nearest(rule, RULES)}")
    if rule != "majority":
        return lists[0]
    votes: Counter[tuple] = Counter()
    first: dict[tuple, Mark] = {}
    for marks in lists:
        for key, mark in {_key(mark): mark for mark in marks}.items():
            votes[key] += 1
            first.setdefault(key, mark)
    return [mark for key, mark in first.items() if 2 * votes[key] > len(lists)]


class Agreement:
    """Sums of the pairs of annotators of all texts."""

    def __init__(self) -> None:
        self._texts = self._same = self._marks = 0

    def add(self, lists: list[list[Mark]]) -> None:
        """Count the marks of one text, a list for each annotator."""
        self._texts += 1
        for one, other in combinations([{_key(mark) for mark in marks} for marks in lists], 2):
            self._same += 2 * len(one & other)
            self._marks += len(one) + len(other)

    def remarks(self) -> Iterator[str]:
        """The line of the report; none if no text has several annotators."""
        if self._texts:
            figure = f"{self._same / self._marks:.3f}" if self._marks else "1.000"
            yield f"agreement of annotators: pairwise F1 {figure} (texts with several annotators: {self._texts:,})"
