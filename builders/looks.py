"""What the beginnings of files look like, for each format: the functions `recognise` of the builders.

Each takes the `Head` of a file and gives a `Guess` (why, weight, task), or None for another format.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sde_datasets.ingest.builder import CORPUS, GENERAL, TOOL, Guess

if TYPE_CHECKING:
    from sde_datasets.ingest.recognise import Head

Look = Callable[["Head"], Guess | None]
_TAG = re.compile(r"O|[BIESLUM]-.+")
_QUAD = re.compile(r"(-1,-1|\d+,\d+) \S+ [012] (-1,-1|\d+,\d+)")
_LETTERS = re.compile(r"[A-Za-z]")


def _any(head: Head, test: Callable[[dict[str, Any]], bool], why: str, weight: int, task: str = "") -> Guess | None:
    return Guess(why, weight, task) if any(map(test, head.objects)) else None


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, kind) for item in value)


def labelstudio(head: Head) -> Guess | None:
    """Tasks with `data` and `annotations`, rows with lists of {start, end, labels}, or with the keys of JSON-MIN."""
    for row in head.objects:
        given = row.get("annotations", row.get("completions"))
        if isinstance(row.get("data"), dict) and isinstance(given, list):
            results = [r for each in given if isinstance(each, dict) for r in each.get("result") or []]
            kinds = [r.get("type") for r in results if isinstance(r, dict)]
            if kinds:
                task = (
                    "ner" if "labels" in kinds and "choices" not in kinds else "mabsa" if "choices" in kinds else "ner"
                )
                return Guess("tasks of Label Studio (data, annotations)", TOOL, task)
        spans = [value for value in row.values() if _is_list_of(value, dict)]
        if any(isinstance(item.get("labels"), list) and "start" in item for value in spans for item in value):
            return Guess("JSON-MIN of Label Studio (start, end, labels)", TOOL, "ner")
        if {"annotation_id", "annotator", "lead_time"} <= row.keys():
            return Guess("JSON-MIN of Label Studio (annotation_id, annotator, lead_time)", TOOL, "mabsa")
    return None


def doccano(head: Head) -> Guess | None:
    """Rows with [start, end, name] or [name] in `label`, or with start_offset."""
    for row in head.objects:
        if not isinstance(row.get("text", row.get("data")), str) or "spans" in row:
            continue
        for key in ("label", "labels", "annotations", "entities"):
            given = row.get(key)
            if _is_list_of(given, dict) and "start_offset" in given[0]:
                return Guess(f"doccano ({key} with start_offset)", TOOL, "ner")
            if _is_list_of(given, list) and len(given[0]) == 3 and type(given[0][0]) is int:
                return Guess(f"doccano ({key} with [start, end, name])", TOOL, "ner")
            if key in ("label", "labels") and _is_list_of(given, str):
                return Guess(f"doccano (categories in {key})", TOOL, "mabsa")
    return None


def prodigy(head: Head) -> Guess | None:
    """Answers of Prodigy."""
    for row in head.objects:
        if "_input_hash" in row or (row.get("answer") in ("accept", "reject", "ignore") and "text" in row):
            return Guess("answers of Prodigy (answer, _input_hash)", TOOL, "ner" if "spans" in row else "mabsa")
    return None


def spacy(head: Head) -> Guess | None:
    """DocBin files, or old training tuples."""
    if head.name.lower().endswith(".spacy"):
        return Guess("a DocBin of spaCy", TOOL, "ner")
    for value in head.values:
        is_pair = (
            isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], dict)
        )
        if is_pair and {"entities", "cats"} & value[1].keys():
            return Guess("training tuples of spaCy", TOOL, "ner" if value[1].get("entities") else "mabsa")
    return None


def conll(head: Head) -> Guess | None:
    """Lines of tokens whose last column is a tag."""
    rows = [line.split("\t") if "\t" in line else line.split() for line in head.lines if not line.startswith("# ")]
    rows = [row for row in rows if len(row) > 1 and row[0] != "-DOCSTART-" and row != ["#"]]
    tags = [row[-1] for row in rows if _TAG.fullmatch(row[-1])]
    if len(tags) >= 2 and len(tags) >= 0.9 * len(rows):
        return Guess("a token with its tags on each line (CoNLL)", TOOL, "ner")
    return None


def bioc(head: Head) -> Guess | None:
    """Collections of BioC."""
    if "<collection" in head.text and "<document" in head.text and "<passage" in head.text:
        return Guess("a collection of BioC", TOOL, "ner")
    return _any(head, lambda row: "passages" in row or _has_passages(row), "documents of BioC", TOOL, "ner")


def _has_passages(row: dict[str, Any]) -> bool:
    documents = row.get("documents")
    return _is_list_of(documents, dict) and "passages" in documents[0]


def pubtator(head: Head) -> Guess | None:
    """Titles of PubTator."""
    is_title = any(re.match(r"[^|\t]{1,40}\|t\|", line) for line in head.lines[:50])
    return Guess("PubTator (PMID|t|title)", TOOL, "ner") if is_title else None


def uima(head: Head) -> Guess | None:
    """CAS of UIMA."""
    is_json = (
        any("%TYPES" in row or "%FEATURE_STRUCTURES" in row for row in head.objects) or "%TYPES" in head.text[:2000]
    )
    if is_json or "<xmi:XMI" in head.text[:2000]:
        return Guess("a CAS of UIMA", TOOL, "ner")
    return None


def oneie(head: Head) -> Guess | None:
    """Sentences of OneIE or TextEE, documents of DyGIE++."""
    for row in head.objects:
        if isinstance(row.get("tokens"), list) and {"event_mentions", "entity_mentions"} & row.keys():
            if "sentences" in row:
                continue
            task = "ed" if "event_mentions" in row else "ner"
            return Guess("sentences of OneIE (tokens, event_mentions)", TOOL, task)
        if "doc_key" in row and "sentences" in row and {"events", "ner"} & row.keys() and "evt_triggers" not in row:
            return Guess("documents of DyGIE++ (sentences, events)", TOOL, "ed" if "events" in row else "ner")
    return None


def rams(head: Head) -> Guess | None:
    """Documents of RAMS."""
    return _any(head, lambda row: "evt_triggers" in row, "documents of RAMS (evt_triggers)", CORPUS)


def wikievents(head: Head) -> Guess | None:
    """Documents of WikiEvents."""
    why = "documents of WikiEvents (sentences, event_mentions)"
    return _any(head, lambda row: {"doc_id", "sentences", "event_mentions"} <= row.keys(), why, CORPUS)


def casie(head: Head) -> Guess | None:
    """Documents of CASIE."""
    return _any(head, lambda row: "cyberevent" in row, "a document of CASIE (cyberevent)", CORPUS)


def maven(head: Head) -> Guess | None:
    """Documents or sentences of MAVEN."""
    for row in head.objects:
        if _is_list_of(row.get("content"), dict) and isinstance(row.get("events"), list):
            return Guess("documents of MAVEN (content, events)", CORPUS)
        events = row.get("events")
        if "tokens" in row and _is_list_of(events, dict) and "event_type" in events[0]:
            return Guess("sentences of MAVEN (tokens, events)", CORPUS)
    return None


def semeval(head: Head) -> Guess | None:
    """Sentences with aspect terms, categories or opinions."""
    if "<aspectCategory" in head.text or "<Opinion " in head.text:
        return Guess("sentences of SemEval (aspect categories)", TOOL, "mabsa")
    return Guess("sentences of SemEval (aspect terms)", TOOL, "ner") if "<aspectTerm " in head.text else None


def mams(head: Head) -> Guess | None:
    """Sentences without ids, with aspect categories: SemEval gives ids to its sentences."""
    if re.search(r"<sentence>\s*<text>", head.text) and "<aspectCategory " in head.text:
        return Guess("sentences of MAMS-ACSA (aspectCategories)", CORPUS)
    return None


def genia(head: Head) -> Guess | None:
    """Sentences of GENIA."""
    is_genia = "<cons " in head.text and 'sem="G#' in head.text
    return Guess("sentences of GENIA (cons)", CORPUS) if is_genia else None


def asap(head: Head) -> Guess | None:
    """The columns of ASAP."""
    first = head.lines[0] if head.lines else ""
    is_asap = "location_traffic" in first or "Location#Transportation" in first
    return Guess("the columns of ASAP", CORPUS) if is_asap else None


def acos(head: Head) -> Guess | None:
    """Lines of quadruples with spans of tokens."""
    is_acos = any(_QUAD.fullmatch(field) for line in head.lines[:20] for field in line.split("\t")[1:])
    return Guess("quadruples of ACOS", CORPUS) if is_acos else None


def aste(head: Head) -> Guess | None:
    """Lines with triplets of numbers of tokens."""
    is_aste = any(re.search(r"####\s*\[\(\[\d", line) for line in head.lines[:50])
    return Guess("triplets of ASTE (text####[([0], [1], 'POS')])", TOOL) if is_aste else None


def asqp(head: Head) -> Guess | None:
    """Lines with quadruples of words."""
    is_asqp = any(re.search(r"####\s*\[[\[(]['\"]", line) for line in head.lines[:50])
    return Guess("quadruples of words (text####[['soup', ...]])", TOOL) if is_asqp else None


def brat(head: Head) -> Guess | None:
    """Annotation files of brat."""
    entity = re.compile(r"T\d+\t\S+ \d+ \d+(;\d+ \d+)*\t")
    is_brat = head.name.lower().endswith(".ann") and any(entity.match(line) for line in head.lines)
    return Guess("annotations of brat", TOOL, "ner") if is_brat else None


def jsonl(head: Head) -> Guess | None:
    """Own data: texts with annotations that have a target."""
    for row in head.objects:
        given = row.get("annotations")
        if isinstance(row.get("text"), str) and _is_list_of(given, dict) and "target" in given[0]:
            return Guess("JSON lines (text, annotations)", TOOL, "mabsa" if "label" in given[0] else "ner")
    return None


def hf(head: Head) -> Guess | None:
    """Rows with tokens and tags, with spans, or of GLiNER and W2NER; Parquet and Arrow with tokens."""
    for row in head.objects:
        tags = any(key.endswith("tags") and isinstance(value, list) for key, value in row.items())
        if isinstance(row.get("tokens"), list) and tags:
            return Guess("tokens with tags", GENERAL + 1, "ner")
        lists = [key for key in ("tokenized_text", "sentence") if isinstance(row.get(key), list)]
        if lists and isinstance(row.get("ner"), list):
            return Guess(f"tokens with mentions ({lists[0]}, ner)", GENERAL + 1, "ner")
        given = next((row[key] for key in ("entities", "spans") if _is_list_of(row.get(key), dict)), None)
        if isinstance(row.get("text"), str) and given and {"start", "end"} <= given[0].keys():
            return Guess("texts with spans", GENERAL + 1, "ner")
    if head.data[:4] == b"PAR1" and b"tokens" in head.data:
        return Guess("a Parquet file with tokens", GENERAL + 1, "ner")
    return Guess("an Arrow file", GENERAL, "ner") if head.name.lower().endswith(".arrow") else None


def table(head: Head) -> Guess | None:
    """Tables by the ending of their name."""
    ending = head.name.lower().rpartition(".")[2]
    if ending not in ("csv", "tsv", "tab", "xlsx", "xls", "ods", "parquet"):
        return None
    first = head.lines[0].casefold() if ending in ("csv", "tsv", "tab") and head.lines else ""
    columns = {column.strip(' "') for column in re.split(r"[,;\t|]", first)}
    return Guess(f"a table (.{ending})", GENERAL, "ner" if {"start", "end"} <= columns else "mabsa")
