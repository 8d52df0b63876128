"""Read labels, and the plan's `columns` and `labels` of own data.

    columns = {text = "review"}
    labels = {good = "positive", "5" = "positive", "n/a" = "unmentioned"}

A label is looked up in this order: the plan's `labels` (exact, except for blanks at the edges), the words of the
schema, the words of the task in its other languages and its aliases (in any case), and the numbers of the task if
numbers are labels, which `label_survey.py` decides. A whole float is its integer (`1.0` is `1`). The placeholder, as a
word or a number, means that the target is not mentioned. A word in EMPTY that is not a label is an empty value.

A corpus whose sentiments are numbers gets the words of the task from `labels_by_number`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sde_datasets.errors import UsageError, nearest
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import split_name
from sde_datasets.utils.toml import toml_value

# what exports write for an empty cell, in lower case
EMPTY = frozenset({"", "nan", "none", "null", "n/a", "na", "<na>", "#n/a"})

_NUMBER = re.compile(r"([+-]?)0*([0-9]+)(?:\.(?:0*|([0-9]+?)0*))?")


class Unfit(Exception):
    """The reason why a record or an annotation is invalid; the builder turns it into a Reject."""


def short(value: object) -> str:
    """A value in a message: lists and objects by their kind (they may be nested deeply), others cut."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    shown = repr(value) if value != "" else "an empty string"
    return shown if len(shown) <= 60 else f"{shown[:60]}..."


def wrong(key: str, expected: str, found: object) -> Unfit:
    """The error for a value of `key` that is not as expected."""
    return Unfit(f"{key}: expected {expected}, found {short(found)}")


def labels_by_number(context: ReadContext, corpus: str, numbers: Iterable[int]) -> dict[int, str]:
    """The label of each number that a corpus uses. Raises UsageError if the schema has no label for one of them."""
    words, wanted = dict(zip(context.schema.numbers, context.schema.labels, strict=True)), list(numbers)
    if missing := [number for number in wanted if number not in words]:
        named = f"{', '.join(map(str, wanted[:-1]))} and {wanted[-1]}"
        raise UsageError(f"{corpus} needs a task with labels for the numbers {named}; {missing} are missing.")
    return {number: words[number] for number in wanted}


def columns(context: ReadContext, known: tuple[str, ...]) -> dict[str, str]:
    """The plan's `columns`: the key of each column and its name in the files. Raises UsageError for unknown keys."""
    given = _table(context, "columns")
    for key, name in given.items():
        if key not in known:
            raise UsageError(f"columns: unknown key {key!r}. {nearest(str(key), known)}")
        if not isinstance(name, str) or not name:
            raise UsageError(f"columns: {key} must be the name of a column, found {short(name)}")
    return dict(given)


def _table(context: ReadContext, option: str) -> Mapping[str, Any]:
    given = context.options.get(option, {})
    if not isinstance(given, Mapping):
        raise UsageError(f'{option} must be a table such as {{theirs = "ours"}}, found {short(given)}')
    return given


def row_split(word: str, otherwise: str | None) -> str | None:
    """The split that a row names, or `otherwise` if it names none. Raises Unfit for a word that is not a split."""
    if not word.strip():
        return otherwise
    split = split_name(word)
    if split is None:
        raise Unfit(f"unknown split {short(word)}; known: train, dev, val, valid, validation, test")
    return split


def is_empty(cell: str) -> bool:
    """True for an empty cell, or a word that exports write for one (`NaN`, `None`, `N/A`, `null`)."""
    return cell.strip().casefold() in EMPTY


def number_in(value: object) -> str | None:
    """The number of a label in canonical form (`1` for 1, 1.0, `+1.00`), or None for a word."""
    found = _NUMBER.fullmatch(str(value).strip())
    if found is None:
        return None
    sign, whole, decimals = found.groups()
    number = whole + (f".{decimals}" if decimals else "")
    return f"-{number}" if sign == "-" and number != "0" else number


def whole(value: object) -> object:
    """A whole float such as 1.0 as an integer; any other value unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _key(label: object) -> str:
    """The form in which the plan's `labels` and the labels of the data are compared."""
    return number_in(label) or str(label).strip()


class Labels:
    """The labels of the schema, looked up by the words and numbers of own data."""

    def __init__(self, context: ReadContext) -> None:
        """Raises UsageError if the plan's `labels` map to a word that is not a label, or the task has no labels."""
        schema = context.schema
        self.placeholder = schema.placeholder
        self.numbers = {str(number): word for word, number in schema.number_of.items()}
        self.numbers_count = False
        self._words: dict[str, str] = {}
        self._given: dict[str, str] = {}
        given = _table(context, "labels")
        if schema.kind == "label":
            self._learn(context)
        elif given:
            raise UsageError(f"labels: the task {schema.task!r} is a mention task and has no labels")
        self._known = ", ".join([*schema.labels, schema.placeholder, *map(short, given)])
        for theirs, ours in given.items():
            word = self._words.get(_folded(ours)) or self.numbers.get(number_in(ours) or "")
            if word is None:
                hint = nearest(str(ours), [*schema.labels, schema.placeholder])
                raise UsageError(f"labels: {theirs!r} is mapped to {short(ours)}, which is not a label. {hint}")
            self._given[_key(theirs)] = word

    def _learn(self, context: ReadContext) -> None:
        word_of = {number: word for word, number in context.schema.number_of.items()}
        for words in context.task.words.values():
            labels = (*words["labels"], words["placeholder"])
            numbers = (*words["numbers"], words["placeholder_number"])
            pairs = zip(labels, numbers, strict=True)
            self._words |= {_folded(word): word_of[number] for word, number in pairs if number in word_of}
        for word, aliases in zip(context.schema.number_of, context.task.read.aliases, strict=False):
            self._words |= {_folded(alias): word for alias in aliases}
        self._words |= {_folded(word): word for word in word_of.values()}

    @property
    def names(self) -> tuple[str, ...]:
        """All words for labels, in lower case."""
        return tuple(self._words)

    def word(self, value: object) -> str | None:
        """The label or the placeholder that `value` names by the plan or by its word; None for other values."""
        return self._given.get(_key(value)) or self._words.get(_folded(value))

    def read(self, value: object, target: str) -> str | None:
        """The label of the schema for `value`, None for not mentioned. Raises Unfit for any other value."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise wrong(f"the label for {short(target)}", "a word or a number", value)
        word = self.word(value)
        if word is None and self.numbers_count:
            word = self.numbers.get(number_in(value) or "")
        if word is None:
            raise Unfit(
                f"unknown label {short(value)} for {short(target)}; known: {self._known}; "
                f"map it in the plan: labels = {template([str(value)])}"
            )
        return None if word == self.placeholder else word


def template(values: Iterable[str], known: Mapping[str, str] | None = None) -> str:
    """The plan's `labels` for these values as TOML, with `...` for a label that the user must write."""
    given = known or {}
    return toml_value({value[:60]: given.get(value, "...") for value in values})


def _folded(word: object) -> str:
    return str(word).strip().casefold()
