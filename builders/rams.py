"""RAMS: documents of five sentences with one event, its trigger by the numbers of tokens.

    {"doc_key": "nw_RC000", "split": "train", "sentences": [["It", "rained", "."], ["Troops", "attacked", "."]],
     "evt_triggers": [[4, 4, [["conflict.attack.n/a", 1.0]]]], "ent_spans": [], "gold_evt_links": []}

Rules
- Tokens are counted over the document, ends inclusive. A type is a path: `conflict.attack.n/a`; option levels = 2 keeps
  its first two names.
- RAMS annotates one event of a document, so only the sentence with a trigger is a record (`<doc_key>-<sentence>`); the
  others may hold events that nobody marked, and they are counted and left out.
- The text is the tokens joined by a blank. Arguments are not used. Of a folder or archive, *.jsonlines are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sde_builders import looks
from sde_builders.drafts import Draft, Form, Mark, drafts_builder
from sde_builders.json_drafts import drafts_of_objects
from sde_builders.labels import Unfit, wrong
from sde_builders.oneie import kept_levels
from sde_builders.token_marks import TokenText, sentence_of_token
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject

UNMARKED = "sentences without the event of their document left out"


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The sentences with a trigger in one file."""
    return drafts_of_objects(context, name, partial(_document, context), _key)


def _key(row: dict[str, Any], line: int) -> str:
    return str(row.get("doc_key", line))


def _document(context: ReadContext, row: dict[str, Any], line: int) -> Iterator[Draft]:
    """Yield the sentences of a document that have a trigger. Raises Unfit for another form."""
    sentences, triggers = row.get("sentences"), row.get("evt_triggers")
    if not isinstance(sentences, list) or not isinstance(triggers, list):
        raise Unfit("sentences and evt_triggers are expected, both lists")
    texts = [TokenText(tokens) for tokens in sentences]
    marks: dict[int, list[Mark]] = {}
    for place, trigger in enumerate(triggers):
        if not isinstance(trigger, list) or len(trigger) != 3 or not all(type(n) is int for n in trigger[:2]):
            raise wrong("evt_triggers", "[first token, last token, [[type, 1.0]]]", trigger)
        number, first = sentence_of_token(texts, trigger[0])
        for kind, _ in trigger[2]:
            mark = texts[number].mark(kept_levels(kind, context), first, first + trigger[1] - trigger[0] + 1)
            marks.setdefault(number, []).append(replace(mark, path=f".evt_triggers[{place}]"))
    if len(texts) > len(marks):
        context.note(UNMARKED, len(texts) - len(marks))
    key = _key(row, line)
    for number in sorted(marks):
        split = row.get("split") if isinstance(row.get("split"), str) else None
        yield Draft(texts[number].text, marks[number], line, f"{key}-{number}", split, key)


FORM = Form(("*.jsonlines", "*.jsonl", "*.json"), drafts)
BUILDER = drafts_builder(__name__, "rams", "ed", FORM, options=("levels",), recognise=looks.rams)
