"""Survey all labels of a source before reading it: the values of each target, and whether numbers are labels.

    food      1, 5, 3      a rating: the build stops, and the plan must map the numbers
    food      -1, 0, 1     the numbers of the task, because all are among them and one is negative
    user      ana, bo      not labels, so the column is not a target

0 and 1 alone may be anything (indicators, codes, stars), so they are not the numbers of a task.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from sde_builders.labels import Labels, number_in, short, template
from sde_datasets.errors import InputError
from sde_datasets.utils.toml import toml_value

# the largest number of different values of a target that are kept: a table of labels is not longer
MOST_VALUES = 50


@dataclass
class TargetValues:
    """The values of one target: counts of labels by word, of numbers and of other words, and the different ones.

    At most MOST_VALUES different numbers and other words are kept. codes: the count of all numbers, with those that the
    plan maps to labels.
    """

    codes: int = 0
    labels: int = 0
    numbers: int = 0
    words: int = 0
    different_numbers: set[str] = field(default_factory=set)
    different_words: dict[str, None] = field(default_factory=dict)

    def could_be(self, known: Iterable[str]) -> bool:
        """True if all numbers are `known` and, with them as labels, at least half of the values are labels."""
        return self.different_numbers <= {*known} and self.labels + self.numbers >= self.words

    @property
    def all_codes(self) -> bool:
        """True if there are values and all of them are numbers."""
        return 0 < self.codes == self.labels + self.numbers + self.words

    @property
    def labelled(self) -> bool:
        """True if at least half of the values are labels by their word, or there are no values."""
        return self.labels >= self.numbers + self.words


class Survey:
    """The values of the targets of a source. Empty cells must not be added."""

    def __init__(self, labels: Labels, targets: Iterable[str] = ()) -> None:
        self.labels = labels
        self.held = {target: TargetValues() for target in targets}

    def add(self, target: str, value: object) -> None:
        """Count one value as the source writes it."""
        held, number = self.held.setdefault(target, TargetValues()), number_in(value)
        held.codes += number is not None
        if self.labels.word(value) is not None:
            held.labels += 1
        elif number is not None:
            held.numbers += 1
            if len(held.different_numbers) < MOST_VALUES:
                held.different_numbers.add(number)
        else:
            held.words += 1
            if len(held.different_words) < MOST_VALUES:
                held.different_words.setdefault(str(value).strip())

    def numbers(self, targets: Iterable[str] | None = None) -> list[str]:
        """The different numbers that the plan does not map to labels, of some targets or of all, in order."""
        chosen = self.held if targets is None else targets
        found = {number for target in chosen for number in self.held[target].different_numbers}
        return sorted(found, key=lambda number: (Decimal(number), number))

    def are_labels(self, numbers: Iterable[str]) -> bool:
        """True if all numbers are among those of the task and at least one is negative."""
        given = list(numbers)
        return all(number in self.labels.numbers for number in given) and any(n.startswith("-") for n in given)

    def decide_numbers(self, location: str) -> None:
        """Decide whether numbers are labels. Raises InputError, with the `labels` to write, if they are not."""
        if not (numbers := self.numbers()):
            return
        if not self.are_labels(numbers):
            targets = first_few(short(target) for target, held in self.held.items() if held.numbers)
            raise InputError(location, f"the labels of {targets} are numbers: {first_few(numbers)}", self.hint(numbers))
        self.labels.numbers_count = True

    def hint(self, values: Iterable[str]) -> str:
        """The hint for values that are not labels: the `labels` to write."""
        given = list(values)
        own = self.labels.numbers if any(value.startswith("-") for value in given) else {}
        return (
            f"Give the label of each of them ({', '.join(self.labels.numbers.values())}): "
            f"labels = {template(given, own)} in the plan, or --labels VALUE=LABEL for each."
        )


def first_few(values: Iterable[str]) -> str:
    """The first values for a message."""
    listed = list(values)
    return ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")


def targets_to_write(targets: Iterable[str]) -> str:
    """The keys of a plan and of a command line that name targets."""
    chosen = list(targets)
    flags = " ".join(f"--targets {toml_value(target)}" for target in chosen)
    return f"targets = {toml_value(chosen)} in the plan, or {flags}"


def indicators(names: Iterable[str], words: Iterable[str]) -> Iterator[list[str]]:
    """Groups of columns that differ only in a label: `food_positive` and `food_negative`, `positive` and `negative`."""
    known = {*words}
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        parts = re.split(r"[_\-. :/]+", name.strip().casefold())
        for word, rest in ((parts[-1], parts[:-1]), (parts[0], parts[1:])):
            if word in known:
                groups.setdefault(tuple(rest), []).append(name)
                break
    return (group for group in groups.values() if len(group) > 1)
