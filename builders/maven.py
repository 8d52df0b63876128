"""MAVEN: event triggers of 168 types, from the official documents or from a sentence-level release.

Official, `train.jsonl`, a document a line (shown on several lines):
    {"id": "d1", "title": "T",
     "content": [{"sentence": "They \\"won\\".", "tokens": ["They", "``", "won", "''", "."]}],
     "events": [{"type": "Competition", "mention": [{"trigger_word": "won", "sent_id": 0, "offset": [2, 3]}]}],
     "negative_triggers": []}
Sentence level, `dev.json`, one array:
    [{"id": 7, "tokens": ["They", "won"],
      "events": [{"text": "won", "start": 1, "end": 2, "event_type": "Competition"}]}]

Rules
- In a folder or archive, the *.jsonl files with train, dev, valid or test in their names are read. If there are none,
  the *.json files are read whose names begin with one of these words and whose content begins with `[`. A single file
  is read regardless of its name.
- A record is a sentence. A document's sentences have the id `<document>-<number>`. Their text is their own if the
  tokens cover it apart from white space (`` and '' are "); otherwise, and at sentence level, the tokens joined by a
  blank.
- A trigger is the text from its first to its last token, and must contain the trigger word.
- A document or an item without `events` is unlabelled and rejected; an empty list means that nothing is mentioned.
- Anything in another format is rejected: the trigger or the sentence if it is known, else the document, line or item.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sde_builders import looks
from sde_builders.files import is_single, named_for_split, stem_words
from sde_builders.json_array import first, items
from sde_builders.token_places import aligned, joined
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Annotation, Record, Reject, Span, split_from_path, split_name

TYPES = tuple(Path(__file__).with_name("maven_types.txt").read_text("utf-8").split())
TEN = TYPES[:10]
JOINED = "sentences whose text is their tokens joined by a blank"
NEGATIVE = "negative triggers left out"
UNLABELLED = "unlabelled: there is no key 'events'"

_KINDS = {dict: "an object", list: "a list", str: "a string", int: "a whole number"}


def _checked(value: Any, kind: type, what: str) -> Any:
    """Return `value` if it is of the kind. Raises ValueError with a message if not."""
    if value is None:
        raise ValueError(f"{what} is missing")
    if type(value) is not kind:
        raise ValueError(f"{what} must be {_KINDS[kind]}, not {_KINDS.get(type(value), type(value).__name__)}")
    return value


def _tokens(item: dict[str, Any]) -> list[str]:
    tokens = _checked(item.get("tokens"), list, "tokens")
    if not tokens or not all(isinstance(token, str) and token for token in tokens):
        raise ValueError("tokens must be a list of strings that are not empty")
    return tokens


def _trigger(text: str, tokens: list[str], places: list[Span], kind: Any, word: Any, at: list) -> Annotation:
    """One trigger as an annotation. Raises ValueError with a message if it does not fit the sentence."""
    word = _checked(word, str, "the trigger word")
    if not _checked(kind, str, "the event type"):
        raise ValueError("the event type is empty")
    if len(at) != 2:
        raise ValueError("the offset must be a list of two whole numbers")
    start, end = (_checked(number, int, "an offset") for number in at)
    if not 0 <= start < end <= len(tokens):
        raise ValueError(f"the offset of {word[:60]!r} lies outside the {len(tokens)} tokens of the sentence")
    span = (places[start][0], places[end - 1][1])
    mention = text[slice(*span)]
    if "".join(word.split()) not in ("".join(tokens[start:end]), "".join(mention.split())):
        raise ValueError(f"the trigger word {word[:60]!r} is not at its offset, which holds {mention[:60]!r}")
    return Annotation(kind, mention=mention, spans=(span,))


def _mentions(document: dict[str, Any]) -> dict[int, list[tuple[Any, dict[str, Any]]]]:
    """The mentions of a document with their types, by sentence. Raises ValueError for one without a sentence."""
    by_sentence: dict[int, list[tuple[Any, dict[str, Any]]]] = {}
    for event in _checked(document["events"], list, "events"):
        _checked(event, dict, "an event")
        for mention in _checked(event.get("mention"), list, "the mention of an event"):
            number = _checked(_checked(mention, dict, "a mention").get("sent_id"), int, "sent_id")
            by_sentence.setdefault(number, []).append((event.get("type"), mention))
    return by_sentence


def _document(
    document: Any, context: ReadContext, split: str | None, file: str, line: int
) -> Iterator[Record | Reject]:
    """Yield the sentences of one official document."""
    name: str | None = None
    # the sentences, None if the document has no list of them
    numbers: range | None = None
    mentions: dict[int, list[tuple[Any, dict[str, Any]]]] = {}
    wrong = None
    try:
        name = _checked(_checked(document, dict, "a document").get("id"), str, "the id")
        if not name:
            raise ValueError("the id is empty")
        content = _checked(document.get("content"), list, "content")
        numbers = range(len(content))
        wrong = None if "events" in document else UNLABELLED
        mentions = {} if wrong else _mentions(document)
    except ValueError as error:
        wrong = str(error)
    if numbers is None:
        yield Reject(file, line, str(wrong), name)
        return
    if wrong:
        yield from (Reject(file, line, wrong, f"{name}-{n}") for n in numbers)
        return
    if isinstance(negative := document.get("negative_triggers"), list) and negative:
        context.note(NEGATIVE, len(negative))
    for n in numbers:
        record = Record(f"{name}-{n}", "", [], split, name, file, line)
        try:
            yield from _sentence(content[n], mentions.get(n, []), context, record)
        except ValueError as error:
            yield Reject(file, line, str(error), record.id)
    for n in sorted(set(mentions) - set(numbers)):
        wrong = f"a mention has a sent_id that is none of the {len(numbers)} sentences"
        yield Reject(file, line, wrong, f"{name}-{str(n)[:20]}")


def _sentence(
    item: Any, mentions: list[tuple[Any, dict[str, Any]]], context: ReadContext, record: Record
) -> Iterator[Record | Reject]:
    """Yield the rejects of one sentence of a document, and `record` with its text and its triggers."""
    tokens = _tokens(_checked(item, dict, "a sentence"))
    record.text = _checked(item.get("sentence"), str, "sentence")
    places = aligned(record.text, tokens)
    if places is None:
        context.note(JOINED)
        record.text, places = joined(tokens)
    for kind, mention in mentions:
        try:
            at = _checked(mention.get("offset"), list, "the offset")
            record.annotations.append(_trigger(record.text, tokens, places, kind, mention.get("trigger_word"), at))
        except ValueError as error:
            yield Reject(record.file, record.line, str(error), record.id, "annotation")
    yield record


def _item(item: Any, split: str | None, file: str, line: int) -> Iterator[Record | Reject]:
    """Yield the rejects and the record of one item of a sentence-level array."""
    name: str | None = None
    try:
        given = _checked(item, dict, "an item").get("id")
        name = str(_checked(given, str if isinstance(given, str) else int, "the id"))
        tokens = _tokens(item)
        if "events" not in item:
            raise ValueError(UNLABELLED)
        text, places = joined(tokens)
        record = Record(name, text, [], split, None, file, line)
        events = _checked(item["events"], list, "events")
    except ValueError as error:
        yield Reject(file, line, str(error), name)
        return
    for event in events:
        try:
            at = [_checked(event, dict, "an event").get("start"), event.get("end")]
            record.annotations.append(_trigger(text, tokens, places, event.get("event_type"), event.get("text"), at))
        except ValueError as error:
            yield Reject(file, line, str(error), name, "annotation")
    yield record


def _parsed(text: str) -> Any:
    """The JSON value in `text`. Raises ValueError with a message for text that cannot be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    except ValueError as error:
        # without the position, which counts from the beginning of the item
        raise ValueError(f"not JSON ({getattr(error, 'msg', error)})") from None


