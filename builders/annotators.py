"""Several annotators of one text: their agreement, and one list of marks made of theirs.

    first          the marks of the first annotator
    majority       the marks that more than half of the annotators give (the default)
    ground truth   as `first`: a format that knows the ground truth puts it first

Two marks are the same if they have the same target, label and spans. The agreement on labels is Krippendorff's alpha
for nominal values: the labels that the annotators of a text give to each target, "not mentioned" among them. The
agreement on mentions is the mean F1 of all pairs of annotators over all their marks (Hripcsak and Rothschild 2005,
doi:10.1197/jamia.M1733). Measures that correct for chance need the number of spans that no annotator marked, which has
no definition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
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


def _line(figure: str, texts: int) -> str:
    return f"agreement of annotators: {figure} (texts with several annotators: {texts:,})"


class MentionAgreement:
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
            yield _line(f"pairwise F1 {figure}", self._texts)


class LabelAgreement:
    """Counts of the labels of all texts with several annotators. A text gives one unit for each target."""

    def __init__(self, targets: Sequence[str], placeholder: str) -> None:
        self._targets, self._placeholder = targets, placeholder
        self._texts = 0
        self._alpha = NominalAlpha()

    def add(self, lists: list[list[Mark]]) -> None:
        """Count the labels of one text, a list for each annotator."""
        self._texts += 1
        for target in self._targets:
            self._alpha.add([self._value(target, marks) for marks in lists])

    def _value(self, target: str, marks: list[Mark]) -> tuple[str, ...]:
        """The labels that an annotator gives to a target; the placeholder for none."""
        labels = {str(mark.label) for mark in marks if mark.target == target}
        return tuple(sorted(labels)) or (self._placeholder,)

    def remarks(self) -> Iterator[str]:
        """The line of the report; none if no text has several annotators."""
        if self._texts:
            alpha = self._alpha.value
            figure = "not defined, all labels are equal" if alpha is None else f"{alpha:.3f}"
            yield _line(f"Krippendorff's alpha {figure}", self._texts)


class NominalAlpha:
    """Krippendorff's alpha for nominal values, from sums over units.

    alpha = 1 - observed disagreement / expected disagreement (Krippendorff 2011, "Computing Krippendorff's
    Alpha-Reliability"). Of m values of a unit, m (m - 1) ordered pairs count, each with the weight 1 / (m - 1).
    """

    def __init__(self) -> None:
        self._counts: Counter[Hashable] = Counter()
        self._observed = 0.0

    def add(self, values: Sequence[Hashable]) -> None:
        """Add the values that a unit was given; a single value has no pair and is not counted."""
        if len(values) > 1:
            counts = Counter(values)
            equal = sum(count * count for count in counts.values())
            self._observed += (len(values) ** 2 - equal) / (len(values) - 1)
            self._counts += counts

    @property
    def value(self) -> float | None:
        """Alpha, at most 1; None if all values are equal."""
        if len(self._counts) < 2:
            return None
        total = self._counts.total()
        expected = (total**2 - sum(count * count for count in self._counts.values())) / (total - 1)
        return 1 - self._observed / expected
