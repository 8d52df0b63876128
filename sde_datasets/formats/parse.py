"""Parse what a model answers without a dataset, with the parser that the scorer uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from sde_datasets.designs.design import Design, get_design
from sde_datasets.formats import NO_ALIASES, Aliases, ParsedAnswer, answer_format
from sde_datasets.records.schema import Schema


@overload
def parse(
    answer: str | None, design: str | Design, schema: Schema, *, text: str | None = None, aliases: Aliases = NO_ALIASES
) -> ParsedAnswer: ...
@overload
def parse(
    answer: list[str] | list[str | None] | tuple[str | None, ...],
    design: str | Design,
    schema: Schema,
    *,
    text: Sequence[str | None] | None = None,
    aliases: Aliases = NO_ALIASES,
) -> list[ParsedAnswer]: ...
def parse(answer, design, schema, *, text=None, aliases=NO_ALIASES):
    """Parse an answer, or each of a list of answers, into values, descriptions and named defects.

    Never raises; None is an empty answer. The parser is lenient: it recovers what it can and gives every deviation from
    the form a named defect. `is_strict` of the result says whether a strict reader accepts the answer.

    text: the text of the record (or one per answer); a mention that is not in it gets the defect `not_in_text`.
    aliases: other names of targets and labels.

    Raises UsageError for an unknown design.

    >>> import sde_datasets as sde
    >>> schema = sde.schema("mabsa", targets=["food", "service"])
    >>> sde.parse("Food: POSITIVE", "lines-text", schema).values
    {'food': 'positive'}
    >>> [defect.name for defect in sde.parse("Food: POSITIVE", "lines-text", schema).defects]
    ['reworded_target', 'reworded_label', 'missing_target']
    """
    found = get_design(design) if isinstance(design, str) else design
    read = answer_format(found.answer, schema, aliases).read
    if answer is None or isinstance(answer, str):
        return read(answer or "", text)
    texts = [None] * len(answer) if text is None else text
    return [read(each or "", source) for each, source in zip(answer, texts, strict=True)]
