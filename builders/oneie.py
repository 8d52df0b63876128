r"""Events and entities as JSON lines of OneIE, TextEE or DyGIE++: ACE, ERE, KBP and other sets in converted form.

OneIE and TextEE, a sentence (or a window) a line; token offsets with exclusive ends:
    {"doc_id": "d1", "sent_id": "d1-0", "tokens": ["Troops", "attacked", "and", "left", "."],
     "sentence": "Troops attacked and left.",
     "entity_mentions": [{"id": "e1", "text": "Troops", "entity_type": "ORG", "start": 0, "end": 1}],
     "event_mentions": [{"event_type": "Conflict:Attack", "trigger": {"text": "attacked", "start": 1, "end": 2}},
                        {"event_type": "Movement:Transport", "trigger": {"text": "left", "start": 3, "end": 4}}]}
DyGIE++, a document a line; token offsets in the document, ends inclusive:
    {"doc_key": "d2", "sentences": [["It", "rained", "."], ["Troops", "attacked", "."]],
     "ner": [[], [[3, 3, "ORG"]]], "events": [[], [[[4, "Conflict.Attack"], [3, 3, "Attacker"]]]]}

Rules
- Task ed (the default): every trigger of every event, the type is the target. Task ner: every entity.
- The text is `sentence` (or `text`) if the tokens cover it, else the tokens joined by a blank, and this is counted.
- A record of OneIE is a line: its id is `sent_id`, else `wnd_id`. A record of DyGIE++ is a sentence:
  `<doc_key>-<number>`. `doc_id` or `doc_key` is the document.
- Some converters write inclusive ends. If all triggers and entities of a file fit their text with inclusive ends only,
  these are read, and this is counted.
- A line without `event_mentions` (ed) or `entity_mentions` (ner) is not annotated, and it is rejected; [] mentions
  nothing.
- Arguments, relations and other keys are not used. Option `levels`: how many levels of a type are kept
  (levels = 1 makes `Conflict` of `Conflict:Attack`).
- Of a folder or archive, *.json, *.jsonl, *.ndjson and *.jsonlines are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from sde_builders import looks
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.json_drafts import drafts_of_objects
from sde_builders.json_values import JSON_FILES, objects
from sde_builders.labels import Unfit, wrong
from sde_builders.token_marks import JOINED, TokenText
from sde_datasets.errors import UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject

INCLUSIVE = "mentions read with inclusive ends, which fit the text of the file"
# the keys of the id of a sentence
SENTENCE_KEYS = ("sent_id", "wnd_id", "id")
_LEVELS = re.compile(r"[:./]")
# the number of mentions that show which ends a file has
_LOOK = 1000


def kept_levels(kind: Any, context: ReadContext) -> Any:
    """A type cut to the option `levels`. Raises UsageError for a value that is not a number of levels."""
    levels = str(context.options.get("levels", "") or "")
    if not levels or not isinstance(kind, str):
        return kind
    if not levels.isdecimal() or int(levels) < 1:
        raise UsageError(f"levels is {levels!r}. Give the number of levels of a type to keep: 1, 2, ...")
    ends = [match.start() for match in _LEVELS.finditer(kind)]
    return kind[: ends[int(levels) - 1]] if len(ends) >= int(levels) else kind


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The sentences of one file."""
    silent = replace(context, notes=Counter())
    inclusive = _ends_are_inclusive(silent, name)

    def convert(row: dict[str, Any], line: int) -> Iterable[Draft]:
        if "sentences" in row and "tokens" not in row:
            return _document(context, row, line)
        return [_sentence(context, row, line, inclusive)]

    return drafts_of_objects(context, name, convert, _id)


def _id(row: dict[str, Any], line: int) -> str | None:
    """The id of a line, for messages: that of its sentence, or else of its document."""
    return next((str(row[key]) for key in (*SENTENCE_KEYS, "doc_key") if row.get(key) is not None), None)


class TokenMention(NamedTuple):
    """A trigger or an entity as a line gives it: start and end are numbers of tokens. path: see `drafts.Mark`."""

    kind: Any
    start: Any
    end: Any
    text: Any
    path: str


