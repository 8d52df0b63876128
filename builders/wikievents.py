"""WikiEvents: documents with entities and events by the numbers of tokens, and their sentences.

    {"doc_id": "w1", "tokens": ["It", "rained", ".", "Troops", "attacked", "."], "text": "It rained. Troops attacked.",
     "sentences": [[[["It", 0, 2], ["rained", 3, 9], [".", 9, 10]], "It rained."],
                   [[["Troops", 11, 17], ["attacked", 18, 26], [".", 26, 27]], "Troops attacked."]],
     "entity_mentions": [{"id": "T1", "sent_idx": 1, "start": 3, "end": 4, "entity_type": "MIL", "text": "Troops"}],
     "event_mentions": [{"id": "E1", "event_type": "Conflict.Attack.Unspecified",
       "trigger": {"start": 4, "end": 5, "text": "attacked", "sent_idx": 1}, "arguments": []}]}

Rules
- Task ed (the default): the triggers; task ner: the entities. Tokens are counted over the document, ends exclusive. A
  type is a path: option levels = 2 keeps its first two names.
- A record is a sentence: `<doc_id>-<number>`, its text that of the file where its tokens cover it, else the tokens
  joined by a blank. The document is `doc_id`. A mention over two sentences is rejected. Arguments are not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sde_builders import looks
from sde_builders.drafts import Bad, Draft, Form, drafts_builder
from sde_builders.json_drafts import drafts_of_objects
from sde_builders.json_values import JSON_FILES
from sde_builders.labels import Unfit
from sde_builders.oneie import kept_levels, token_mentions
from sde_builders.token_marks import JOINED, TokenText, sentence_of_token
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The sentences of the documents in one file."""
    return drafts_of_objects(context, name, partial(_document, context), _id)


def _id(row: dict[str, Any], line: int) -> str:
    return str(row.get("doc_id", line))


def _document(context: ReadContext, row: dict[str, Any], line: int) -> Iterator[Draft]:
    """Yield the sentences of a document. Raises Unfit for another form."""
    id_, given = _id(row, line), row.get("sentences")
    if not isinstance(given, list) or not all(isinstance(s, list) and len(s) == 2 for s in given):
        raise Unfit("sentences are expected, each a list of tokens and a text")
    texts = [TokenText([token[0] for token in tokens], text) for tokens, text in given if tokens]
    found = [Draft(text.text, [], line, f"{id_}-{number}", document=id_) for number, text in enumerate(texts)]
    if count := sum(text.joined for text in texts):
        context.note(JOINED, count)
    for kind, start, end, mention, path in token_mentions(row, context.task.name):
        number, first = sentence_of_token(texts, start) if isinstance(start, int) else (0, start)
        try:
            after = first + end - start if isinstance(end, int) and isinstance(start, int) else end
            name = "the mention"
            mark = texts[number].mark(kept_levels(kind, context), first, after, mention, name)
            found[number].marks.append(replace(mark, path=path))
        except Unfit as error:
            found[number].bad.append(Bad(str(error), path))
    yield from found


FORM = Form(JSON_FILES, drafts)
BUILDER = drafts_builder(
    __name__, "wikievents", "ed", FORM, tasks=("ner",), options=("levels",), recognise=looks.wikievents
)
