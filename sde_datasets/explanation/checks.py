"""Whether an answer describes its annotation: it quotes the text, is short, and names no other label."""

from __future__ import annotations

import re
from typing import NamedTuple

from sde_datasets.explanation.questions import LONGEST, Question
from sde_datasets.records.occurrences import find_string
from sde_datasets.records.record import Span
from sde_datasets.records.schema import Schema
from sde_datasets.records.words import cuts_word
from sde_datasets.samples.render import BETWEEN_EVIDENCE

# quotation marks around an answer, which models write although they are asked not to
_QUOTES = ('""', "''", "“”", "‘’", "「」", "``")

NO_ANSWER = "no answer"
CUT_OFF = "cut off"
TOO_LONG = f"longer than {LONGEST} characters"
NOT_IN_TEXT = "not in the text"
OTHER_LABEL = "names another label"
NO_MENTION = "without the mention"


class Verdict(NamedTuple):
    """The spans of a description in the text, in order, or why the answer is not kept."""

    spans: tuple[Span, ...] = ()
    problem: str = ""


def check_answer(answer: str, stop: str, question: Question, schema: Schema) -> Verdict:
    """Find the passages of an answer in the text. stop: why the answer ended (see `Completion`).

    Each passage is a copy of words of the text. That of a mention contains the mention.
    """
    answer = _without_quotes(answer.strip())
    if stop == "length":
        return Verdict(problem=CUT_OFF)
    if not answer:
        return Verdict(problem=NO_ANSWER)
    if len(answer) > LONGEST:
        return Verdict(problem=TOO_LONG)
    passages = [_without_quotes(passage.strip()) for passage in answer.split(BETWEEN_EVIDENCE)]
    if question.spans:
        passages = [answer]
    found = [find_string(passage, question.text) for passage in passages]
    if not all(found):
        return Verdict(problem=NOT_IN_TEXT)
    if any(_names_other_label(passage, question, schema) for passage in passages):
        return Verdict(problem=OTHER_LABEL)
    if not question.spans:
        return Verdict(tuple(sorted({spans[0] for spans in found})))
    start, end = question.spans[0][0], question.spans[-1][1]
    around = [span for span in found[0] if span[0] <= start and end <= span[1]]
    return Verdict((around[0],)) if around else Verdict(problem=NO_MENTION)


def _without_quotes(answer: str) -> str:
    """An answer without the quotation marks that enclose it."""
    if len(answer) > 1 and answer[0] + answer[-1] in _QUOTES:
        return answer[1:-1].strip()
    return answer


def _names_other_label(passage: str, question: Question, schema: Schema) -> bool:
    """True if a passage contains another label, or in mention tasks another target, beyond those within the mention."""
    own, names = (
        (question.value, schema.labels) if schema.kind == "label" else (question.target, schema.targets)
    )  # fmt: skip
    others = (name for name in names if name.casefold() != own.casefold())
    within = question.value if question.spans else ""
    return any(_count(name, passage) > _count(name, within) for name in others)


def _count(name: str, text: str) -> int:
    """How often a text contains a name as a whole word, without regard to case."""
    return sum(not cuts_word(text, *span) for span in find_string(name, text, re.IGNORECASE))
