r"""Rows with tokens or texts as datasets of the Hub write them, as drafts; `hf.py` lists the forms.

{"tokens": ["Ana", "met"], "ner_tags": [1, 0]}                          names of the tags from the features
{"tokenized_text": ["Ana", "met"], "ner": [[0, 0, "PER"]]}              GLiNER, ends inclusive
{"sentence": ["Ana", "met"], "ner": [{"index": [0], "type": "PER"}]}    W2NER, every token of a mention
{"text": "Ana met.", "entities": [{"start": 0, "end": 3, "label": "PER"}]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sde_builders.drafts import Mark
from sde_builders.iob_tags import mentions_of_tags
from sde_builders.labels import Unfit, short, wrong
from sde_builders.span_values import span_of
from sde_builders.token_marks import TokenText

TOKENS = ("tokens", "words", "tokenized_text", "sentence")
SPAN_LISTS = ("entities", "spans", "ner", "annotations", "labels")
TYPES = ("label", "type", "entity_type", "entity_group", "entity", "tag")
ENDS = (("start", "end"), ("start_offset", "end_offset"), ("begin", "end"))


def token_key(row: Mapping[str, Any]) -> str | None:
    """The key of the tokens of a row, or None."""
    return next((key for key in TOKENS if isinstance(row.get(key), list)), None)


def tags_key(row: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> str | None:
    """The key of the tags of a row with tokens: `ner_tags`, else the first list of tags or classes."""
    lists = [key for key, value in row.items() if isinstance(value, list) and key not in TOKENS]
    wanted = [key for key in lists if key in ("ner_tags", "ner_tag") or key.endswith("tags") or key in names]
    return min(wanted, key=lambda key: not key.startswith("ner"), default=None)


def token_row(row: Mapping[str, Any], key: str, names: Mapping[str, Sequence[str]]) -> tuple[str, list[Mark]]:
    """The text and the mentions of a row with tokens. Raises Unfit for a row of another form."""
    text = TokenText(row[key], row.get("text"))
    given = next((row[name] for name in ("ner", "entities") if isinstance(row.get(name), list)), None)
    if given is not None and not (given and isinstance(given[0], str | int)):
        return text.text, [mark for item in given for mark in _token_span(text, item)]
    at = tags_key(row, names)
    if at is None:
        raise Unfit(f"unlabelled: there are no tags or entities; the keys are {', '.join(map(short, list(row)[:12]))}")
    tags = [_tag(tag, names.get(at), at) for tag in row[at]]
    try:
        found = list(mentions_of_tags(text.text, text.places, tags))
    except ValueError as error:
        raise Unfit(f"{at}: {error}") from None
    return text.text, [Mark(a.target, spans=a.spans, mention=a.mention) for a in found]


def _tag(tag: Any, names: Sequence[str] | None, key: str) -> str:
    """The name of a tag that is a name, or the number of a class. Raises Unfit for a number without names."""
    if isinstance(tag, str):
        return tag
    if not isinstance(tag, int) or isinstance(tag, bool):
        raise wrong(key, "names or numbers of tags", tag)
    if names is None:
        hint = 'tag_names = "O,B-PER,I-PER,..." in the plan names them in order'
        raise Unfit(f"{key}: the tags are numbers, and the file has no features with their names; {hint}")
    if not 0 <= tag < len(names):
        raise Unfit(f"{key}: the tag {tag} is none of the {len(names)} names")
    return names[tag]


def _token_span(text: TokenText, item: Any) -> Iterator[Mark]:
    """The mention of [first, last, type], of {"index": [...], "type": ...} or of {"start", "end", "type"} of tokens."""
    if isinstance(item, list) and len(item) == 3:
        yield text.mark(item[2], item[0], item[1] + 1 if isinstance(item[1], int) else item[1])
        return
    if not isinstance(item, dict):
        raise wrong("ner", "[first, last, type] or an object with index and type", item)
    kind = next((item[name] for name in TYPES if name in item), None)
    if not isinstance(index := item.get("index"), list):
        yield text.mark(kind, item.get("start"), item.get("end"), item.get("text"), "the mention")
        return
    if not index or not all(type(number) is int for number in index):
        raise wrong("index", "the numbers of the tokens", index)
    pieces = [[index[0], index[0] + 1]]
    for number in sorted(index)[1:]:
        if number == pieces[-1][1]:
            pieces[-1][1] += 1
        elif number > pieces[-1][1]:
            pieces.append([number, number + 1])
    marks = [text.mark(kind, first, after) for first, after in pieces]
    mention = " ".join(mark.mention or "" for mark in marks)
    yield Mark(marks[0].target, spans=tuple(span for mark in marks for span in mark.spans), mention=mention)


def span_list(row: Mapping[str, Any], keys: Sequence[str] = SPAN_LISTS) -> list[Mark] | None:
    """The mentions in the span list of a row; None if it has none. Raises Unfit for a list of another form."""
    given = next((row[key] for key in keys if isinstance(row.get(key), list)), None)
    if given is None:
        return None
    marks = []
    for item in given:
        if not isinstance(item, dict):
            raise wrong("a span", "an object with start, end and label", item)
        ends = next((pair for pair in ENDS if pair[0] in item and pair[1] in item), None)
        kind = next((item[name] for name in TYPES if isinstance(item.get(name), str)), None)
        if ends is None or not kind:
            raise wrong("a span", "start, end and label (or type)", item)
        mention = next((item[name] for name in ("text", "word", "mention") if isinstance(item.get(name), str)), None)
        marks.append(Mark(kind, spans=(span_of(item[ends[0]], item[ends[1]], ", ".join(ends)),), mention=mention))
    return marks
