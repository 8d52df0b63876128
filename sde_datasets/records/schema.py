"""Schemas: the ordered targets of a view, and the words and marks with which its answers are written.

A task file (`tasks/*.toml`) holds the words of a task by language; a schema is the words of one language with targets.
Every row of a dataset holds its schema as JSON, so that a row can be read without any other file.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from sde_datasets.errors import InputError
from sde_datasets.utils.config import load_config

Kind = Literal["label", "mention"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Schema:
    """The targets, the labels and the words of one task in one language.

    kind: `label` (each target gets one label of a closed set) or `mention` (each target gets surface strings).
    target_word, value_word, description_word: the keys of the JSON format.
    labels, numbers: label words with their numbers, without the placeholder; empty for mention tasks.
    placeholder, placeholder_number: the value of a target that the text does not mention (`NONE`, `-2`).
    quoted: whether the formats natural and lines write names and types in single quotes (NER) or bare (events).
    colon, comma, between, stop: the marks after a target, between values, between items, at the end.

    >>> import sde_datasets as sde
    >>> schema = sde.schema("ner", targets=["DNA", "RNA"])
    >>> sde.Schema.from_json(schema.to_json()) == schema
    True
    """

    task: str
    kind: Kind
    language: str
    targets: tuple[str, ...]
    target_word: str
    value_word: str
    description_word: str
    placeholder: str
    cue: str
    colon: str
    comma: str
    between: str
    stop: str
    labels: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    placeholder_number: int | None = None
    quoted: bool = False

    @cached_property
    def index(self) -> dict[str, int]:
        """The position of each target: its number in the designs that write numbers."""
        return {target: i for i, target in enumerate(self.targets)}

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each label and of the placeholder; empty for a mention task."""
        if self.kind == "mention" or self.placeholder_number is None:
            return {}
        return dict(zip(self.labels, self.numbers, strict=True)) | {self.placeholder: self.placeholder_number}

    @cached_property
    def reserved(self) -> frozenset[str]:
        """The labels and the placeholder, case-folded: a bare value must differ from all of them."""
        return frozenset(word.casefold() for word in (*self.labels, self.placeholder))

    def to_json(self) -> str:
        """The schema as one line of JSON, the same bytes for the same schema."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))

    def as_dict(self) -> dict[str, Any]:
        """The fields that are not empty, with lists for tuples: what `from_dict` reads."""
        filled = {key: value for key, value in asdict(self).items() if value not in ((), None)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in filled.items()}

    @classmethod
    def from_json(cls, line: str, location: str = "schema") -> Schema:
        """The schema that `to_json` wrote. Raises InputError, naming `location`, for anything else."""
        try:
            values = json.loads(line)
        except ValueError as error:
            raise InputError(location, f"is not a schema ({error})") from error
        return cls.from_dict(values, location)

    @classmethod
    def from_dict(cls, values: object, location: str = "schema") -> Schema:
        """The schema that `as_dict` gave. Raises InputError, naming `location`, for anything else."""
        return check_schema(load_config(cls, values, location), location)


# characters that end a bare value, in ASCII and full width; a value that holds one is written as a JSON string
SPECIAL = '"\\,;:，；：。[]{}'
MARKS = ",;:，；：。"

# what is wrong with a schema, and a hint
_Problem = tuple[str, str]


def check_schema(schema: Schema, location: str) -> Schema:
    """Return `schema` if answers can be written under it and read back. Raises InputError, naming `location`, if not.

    The types of its fields are not checked: `Schema.from_dict` does that.
    """
    for check in (_check_lines, _check_targets, _check_marks, _check_words, _check_labels):
        if problem := check(schema):
            raise InputError(location, *problem)
    return schema


def _check_lines(schema: Schema) -> _Problem | None:
    for name, value in vars(schema).items():
        if isinstance(value, str) and "\n" in value:
            return f"{name} is {value!r}", "Give a string of one line."
    return None


def _check_targets(schema: Schema) -> _Problem | None:
    if schema.kind not in KINDS:
        return f"unknown kind {schema.kind!r}", f"Known: {', '.join(KINDS)}."
    if not schema.targets:
        return "there are no targets", "Name them in the plan (targets) or annotate at least one record."
    for target in schema.targets:
        try:
            target.encode("utf-8")
        except UnicodeEncodeError:
            return f"the target {target!r} holds a lone surrogate", "Write its name in Unicode characters."
    if duplicates := [target for target, count in Counter(schema.targets).items() if count > 1]:
        return f"duplicate target {duplicates[0]!r}", "Name each target once."
    return None


def _check_marks(schema: Schema) -> _Problem | None:
    """Every mark must end a bare value, and marks that can follow the same value must differ."""
    used = {"colon": schema.colon, "between": schema.between}
    if schema.kind == "mention":
        used["comma"] = schema.comma
    for name, mark in used.items():
        if len(mark.strip()) != 1 or mark.strip() not in MARKS:
            return f"{name} is {mark!r}", f"Give one of {MARKS} with blanks around it."
    marks = [mark.strip() for mark in used.values()]
    if len(set(marks)) != len(marks):
        return f"{', '.join(used)} must differ", f"They are {', '.join(map(repr, used.values()))}."
    ends = MARKS if schema.kind == "mention" and not schema.quoted else MARKS + ".!|"
    if schema.stop and (schema.stop not in ends or schema.stop in marks or len(schema.stop) != 1):
        return f"stop is {schema.stop!r}", f"Give an empty string, or one of {ends} that is no other mark."
    return None


def _check_words(schema: Schema) -> _Problem | None:
    keys = (schema.target_word, schema.value_word, schema.description_word)
    if len(set(keys)) != 3 or not all(keys):
        return "target_word, value_word and description_word must be three different words", f"They are {keys!r}."
    if schema.kind == "mention" and schema.quoted and schema.placeholder != "''":
        return f"the placeholder is {schema.placeholder!r}", "With quoted = true it is two single quotes."
    if schema.kind == "label" or not schema.quoted:
        for word in (*schema.labels, schema.placeholder):
            special = any(char in SPECIAL or not char.isprintable() for char in word)
            if special or not word or word != word.strip() or "->" in word or "<-" in word:
                name = "placeholder" if word == schema.placeholder else "label"
                hint = f"Leave out blanks at its edges and {SPECIAL} -> <-"
                return f"the {name} {word!r} cannot be written bare", hint
    return None


def _check_labels(schema: Schema) -> _Problem | None:
    if schema.kind == "mention":
        if schema.labels or schema.numbers:
            return "a mention task has no labels", "Leave out labels and numbers."
        return None
    words = (*schema.labels, schema.placeholder)
    if not schema.labels or len({word.casefold() for word in words}) != len(words):
        return "labels and placeholder must be distinct words, at least one label", f"They are {words!r}."
    for word in words:
        if schema.stop and schema.stop in word:
            return f"the label {word!r} holds the mark {schema.stop!r}, which ends an answer", "Change one of them."
    numbers = (*schema.numbers, schema.placeholder_number)
    if len(schema.numbers) != len(schema.labels) or None in numbers:
        return "each label needs a number, and so does the placeholder", f"The numbers are {numbers!r}."
    if len(set(numbers)) != len(numbers):
        return "each label and the placeholder need different numbers", f"The numbers are {numbers!r}."
    return None
