"""Small files of MAVEN: documents, one per line, and arrays of sentences."""

from __future__ import annotations

import json
from pathlib import Path

DEEP = "[" * 200_000 + "]" * 200_000
HUGE = "9" * 5_000
SENTENCES = [
    {"sentence": 'He said "no" and  left.', "tokens": ["He", "said", "``", "no", "''", "and", "left", "."]},
    {"sentence": "The Great War began.", "tokens": ["The", "Great", "War", "began", "."]},
    {"sentence": "Nothing.", "tokens": ["Nothing", "."]},
]


def mention(number: int, start: int, end: int, word: str) -> dict:
    return {"id": "m", "trigger_word": word, "sent_id": number, "offset": [start, end]}


def document(*events: tuple[str, dict], **changed) -> dict:
    given = [{"id": "e", "type": kind, "type_id": 1, "mention": [place]} for kind, place in events]
    return {"id": "d1", "title": "T", "content": SENTENCES, "events": given, "negative_triggers": []} | changed


def lines(tmp_path: Path, *documents, name: str = "train.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join((d if isinstance(d, str) else json.dumps(d)) + "\n" for d in documents))
    return path


def item(number, words: str, *events: tuple[str, int, int, str], **changed) -> dict:
    given = [{"text": t, "start": s, "end": e, "event_type": k} for k, s, e, t in events]
    return {"id": number, "tokens": words.split(" "), "events": given} | changed


def array(tmp_path: Path, *items, name: str = "dev.json") -> Path:
    path = tmp_path / name
    path.write_text("[\n" + ",\n".join(i if isinstance(i, str) else json.dumps(i) for i in items) + "\n]\n")
    return path


def triggers(record) -> list[tuple]:
    return [(a.target, a.mention, record.text[slice(*a.spans[0])]) for a in record.annotations]
