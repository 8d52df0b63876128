"""A sample with the answer that a model gives: gold from the columns of its row, and the parsed completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import InputError
from sde_datasets.formats import ParsedAnswer, answer_format
from sde_datasets.formats.thoughts import has_tag, without_thoughts
from sde_datasets.records.columns import SAMPLE_SCHEMA
from sde_datasets.records.schema import Schema
from sde_datasets.samples.render import completions, gold_answers
from sde_datasets.scoring.gold import Gold, annotated_labels, annotated_mentions
from sde_datasets.scoring.settings import ScoringSettings

# the columns of a row from which gold is read
GOLD_COLUMNS = ("annotations", "schema", "design", "source_text")


@dataclass(frozen=True)
class AnsweredSample:
    """The gold of a sample, and an answer to it. answer: without a reasoning block and special tokens."""

    design: Design
    settings: ScoringSettings
    text: str
    annotations: pa.Array
    answer: str
    parsed: ParsedAnswer

    @property
    def schema(self) -> Schema:
        """The schema of gold and answer."""
        return self.settings.schema

    @property
    def gold(self) -> Gold:
        """The gold of the sample as arrays of one row."""
        if self.schema.kind == "label":
            return Gold(codes=annotated_labels(self.annotations, self.schema))
        return Gold(mentions=annotated_mentions(self.annotations, self.schema))

    @property
    def is_unreadable(self) -> bool:
        """True where the answer has text but nothing could be read from it, not even that nothing is mentioned."""
        return bool(self.answer) and not self.parsed.usable

    @property
    def omits_all(self) -> bool:
        """True where gold mentions something and the answer mentions nothing."""
        mentions_nothing = not self.parsed.values and not self.parsed.unknown
        return mentions_nothing and len(self.annotations.flatten()) > 0

    def gold_completion(self) -> str:
        """Return the completion that the design writes for gold."""
        columns = {"text": pa.array([self.text], pa.string()), "annotations": self.annotations}
        described = self.design.reasoning != "none"
        gold = gold_answers(pa.RecordBatch.from_pydict(columns), self.schema, self.design.format, described)
        return completions(gold, self.design, self.schema)[0].as_py()


def is_without_gold(row: Mapping[str, Any]) -> bool:
    """Return whether a row is of another dataset, mixed with this one: it has no annotations, schema or design."""
    return any(row[name] is None for name in GOLD_COLUMNS)


def answered_sample(row: Mapping[str, Any], completion: str | Sequence[Mapping[str, Any]]) -> AnsweredSample:
    """Return a row with GOLD_COLUMNS and the completion of a model, a text or a list of messages.

    Raises InputError for a row or a completion that cannot be read, UsageError for an unknown design.
    """
    settings, design, text = _settings(row["schema"]), get_design(row["design"]), row["source_text"]
    written = completion_text(completion)
    parsed = answer_format(design.answer, settings.schema, settings.aliases).read(written, text)
    annotations = _annotations(row["annotations"], settings.schema)
    return AnsweredSample(design, settings, text, annotations, _plain(written), parsed)


def completion_text(completion: str | Sequence[Mapping[str, Any]]) -> str:
    """Return the text of a completion: itself, or the content of its last message of an assistant.

    Raises InputError for anything else.
    """
    if isinstance(completion, str):
        return completion
    for message in reversed(completion):
        if message.get("role") == "assistant":
            content = message.get("content") or ""
            if isinstance(content, str):
                return content
            return "".join(part["text"] for part in content if part.get("type") == "text")
    raise InputError("the completion", "has no message of an assistant")


def _plain(answer: str) -> str:
    """An answer without reasoning, special tokens and blanks at its edges; all of it where reasoning does not end."""
    plain = without_thoughts(answer) if has_tag(answer) else None
    return answer.strip() if plain is None or plain.cut else answer[plain.start : plain.end].strip()


@lru_cache(maxsize=64)
def _settings(schema: str) -> ScoringSettings:
    return ScoringSettings.of(Schema.from_json(schema))


def _annotations(annotations: Sequence[Mapping[str, Any]], schema: Schema) -> pa.Array:
    """The annotations of a row as a column of one row. Raises InputError where they are invalid under the schema."""
    for annotation in annotations:
        if annotation["target"] not in schema.index:
            raise InputError("annotations", f"the target {annotation['target']!r} is not in the schema")
        if schema.kind == "label" and annotation["label"] not in schema.labels:
            raise InputError("annotations", f"the label {annotation['label']!r} is not in the schema")
        if schema.kind == "mention" and not (annotation["mention"] and annotation["spans"]):
            raise InputError("annotations", f"a mention of {annotation['target']!r} has no surface or no spans")
    try:
        return pa.array([list(annotations)], SAMPLE_SCHEMA.field("annotations").type)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError("annotations", f"are not those of a config ({error})") from error