def _files(source: Source) -> list[tuple[str, bool]]:
    """The files to read, and whether each is an array. Raises InputError if there is none."""
    if is_single(source):
        return [(name, first(source, name) == "[") for name in source.names()]
    # a zip may hold duplicate names
    if lines := named_for_split(dict.fromkeys(source.find("*.jsonl"))):
        return [(name, False) for name in lines]
    named = [name for name in dict.fromkeys(source.find("*.json")) if split_name(stem_words(name)[0])]
    arrays = [(name, True) for name in named if first(source, name) == "["]
    if not arrays:
        looked = (
            "Looked for train, dev, valid or test in the names of *.jsonl, or at the start of a *.json with an array."
        )
        raise InputError(source.label, "holds no file of MAVEN", looked)
    return arrays


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The sentences of the corpus. Raises InputError for a source without its files, and for a broken file."""
    for name, is_array in _files(context.source):
        split, file = split_from_path(name), context.source.location(name)
        texts = items(context.source, name) if is_array else enumerate(context.source.lines(name), 1)
        for line, text in texts:
            if not is_array and not text.strip():
                continue
            try:
                given = _parsed(text)
            except ValueError as error:
                yield Reject(file, line, str(error))
                continue
            if is_array:
                yield from _item(given, split, file, line)
            else:
                yield from _document(given, context, split, file, line)


BUILDER = Builder("maven", "ed", read, {"": TEN, "all": TYPES}, recognise=looks.maven)
