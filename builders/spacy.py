"""spaCy: DocBin files (*.spacy), read by spaCy itself (the extra `spacy`), and old training tuples as JSON.

    [["Ana met Bo.", {"entities": [[0, 3, "PER"], [8, 10, "PER"]]}],
     ["Good soup.", {"entities": [], "cats": {"food positive": 1.0, "food negative": 0.0}}]]

Rules
- Mention tasks take `doc.spans[key]` if the file has it (overlapping spans; the key is `sc`, the option `spans_key`
  names another), else `doc.ents`. Label tasks take the categories with a score of at least 0.5: `food positive` is the
  label `positive` of `food`, `positive` alone that of `sentiment`.
- The vocabulary is that of a blank pipeline; nothing is tagged or predicted.
- Old tuples are an array, or one tuple a line; a tuple has the text first and a dict second.
- A document of a DocBin whose entities are all missing (`ent_iob` 0, and no spans and no categories) is not annotated,
  and it is rejected.
- The id is `<file stem>-<number>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sde_builders import looks
from sde_builders.aspect_names import AspectNames, no_category
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.json_values import JSON_FILES, in_path, values
from sde_builders.labels import Unfit, short, wrong
from sde_builders.optional import library
from sde_builders.span_values import span_of
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.source_files import plain_name
from sde_datasets.records.record import Reject

# the smallest score of a category that counts
HOLDS = 0.5


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The documents of one file."""
    location, aspects = context.source.location(name), AspectNames(context)
    if plain_name(name).lower().endswith(".spacy"):
        for number, doc in enumerate(_docs(context, name), 1):
            draft = _doc(context, doc, number, aspects)
            reason = "unlabelled: the document has no entities, spans or categories"
            yield draft or Reject(location, number, reason, f"{number}")
        return
    for line, value, path in values(context, name):
        if isinstance(value, Reject):
            yield value
            continue
        try:
            draft = _tuple(value, line, aspects)
            draft.path = path
            yield draft
        except Unfit as error:
            yield Reject(location, line, in_path(path, str(error)))


def _docs(context: ReadContext, name: str) -> Iterator[Any]:
    """The documents of a DocBin. Raises UsageError without spaCy, InputError for another file."""
    tokens, spacy = library("spacy.tokens", "spacy", "A .spacy file"), library("spacy", "spacy", "A .spacy file")
    try:
        box = tokens.DocBin().from_bytes(b"".join(context.source.chunks(name)))
        yield from box.get_docs(spacy.blank("xx").vocab)
    except (ValueError, KeyError, TypeError, EOFError, OSError) as error:
        hint = "Write it again: DocBin(docs=docs).to_disk(PATH)."
        raise InputError(context.source.location(name), f"is not a DocBin of spaCy ({error})", hint) from error
    except Exception as error:
        # msgpack and zlib raise errors of their own for other bytes
        if type(error).__module__.split(".")[0] not in ("zlib", "srsly", "msgpack"):
            raise
        raise InputError(context.source.location(name), f"is not a DocBin of spaCy ({error})") from error


def _doc(context: ReadContext, doc: Any, number: int, aspects: AspectNames) -> Draft | None:
    """The draft of a document; None if it is not annotated for the task."""
    key = str(context.options.get("spans_key", "sc"))
    spans = doc.spans.get(key, doc.ents)
    bad: list[Bad] = []
    if context.task.kind == "label":
        return Draft(doc.text, _cats(doc.cats, aspects, bad), number, bad=bad) if doc.cats else None
    if not len(spans) and key not in doc.spans and not any(token.ent_iob for token in doc):
        return None
    marks = [Mark(s.label_, spans=((s.start_char, s.end_char),), mention=s.text) for s in spans]
    return Draft(doc.text, marks, number)


def _cats(cats: Any, aspects: AspectNames, bad: list[Bad]) -> list[Mark]:
    """The marks of the categories that hold."""
    found = []
    for name, score in cats.items() if aspects.wanted else ():
        if not isinstance(score, int | float):
            bad.append(Bad(f"the score of {short(name)} is {short(score)}, a number is expected"))
        elif score >= HOLDS:
            split = aspects.split(str(name))
            found += [Mark(*split)] if split else []
            if not split:
                bad.append(Bad(no_category(name)))
    return found


def _tuple(value: Any, line: int, aspects: AspectNames) -> Draft:
    """The draft of an old training tuple. Raises Unfit for another value."""
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not isinstance(value[0], str)
        or not isinstance(value[1], dict)
    ):
        raise wrong("a tuple", '["text", {"entities": [[start, end, "LABEL"]]}]', value)
    text, given = value
    if not {"entities", "cats", "spans"} & given.keys():
        raise Unfit("unlabelled: there is none of the keys entities, spans and cats")
    bad: list[Bad] = []
    marks = _cats(given["cats"], aspects, bad) if isinstance(given.get("cats"), dict) else []
    lists = {"[1].entities": given.get("entities", [])}
    if isinstance(given.get("spans"), dict):
        lists |= {f"[1].spans.{key}": group for key, group in given["spans"].items()}
    for path, item in ((f"{path}[{i}]", item) for path, items in lists.items() for i, item in enumerate(items)):
        try:
            if not isinstance(item, list) or len(item) < 3 or not isinstance(item[2], str):
                raise wrong("entities", '[start, end, "LABEL"]', item)
            marks.append(Mark(item[2], spans=(span_of(item[0], item[1]),), path=path))
        except Unfit as error:
            bad.append(Bad(str(error), path))
    return Draft(text, marks, line, bad=bad)


FORM = Form(("*.spacy", *JSON_FILES), drafts)
BUILDER = drafts_builder(__name__, "spacy", None, FORM, options=("labels", "spans_key"), recognise=looks.spacy)
