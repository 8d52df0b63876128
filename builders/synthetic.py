r"""Synthetic records for trials and benchmarks: every task, in English and Chinese. No file is read.

    rows = 1000, seed = 0, empty = 0.1   ->   Note 17. We measured [[IL-2] gene] in the second culture.

- Record i depends only on the seed, its number and the targets: with more rows, the first ones are the same.
- `empty` is the share of records that mention nothing. Of ten records in a row the ninth is for validation, the last
  for test.
- Mention tasks: single, nested, discontinuous, crossing and repeated mentions. Label tasks: up to four targets with an
  opinion on each, which is their evidence; some targets have two remarks.
- Some texts and mentions hold strings that are hard for an answer format: marks, line ends, words of the answers.
- Each record has its number in the text, so no two texts are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

from sde_builders.synthetic_words import BANKS, MARKS, OTHER_TARGETS, TARGETS, WORDS, Bank
from sde_datasets.errors import UsageError, nearest
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.records.record import Annotation, Record, Span, surface

T = TypeVar("T")


class _Dice:
    """A random number from a seed and the number of the record, of which each choice uses a part."""

    def __init__(self, seed: int, number: int) -> None:
        self._left = int.from_bytes(blake2b(f"{seed}:{number}".encode()).digest())

    def roll(self, sides: int) -> int:
        self._left, rolled = divmod(self._left, sides)
        return rolled

    def pick(self, options: Sequence[T]) -> T:
        self._left, at = divmod(self._left, len(options))
        return options[at]


class _Page:
    """A text under construction, and its annotations."""

    def __init__(self, bank: Bank, dice: _Dice, targets: Sequence[str]) -> None:
        self.bank, self.dice, self.targets = bank, dice, targets
        self.text = ""
        self.annotations: list[Annotation] = []

    def add(self, piece: str) -> Span:
        start = len(self.text)
        self.text += piece
        return start, len(self.text)

    def mark(self, target: str, *spans: Span) -> None:
        self.annotations.append(Annotation(target, None, surface(self.text, spans), spans))

    def name(self) -> tuple[str, str]:
        """A target and one of its names: targets have different names if there are enough."""
        dice, names = self.dice, self.bank.names
        at = dice.roll(len(self.targets))
        name = dice.pick(names[at % len(names) :: len(self.targets)])
        if dice.roll(16) == 0:
            name = f"{name}{dice.pick(MARKS)}{dice.pick(self.bank.heads)}" if dice.roll(2) else dice.pick(WORDS)
        return self.targets[at], name

    def filler(self) -> None:
        self.add(self.dice.pick(self.bank.fillers))
        if self.dice.roll(8) == 0:
            self.add(self.bank.quote.replace("*", self.dice.pick(MARKS + WORDS)))


def _one(page: _Page) -> None:
    target, name = page.name()
    page.mark(target, page.add(name))


def _repeated(page: _Page) -> None:
    target, name = page.name()
    page.mark(target, page.add(name))
    page.add(page.bank.both)
    page.mark(target, page.add(name))


def _nested(page: _Page) -> None:
    (inner, name), outer = page.name(), page.dice.pick(page.targets)
    start, end = page.add(name)
    page.mark(inner, (start, end))
    page.mark(outer, (start, page.add(page.bank.gap + page.dice.pick(page.bank.heads))[1]))


def _shared_head(page: _Page) -> None:
    """`IL-2 and p50 genes`: the first mention skips the text between its name and the head."""
    (target, name), (other, second) = page.name(), page.name()
    left = page.add(name)
    page.add(page.bank.both)
    start, _ = page.add(second + page.bank.gap)
    head = page.add(page.dice.pick(page.bank.heads))
    page.mark(target, left, head)
    page.mark(other, (start, head[1]))


def _crossing(page: _Page) -> None:
    """`IL-2 receptor p50`: the head in the middle belongs to both mentions."""
    (target, name), (other, second) = page.name(), page.name()
    start, _ = page.add(name + page.bank.gap)
    middle = page.add(page.dice.pick(page.bank.heads))
    page.mark(target, (start, middle[1]))
    page.mark(other, (middle[0], page.add(page.bank.gap + second)[1]))


_SHAPES = (_one, _one, _one, _one, _nested, _nested, _repeated, _shared_head, _crossing)


def _mentions(page: _Page) -> None:
    for _ in range(1 + page.dice.roll(3)):
        before, after = page.dice.pick(page.bank.frames).split("*")
        page.add(before)
        page.dice.pick(_SHAPES)(page)
        page.add(after)


def _remark(page: _Page, target: str, number: int) -> Span:
    bank = page.bank
    opinion = page.dice.pick(bank.good if number > 0 else bank.bad if number < 0 else bank.middling)
    page.add(bank.lead)
    span = page.add(f"{target}{bank.gap}{opinion}")
    page.add((page.dice.pick(MARKS) if page.dice.roll(16) == 0 else "") + bank.stop)
    return span


def _labels(page: _Page, labels: Sequence[tuple[str, int]]) -> None:
    targets, dice = page.targets, page.dice
    first = dice.roll(len(targets))
    for step in range(1 + dice.roll(min(len(targets), 4))):
        target = targets[(first + step) % len(targets)]
        label, number = dice.pick(labels)
        evidence = tuple(_remark(page, target, number) for _ in range(2 if dice.roll(8) == 0 else 1))
        page.annotations.append(Annotation(target, label, evidence=evidence, origin="annotated"))


def read(context: ReadContext) -> Iterator[Record]:
    """The records; their number is the option `rows`. Raises UsageError for an option that is out of range."""
    rows, seed, empty = _options(context)
    bank, schema = _bank(context), context.schema
    labels = list(zip(schema.labels, schema.numbers, strict=True))
    for number in range(rows):
        page = _Page(bank, _Dice(seed, number), schema.targets)
        page.add(bank.note.format(number))
        mentions = page.dice.roll(1 << 20) >= empty * (1 << 20)
        if mentions and labels:
            _labels(page, labels)
        elif mentions:
            _mentions(page)
        if not mentions or page.dice.roll(3) == 0:
            page.filler()
        split = {8: "validation", 9: "test"}.get(number % 10, "train")
        yield Record(f"synthetic-{number}", page.text, page.annotations, split, None, "synthetic", number + 1)


def discover(context: ReadContext) -> tuple[str, ...]:
    """The default targets of the task in the language."""
    task = context.task.name
    return TARGETS.get((task, context.language)) or TARGETS.get((task, "")) or OTHER_TARGETS


def _bank(context: ReadContext) -> Bank:
    if context.language not in BANKS:
        raise UsageError(f"synthetic has no texts in {context.language!r}. {nearest(context.language, list(BANKS))}")
    return BANKS[context.language][context.task.name == "ed"]


def _options(context: ReadContext) -> tuple[int, int, float]:
    rows, seed, empty = (
        context.options.get(key, usual) for key, usual in (("rows", 1000), ("seed", 0), ("empty", 0.1))
    )
    if not _whole(rows) or rows < 1:
        raise UsageError(f"synthetic: rows must be a whole number of 1 or more, found {rows!r}")
    if not _whole(seed):
        raise UsageError(f"synthetic: seed must be a whole number, found {seed!r}")
    if not (_whole(empty) or isinstance(empty, float)) or not 0 <= empty <= 1:
        raise UsageError(f"synthetic: empty is a share from 0 to 1, found {empty!r}")
    return rows, seed, empty


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


BUILDER = Builder("synthetic", None, read, discover=discover, options=("rows", "seed", "empty"), needs_path=False)
