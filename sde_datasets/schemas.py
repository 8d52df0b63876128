"""Schemas: the ordered targets of a view, and every word and mark with which its answers are written.

A task is data: `tasks/*.toml` holds the words of a task by language, and a schema is such a task with targets put in.
A schema is written whole into every row of a dataset, so that a row can be read with nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
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
        given = {key: value for key, value in asdict(self).items() if value not in ((), None)}
        return json.dumps(given, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> Schema:
        """The schema that `to_json` wrote. Raises InputError where it is none."""
        try:
            given = json.loads(line)
            lists = {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
            return cls(**(given | lists))
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError("schema", f"is not a schema ({error})") from error


# marks that end a bare value, in ASCII and full width; a value that holds one is written as a JSON string
SPECIAL = '"\\,;:，；：。[]{}'


def check_schema(schema: Schema, place: str) -> Schema:
    """`schema` itself where it can be written and read back. Raises InputError that names `place` otherwise."""

    def wrong(what: str, cure: str = "") -> InputError:
        return InputError(place, what, cure)

    if schema.kind not in KINDS:
        raise wrong(f"unknown kind {schema.kind!r}", f"Known: {', '.join(KINDS)}.")
    if not schema.targets:
        raise wrong("there are no targets", "Name them in the plan (targets) or annotate at least one record.")
    for target in schema.targets:
        try:
            target.encode("utf-8")
        except UnicodeEncodeError:
            raise wrong(f"the target {target!r} holds a lone surrogate") from None
    if len(set(schema.targets)) != len(schema.targets):
        raise wrong("a target stands twice")
    if schema.kind == "label":
        _check_labels(schema, wrong)
    return schema


def _check_labels(schema: Schema, wrong) -> None:
    words = (*schema.labels, schema.placeholder)
    if not schema.labels or len({word.casefold() for word in words}) != len(words):
        raise wrong("labels and placeholder must be distinct words, at least one label")
    for word in words:
        bad = [c for c in word if c in SPECIAL or not c.isprintable()]
        if bad or not word or word != word.strip() or "->" in word or "<-" in word:
            raise wrong(
                f"the label {word!r} cannot be written bare", f"Leave out blanks at its edges and {SPECIAL} -> <-"
            )
        if schema.stop.strip() and schema.stop in word:
            raise wrong(f"the label {word!r} holds the mark {schema.stop!r}, which ends an answer")
    numbers = (*schema.numbers, schema.placeholder_number)
    if len(schema.numbers) != len(schema.labels) or None in numbers or len(set(numbers)) != len(numbers):
        raise wrong("each label needs a number of its own, the placeholder too")
