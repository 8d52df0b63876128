"""The builder of OneIE, TextEE and DyGIE++: each rule on small files, and the counts of a real file."""

from __future__ import annotations

import pytest

from sde_builders.oneie import INCLUSIVE
from sde_builders.token_marks import JOINED
from sde_datasets.errors import InputError
from tests.builders.written import read_marks, write
from tests.conftest import read

TOKENS = ["Troops", "attacked", "and", "left", "."]


def event(kind: str, text: str, start: int, end: int) -> dict:
    return {"event_type": kind, "trigger": {"text": text, "start": start, "end": end}, "arguments": []}


ATTACK, LEAVE = event("Conflict:Attack", "attacked", 1, 2), event("Movement:Transport", "left", 3, 4)
ROW = {
    "doc_id": "d1",
    "sent_id": "d1-0",
    "tokens": TOKENS,
    "sentence": "Troops attacked and left.",
    "entity_mentions": [{"text": "Troops", "entity_type": "ORG", "start": 0, "end": 1}],
    "event_mentions": [ATTACK, LEAVE],
}
DYGIE = {
    "doc_key": "d2",
    "sentences": [["It", "rained", "."], TOKENS],
    "ner": [[], [[3, 3, "ORG"]]],
    "events": [[], [[[4, "Conflict.Attack"], [3, 3, "Attacker"]], [[6, 6, "Movement.Transport"]]]],
}


def test_every_event_of_a_sentence_is_read_from_the_sentence_of_the_file(tmp_path):
    (record,), rejects, context = read("oneie", write(tmp_path, "dev.json", [ROW]))
    assert [(a.target, a.mention, a.spans) for a in record.annotations] == [
        ("Conflict:Attack", "attacked", ((7, 15),)),
        ("Movement:Transport", "left", ((20, 24),)),
    ]
    assert (record.id, record.document, record.split, record.text) == ("d1-0", "d1", "validation", ROW["sentence"])
    assert (rejects, context.notes) == ([], {})


def test_entities_are_read_for_ner(tmp_path):
    assert read_marks("oneie", write(tmp_path, "a.jsonl", [ROW]), task="ner")[0] == [[("ORG", "Troops")]]


def test_tokens_are_joined_where_the_sentence_is_missing_or_another(tmp_path):
    rows = [{**ROW, "sentence": None}, {**ROW, "sent_id": "d1-1", "sentence": "Other words."}]
    records, _, context = read("oneie", write(tmp_path, "a.jsonl", rows))
    assert {record.text for record in records} == {"Troops attacked and left ."}
    assert context.notes[JOINED] == 2


def test_a_window_id_is_the_id_without_a_sentence_id(tmp_path):
    row = {key: value for key, value in ROW.items() if key != "sent_id"} | {"wnd_id": "w7"}
    assert read("oneie", write(tmp_path, "a.jsonl", [row]))[0][0].id == "w7"


def test_inclusive_ends_are_found_out_from_the_text_of_triggers(tmp_path):
    row = {**ROW, "event_mentions": [event("A", "attacked and", 1, 2), event("B", "left", 3, 3)], "entity_mentions": []}
    found, rejects, notes = read_marks("oneie", write(tmp_path, "a.jsonl", [row]))
    assert (found, rejects, notes[INCLUSIVE]) == ([[("A", "attacked and"), ("B", "left")]], [], 2)


def test_dygie_counts_tokens_in_the_document_with_inclusive_ends(tmp_path):
    path = write(tmp_path, "a.json", [DYGIE])
    records, _, _ = read("oneie", path)
    assert [(record.id, record.document) for record in records] == [("d2-0", "d2"), ("d2-1", "d2")]
    assert read_marks("oneie", path)[0] == [[], [("Conflict.Attack", "attacked"), ("Movement.Transport", "left")]]
    assert read_marks("oneie", path, task="ner")[0] == [[], [("ORG", "Troops")]]


def test_types_are_cut_to_the_levels_asked_for(tmp_path):
    path = write(tmp_path, "a.jsonl", [ROW])
    assert read_marks("oneie", path, levels=1)[0] == [[("Conflict", "attacked"), ("Movement", "left")]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"event_mentions": None}, "unlabelled: event_mentions is missing; [] says that nothing is mentioned"),
        ({"tokens": "Troops attacked"}, "tokens: expected a list of words, found 'Troops attacked'"),
        (
            {"event_mentions": [event("A", "left", 1, 2)]},
            "$.event_mentions[0]: the mention 'left' is not at its tokens, which are 'attacked'",
        ),
        (
            {"event_mentions": [event("A", "", 4, 9)]},
            "$.event_mentions[0]: the tokens 4 to 9 lie outside the 5 tokens of the text",
        ),
    ],
)
def test_a_line_that_breaks_the_format_is_rejected_with_the_reason(tmp_path, change, reason):
    good = {**ROW, "sent_id": "good"}
    assert read_marks("oneie", write(tmp_path, "a.jsonl", [good, {**ROW, **change}]))[1] == [reason]


def test_a_file_without_json_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not JSON: no line holds a JSON value"):
        read("oneie", write(tmp_path, "a.jsonl", "B-PER Anna\n"))


def test_the_real_entities_of_genia_are_counted_as_published(corpora):
    path = corpora / "genia_term" / "jsonlines_cnn_nested_ner" / "dev.jsonlines"
    records, rejects, _ = read("oneie", path, task="ner")
    assert (len(records), sum(len(r.annotations) for r in records), rejects) == (1765, 4714, [])
