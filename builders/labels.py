"""How builders read labels, and what those for own data share: the plan's `columns` and `labels`.

    columns = {text = "review"}
    labels = {good = "positive", "5" = "positive", "n/a" = "unmentioned"}

A label is read as the first of these that knows it: the plan's `labels` (exactly as written, blanks at the edges
aside), the words of the schema, the words of the task in its other languages (whatever their case), the numbers.
The placeholder, as a word or a number, says that the target is not mentioned.

A corpus whose sentiments are numbers asks `labels_of_numbers` for the words of the task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sde_datasets.builder import Job
from sde_datasets.errors import UsageError, nearest
from sde_datasets.records import split_name


class Unfit(Exception):
    """Why a record cannot be taken, in words; the builder turns it into a Reject."""


def short(value: object) -> str:
    """A value as a message shows it: lists and objects by their kind (they may be nested deeply), others cut."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    shown = repr(value) if value != "" else "an empty string"
    return shown if len(shown) <= 60 else f"{shown[:60]}..."


def wrong(key: str, expected: str, found: object) -> Unfit:
    """The error for a value that is not what `key` takes."""
    return Unfit(f"{key}: expected {expected}, found {short(found)}")


def labels_of_numbers(job: Job, corpus: str, numbers: Iterable[int]) -> dict[int, str]:
    """Number -> the label of the job's schema, for the numbers that a corpus uses. Raises UsageError if one lacks."""
    words, wanted = dict(zip(job.schema.numbers, job.schema.labels, strict=True)), list(numbers)
    if missing := [number for number in wanted if number not in words]:
        named = f"{', '.join(map(str, wanted[:-1]))} and {wanted[-1]}"
        raise UsageError(f"{corpus} needs a task with labels for the numbers {named}; {missing} are missing.")
    return {number: words[number] for number in wanted}


def columns(job: Job, known: tuple[str, ...]) -> dict[str, str]:
    """The plan's `columns`: what a builder calls a column -> what the files call it. Raises UsageError for others."""
    given = _table(job, "columns")
    for key, name in given.items():
        if key not in known:
            raise UsageError(f"columns: unknown key {key!r}. {nearest(str(key), known)}")
        if not isinstance(name, str) or not name:
            raise UsageError(f"columns: {key} must be the name of a column, found {short(name)}")
    return dict(given)


def _table(job: Job, option: str) -> Mapping[str, Any]:
    given = job.options.get(option, {})
    if not isinstance(given, Mapping):
        raise UsageError(f'{option} must be a table such as {{theirs = "ours"}}, found {short(given)}')
    return given


def split_of(word: str, otherwise: str | None) -> str | None:
    """The split that a row names, or `otherwise` where it names none. Raises Unfit for a word that is no split."""
    if not word.strip():
        return otherwise
    split = split_name(word)
    if split is None:
        raise Unfit(f"unknown split {short(word)}; known: train, dev, val, valid, validation, test")
    return split


class Labels:
    """The labels of a job's schema in whatever words or numbers own data write them."""

    def __init__(self, job: Job) -> None:
        """Raises UsageError where the plan's `labels` map to what is no label, or the task has none."""
        schema = job.schema
        self._placeholder = schema.placeholder
        self._words: dict[str, str] = {}
        self._given: dict[str, str] = {}
        given = _table(job, "labels")
        if schema.kind == "label":
            self._learn(job)
        elif given:
            raise UsageError(f"labels: the task {schema.task!r} is a mention task and has no labels")
        self._known = ", ".join([*schema.labels, schema.placeholder, *map(short, given)])
        for theirs, ours in given.items():
            word = self._words.get(_folded(ours))
            if word is None:
                hint = nearest(str(ours), [*schema.labels, schema.placeholder])
                raise UsageError(f"labels: {theirs!r} stands for {short(ours)}, which is no label. {hint}")
            self._given[str(theirs).strip()] = word

    def _learn(self, job: Job) -> None:
        word_of = {number: word for word, number in job.schema.number_of.items()}
        self._words = {str(number): word for number, word in word_of.items()}
        for words in job.task.words.values():
            labels = (*words["labels"], words["placeholder"])
            numbers = (*words["numbers"], words["placeholder_number"])
            pairs = zip(labels, numbers, strict=True)
            self._words |= {_folded(word): word_of[number] for word, number in pairs if number in word_of}
        self._words |= {_folded(word): word for word in word_of.values()}

    def read(self, value: object, target: str) -> str | None:
        """The label of the schema that `value` stands for, None for not mentioned. Raises Unfit otherwise."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise wrong(f"the label for {short(target)}", "a word or a number", value)
        word = self._given.get(str(value).strip()) or self._words.get(_folded(value))
        if word is None:
            raise Unfit(
                f"unknown label {short(value)} for {short(target)}; known: {self._known}, their numbers, "
                "and what the plan maps (labels)"
            )
        return None if word == self._placeholder else word


def _folded(word: object) -> str:
    return str(word).strip().casefold()
