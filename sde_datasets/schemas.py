"""Schemas: the ordered targets of a view, and every word and mark with which its answers are written.

A task is data: `tasks/*.toml` holds the words of a task by language, and a schema is such a task with targets put in.
A schema is written whole into every row of a dataset, so that a row can be read with nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property

from sde_datasets.errors import InputError

KINDS = ("label", "mention")


@dataclass(frozen=True)
class Schema:
    """Targets, labels and the words of one task in one language.

    kind: `label` (each target gets one label of a closed set) or `mention` (each target gets surface strings).
    target_word, value_word, description_word: the keys of the JSON format.
    labels, numbers: label words with their numbers, without the placeholder; empty for mention tasks.
    placeholder, placeholder_number: what stands for a target that the text does not mention (`NONE`, `-2`).
    quoted: names and types stand in single quotes (NER) instead of bare (events), in the formats natural and lines.
    colon, comma, between, stop: the marks after a target, between values, between items, at the end.
    """

    task: str
    kind: str
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
        """The place of each target, which is its number in the designs that write numbers."""
        return {target: i for i, target in enumerate(self.targets)}

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each label, the placeholder among them."""
        numbers = dict(zip(self.labels, self.numbers, strict=True))
        return numbers | {self.placeholder: self.placeholder_number} if self.kind == "label" else {}

    @cached_property
    def reserved(self) -> frozenset[str]:
        """Case-folded words that a bare value may not equal: the labels and the placeholder."""
        return frozenset(word.casefold() for word in (*self.labels, self.placeholder))

    def to_json(self) -> str:
        """The schema as one line of JSON, the same bytes for the same schema."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))

    def as_dict(self) -> dict:
        """The fields that say something, which is all that `from_json` needs, with lists as in JSON."""
        said = {key: value for key, value in asdict(self).items() if value not in ((), None)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}

    @classmethod
    def from_json(cls, line: str) -> Schema:
        """The schema that `to_json` wrote. Raises InputError where it is none."""
        try:
            given = json.loads(line)
            lists = {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
            return check_schema(cls(**(given | lists)), "schema")
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError("schema", f"is not a schema ({error})") from error


# marks that end a bare value, in ASCII and full width; a value that holds one is written as a JSON string
SPECIAL = '"\\,;:，；：。[]{}'
MARKS = ",;:，；：。"


def check_schema(schema: Schema, place: str) -> Schema:
    """`schema` itself where it can be written and read back. Raises InputError that names `place` otherwise."""
    for wrong in (_wrong_types, _wrong_targets, _wrong_marks, _wrong_words, _wrong_labels):
        if said := wrong(schema):
            raise InputError(place, *said)
    return schema


def _wrong_types(schema: Schema) -> tuple[str, ...] | None:
    for field in fields(Schema):
        value, kind = getattr(schema, field.name), field.type
        if kind == "str":
            right = isinstance(value, str) and "\n" not in value
        elif kind == "bool":
            right = isinstance(value, bool)
        elif kind == "int | None":
            right = value is None or type(value) is int
        else:
            item = str if kind == "tuple[str, ...]" else int
            right = isinstance(value, tuple) and all(type(each) is item for each in value)
        if not right:
            return f"{field.name} is {value!r}", f"Give {_GIVE[kind]}."
    return None


_GIVE = {
    "str": "a string of one line",
    "bool": "true or false",
    "int | None": "a whole number",
    "tuple[str, ...]": "a list of strings",
    "tuple[int, ...]": "a list of whole numbers",
}


def _wrong_targets(schema: Schema) -> tuple[str, ...] | None:
    if schema.kind not in KINDS:
        return f"unknown kind {schema.kind!r}", f"Known: {', '.join(KINDS)}."
    if not schema.targets:
        return "there are no targets", "Name them in the plan (targets) or annotate at least one record."
    for target in schema.targets:
        try:
            target.encode("utf-8")
        except UnicodeEncodeError:
            return (f"the target {target!r} holds a lone surrogate",)
    return ("a target stands twice",) if len(set(schema.targets)) != len(schema.targets) else None


def _wrong_marks(schema: Schema) -> tuple[str, ...] | None:
    """Marks must be such that no bare value holds them, and must differ where both could stand."""
    used = {"colon": schema.colon, "between": schema.between}
    if schema.kind == "mention":
        used["comma"] = schema.comma
    for name, mark in used.items():
        if len(mark.strip()) != 1 or mark.strip() not in MARKS:
            return f"{name} is {mark!r}", f"Give one of {MARKS} with blanks around it."
    marks = [mark.strip() for mark in used.values()]
    if len(set(marks)) != len(marks):
        return f"{', '.join(used)} must differ", f"They are {', '.join(used.values())!r}."
    ends = MARKS if schema.kind == "mention" and not schema.quoted else MARKS + ".!|"
    if schema.stop and (schema.stop not in ends or schema.stop in marks or len(schema.stop) != 1):
        return f"stop is {schema.stop!r}", f"Give nothing, or one of {ends} that is no other mark."
    return None


def _wrong_words(schema: Schema) -> tuple[str, ...] | None:
    keys = (schema.target_word, schema.value_word, schema.description_word)
    if len(set(keys)) != 3 or not all(keys):
        return ("target_word, value_word and description_word must be three different words",)
    if schema.kind == "mention" and schema.quoted and schema.placeholder != "''":
        return f"the placeholder is {schema.placeholder!r}", "Where names are quoted it is two single quotes."
    if schema.kind == "label" or not schema.quoted:
        for word in (*schema.labels, schema.placeholder):
            bad = [c for c in word if c in SPECIAL or not c.isprintable()]
            if bad or not word or word != word.strip() or "->" in word or "<-" in word:
                what = "placeholder" if word == schema.placeholder else "label"
                return (
                    f"the {what} {word!r} cannot be written bare",
                    f"Leave out blanks at its edges and {SPECIAL} -> <-",
                )
    return None


def _wrong_labels(schema: Schema) -> tuple[str, ...] | None:
    if schema.kind == "mention":
        return ("a mention task has no labels",) if schema.labels or schema.numbers else None
    words = (*schema.labels, schema.placeholder)
    if not schema.labels or len({word.casefold() for word in words}) != len(words):
        return ("labels and placeholder must be distinct words, at least one label",)
    for word in words:
        if schema.stop and schema.stop in word:
            return (f"the label {word!r} holds the mark {schema.stop!r}, which ends an answer",)
    numbers = (*schema.numbers, schema.placeholder_number)
    if len(schema.numbers) != len(schema.labels) or None in numbers or len(set(numbers)) != len(numbers):
        return ("each label needs a number of its own, the placeholder too",)
    return None