def token_mentions(row: dict[str, Any], kind: str) -> list[TokenMention]:
    """The triggers or entities of a line. Raises Unfit for another form."""
    key = "entity_mentions" if kind == "ner" else "event_mentions"
    given = row.get(key)
    if given is None:
        raise Unfit(f"unlabelled: {key} is missing; [] says that nothing is mentioned")
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise wrong(key, "a list of objects", given)
    found = []
    for number, item in enumerate(given):
        place = item if kind == "ner" else item.get("trigger")
        if not isinstance(place, dict):
            raise wrong("trigger", "an object with start and end", place)
        type_ = item.get("entity_type") if kind == "ner" else item.get("event_type")
        path = f".{key}[{number}]"
        found.append(TokenMention(type_, place.get("start"), place.get("end"), place.get("text"), path))
    return found


def _ends_are_inclusive(context: ReadContext, name: str) -> bool:
    """True if inclusive ends fit all mentions of a file that are looked at, and exclusive ends do not."""
    exclusive = inclusive = looked = 0
    for _, row, _ in objects(context, name):
        if isinstance(row, Reject) or "tokens" not in row or looked >= _LOOK:
            break
        try:
            text = TokenText(row["tokens"])
            given = token_mentions(row, "ner" if row.get("entity_mentions") else "ed")
        except Unfit:
            continue
        for _, start, end, mention, _ in given:
            if type(start) is int and type(end) is int and isinstance(mention, str):
                looked += 1
                exclusive += text.holds(start, end, mention)
                inclusive += text.holds(start, end + 1, mention)
    return looked > 0 and inclusive == looked > exclusive


def _sentence(context: ReadContext, row: dict[str, Any], line: int, inclusive: bool) -> Draft:
    """The draft of a line of OneIE or TextEE. Raises Unfit for another form."""
    id_ = next((str(row[key]) for key in SENTENCE_KEYS if row.get(key) is not None), None)
    document = row.get("doc_id", row.get("doc_key"))
    marks: list[Mark] = []
    bad: list[Bad] = []
    text = TokenText(row.get("tokens"), row.get("sentence", row.get("text")))
    given = token_mentions(row, context.task.name)
    if text.joined:
        context.note(JOINED)
    for kind, start, end, mention, path in given:
        try:
            after = end + 1 if inclusive and isinstance(end, int) else end
            mark = text.mark(kept_levels(kind, context), start, after, mention, "the mention")
            marks.append(replace(mark, path=path))
        except Unfit as error:
            bad.append(Bad(str(error), path))
    if inclusive:
        context.note(INCLUSIVE, len(given))
    return Draft(text.text, marks, line, id_, document=None if document is None else str(document), bad=bad)


def _document(context: ReadContext, row: dict[str, Any], line: int) -> Iterator[Draft]:
    """The drafts of the sentences of a document of DyGIE++. Raises Unfit for another form."""
    key = "ner" if context.task.name == "ner" else "events"
    document = None if row.get("doc_key") is None else str(row["doc_key"])
    sentences, given = row["sentences"], row.get(key)
    if not isinstance(sentences, list) or not isinstance(given, list) or len(given) != len(sentences):
        why = f"unlabelled: {key} is missing" if given is None else f"{key} is not one list for each sentence"
        raise Unfit(why)
    first = 0
    for number, (tokens, items) in enumerate(zip(sentences, given, strict=True)):
        id_, text = f"{document or line}-{number}", TokenText(tokens)
        bad: list[Bad] = []
        marks: list[Mark] = []
        context.note(JOINED)
        for place, item in enumerate(items if isinstance(items, list) else []):
            path = f".{key}[{number}][{place}]"
            try:
                start, end, kind = _place(item, key)
                mark = text.mark(kept_levels(kind, context), start - first, end - first + 1)
                marks.append(replace(mark, path=path))
            except Unfit as error:
                bad.append(Bad(str(error), path))
        first += len(tokens)
        yield Draft(text.text, marks, line, id_, document=document, bad=bad)


def _place(item: Any, key: str) -> tuple[int, int, Any]:
    """First and last token in the document, and the type, of an entity or of the trigger of an event.

    Raises Unfit for another form.
    """
    place = item[0] if key == "events" and isinstance(item, list) and item else item
    if isinstance(place, list) and len(place) == 2:
        place = [place[0], *place]
    if not isinstance(place, list) or len(place) < 3 or not all(type(number) is int for number in place[:2]):
        raise wrong(key, "[first token, last token, type]", place)
    return place[0], place[1], place[2]


FORM = Form(JSON_FILES, drafts)
BUILDER = drafts_builder(__name__, "oneie", "ed", FORM, options=("levels",), tasks=("ner",), recognise=looks.oneie)
