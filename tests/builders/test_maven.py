"""The builder of MAVEN: the counts of the real files, each rule on small ones, and bad input."""

from __future__ import annotations

import json
import zipfile
from collections import Counter

import pytest

from sde_builders import maven
from sde_builders.maven import BUILDER, TEN, TYPES
from sde_datasets.errors import InputError
from tests.builders.maven_files import DEEP, HUGE, SENTENCES, array, document, item, lines, mention, triggers
from tests.conftest import read


@pytest.fixture(scope="module")
def real(corpora):
    return read("maven", corpora / "maven", "all")


def test_published_counts(real):
    records, rejects, context = real
    assert rejects == []
    assert Counter(r.split for r in records) == {"validation": 4_047, "test": 4_047}
    for types, counts in ((TYPES, (9_639, 9_698)), (TEN, (2_957, 2_911))):
        found = Counter(r.split for r in records for a in r.annotations if a.target in types)
        assert (found["validation"], found["test"]) == counts
    assert {a.target for r in records for a in r.annotations} == set(TYPES) == set(context.schema.targets)
    assert {r.file for r in records} == {f"maven/sentence_level_8_1_1/{name}.json" for name in ("dev", "test")}


def test_every_trigger_is_the_text_at_its_place(real, corpora):
    given = json.loads((corpora / "maven/sentence_level_8_1_1/dev.json").read_text())
    ours = {r.id: r for r in real[0] if r.split == "validation"}
    for sentence in given:
        record = ours[str(sentence["id"])]
        assert record.text == " ".join(sentence["tokens"])
        assert triggers(record) == [(e["event_type"], e["text"], e["text"]) for e in sentence["events"]]


def test_lines_of_the_real_items(real, corpora):
    text = (corpora / "maven/sentence_level_8_1_1/dev.json").read_text().split("\n")
    for record in real[0]:
        if record.split == "validation":
            assert text[record.line - 1 : record.line + 1] == ["  {", f'    "id": {record.id},']


def test_types(corpora):
    assert len(TYPES) == len(set(TYPES)) == 168
    assert TEN[:3] == ("Catastrophe", "Attack", "Hostile_encounter")
    assert TEN[3:] == (
        "Causation",
        "Process_start",
        "Competition",
        "Motion",
        "Social_event",
        "Killing",
        "Conquering",
    )
    assert list(TYPES[10:]) == sorted(TYPES[10:])
    assert BUILDER.targets == {"": TEN, "all": TYPES}
    assert set(TYPES) == set(json.loads((corpora / "maven/maven_definition.json").read_text()))


def test_a_document(tmp_path):
    events = ("Motion", mention(0, 6, 7, "left")), ("Attack", mention(1, 1, 3, "Great War"))
    negative = [mention(0, 3, 4, "no"), mention(2, 0, 1, "Nothing")]
    records, rejects, context = read("maven", lines(tmp_path, document(*events, negative_triggers=negative)))
    assert rejects == []
    assert [(r.id, r.document, r.split, r.line) for r in records] == [(f"d1-{n}", "d1", "train", 1) for n in range(3)]
    assert [r.text for r in records] == [s["sentence"] for s in SENTENCES]
    assert triggers(records[0]) == [("Motion", "left", "left")]
    assert triggers(records[1]) == [("Attack", "Great War", "Great War")]
    assert records[0].annotations[0].spans == ((18, 22),)
    assert records[2].annotations == []
    assert context.notes == {maven.NEGATIVE: 2}


def test_a_trigger_beside_quotes(tmp_path):
    [record, *_], _, _ = read("maven", lines(tmp_path, document(("Motion", mention(0, 2, 5, "`` no ''")))))
    assert triggers(record) == [("Motion", '"no"', '"no"')]


@pytest.mark.parametrize(
    "sentence", ["The great War began.", "The Great War began. Then", "x The Great War began.", ""]
)
def test_tokens_that_do_not_fill_the_sentence_are_joined(tmp_path, sentence):
    content = [{"sentence": sentence, "tokens": SENTENCES[1]["tokens"]}]
    [record], _, context = read(
        "maven", lines(tmp_path, document(("Attack", mention(0, 1, 3, "Great War")), content=content))
    )
    assert record.text == "The Great War began ."
    assert triggers(record) == [("Attack", "Great War", "Great War")]
    assert context.notes == {maven.JOINED: 1}


def test_unlabelled_and_empty_documents(tmp_path):
    unlabelled = document()
    del unlabelled["events"]
    records, rejects, _ = read("maven", lines(tmp_path, unlabelled, document(id="d2"), name="test.jsonl"))
    assert [(r.id, r.split, r.annotations) for r in records] == [(f"d2-{n}", "test", []) for n in range(3)]
    assert [(r.id, r.line, r.what) for r in rejects] == [(f"d1-{n}", 1, "record") for n in range(3)]
    assert all(r.reason.startswith("unlabelled: ") for r in rejects)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (("Motion", mention(1, 4, 6, ". x")), "lies outside the 5 tokens"),
        (("Motion", mention(1, -1, 1, "The")), "lies outside"),
        (("Motion", mention(1, 3, 3, "")), "lies outside"),
        (("Motion", mention(1, 3, 4, "ended")), "the trigger word 'ended' is not at its offset, which holds 'began'"),
        (("Motion", mention(1, True, 3, "began")), "an offset must be a whole number, not bool"),
        (("Motion", mention(1, 0.0, 3, "began")), "an offset must be a whole number, not float"),
        (("Motion", mention(1, 3, 10**4000, "began")), "lies outside"),
        (("Motion", mention(1, 3, 4, 5)), "the trigger word must be a string, not a whole number"),
        (("Motion", {"sent_id": 1, "trigger_word": "began"}), "the offset is missing"),
        (("Motion", {"sent_id": 1, "trigger_word": "began", "offset": [1, 2, 3]}), "a list of two"),
        (("", mention(1, 3, 4, "began")), "the event type is empty"),
        ((None, mention(1, 3, 4, "began")), "the event type is missing"),
        (([], mention(1, 3, 4, "began")), "the event type must be a string, not a list"),
    ],
)
def test_a_bad_mention_rejects_its_sentence_alone(tmp_path, event, reason):
    good = ("Motion", mention(0, 6, 7, "left"))
    records, [reject], _ = read("maven", lines(tmp_path, document(good, event), document(id="d2")))
    assert [r.id for r in records] == ["d1-0", "d1-2", "d2-0", "d2-1", "d2-2"]
    assert (reject.id, reject.line, reject.what, reject.file) == ("d1-1", 1, "record", "train.jsonl")
    assert reason in reject.reason
    assert len(reject.reason) < 200


@pytest.mark.parametrize("number", [3, -1, 10**4000])
def test_a_mention_of_no_sentence_is_rejected(tmp_path, number):
    records, [reject], _ = read("maven", lines(tmp_path, document(("Motion", mention(number, 0, 1, "x")))))
    assert len(records) == 3
    assert reject.id == f"d1-{str(number)[:20]}"
    assert "none of the 3 sentences" in reject.reason


@pytest.mark.parametrize(
    "events",
    [
        5,
        "x",
        {},
        [5],
        [{}],
        [{"mention": 5}],
        [{"mention": [5]}],
        [{"mention": [{}]}],
        [{"mention": [{"sent_id": "0"}]}],
    ],
)
def test_events_that_cannot_be_assigned_reject_the_document(tmp_path, events):
    records, rejects, _ = read("maven", lines(tmp_path, document(events=events), document(id="d2")))
    assert [r.id for r in records] == ["d2-0", "d2-1", "d2-2"]
    assert [r.id for r in rejects] == ["d1-0", "d1-1", "d1-2"]


@pytest.mark.parametrize(
    "sentence",
    [
        5,
        None,
        {},
        {"sentence": "x"},
        {"sentence": "x", "tokens": []},
        {"sentence": "x", "tokens": ["x", 5]},
        {"sentence": "x", "tokens": ["x", ""]},
        {"sentence": None, "tokens": ["x"]},
        {"sentence": 5, "tokens": ["x"]},
    ],
)
def test_a_bad_sentence_is_rejected_alone(tmp_path, sentence):
    records, [reject], _ = read("maven", lines(tmp_path, document(content=[sentence, SENTENCES[2]])))
    assert ([r.id for r in records], reject.id) == (["d1-1"], "d1-0")


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "5",
        "NaN",
        "null",
        '"x"',
        "{}",
        '{"id": 5}',
        '{"id": "", "content": []}',
        '{"id": "x", "content": 5}',
        '{"id": "cut',
        "{'id': 1}",
        "{} {}",
        HUGE,
        f'{{"id": {HUGE}}}',
        DEEP,
        f'{{"id": "x", "events": {DEEP}}}',
    ],
    ids=range(16),
)
def test_a_bad_line_is_rejected_alone(tmp_path, line):
    records, [reject], _ = read("maven", lines(tmp_path, document(), line, "", document(id="d2")))
    assert [(r.id, r.line) for r in records] == [(f"d{n}-{i}", 3 * n - 2) for n in (1, 2) for i in range(3)]
    assert (reject.file, reject.line, reject.what) == ("train.jsonl", 2, "record")
    assert len(reject.reason) < 200


def test_files_of_a_folder(tmp_path):
    (tmp_path / "sub").mkdir()
    array(tmp_path, item(1, "a"), name="sub/test_x.json")
    array(tmp_path, item(2, "b"), name="train.json")
    array(tmp_path, item(3, "c"), name="my_train.json")
    (tmp_path / "dev.json").write_text('{"Attack": []}')
    records, _, _ = read("maven", tmp_path)
    assert [(r.id, r.split) for r in records] == [("1", "test"), ("2", "train")]
    lines(tmp_path, document(), name="maven_valid.jsonl")
    lines(tmp_path, document(), name="results.jsonl")
    records, _, _ = read("maven", tmp_path)
    assert {(r.file, r.split) for r in records} == {(f"{tmp_path.name}/maven_valid.jsonl", "validation")}


def test_a_zip_and_a_file_of_any_name(tmp_path):
    path = array(tmp_path, item(1, "a"), name="mine.data")
    assert [(r.id, r.split) for r in read("maven", path)[0]] == [("1", None)]
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.write(path, "x/dev.json")
    assert [(r.split, r.file) for r in read("maven", tmp_path / "m.zip")[0]] == [("validation", "m.zip/x/dev.json")]


@pytest.mark.parametrize("name", ["", "dev.json"])
def test_sources_without_a_corpus(tmp_path, name):
    if name:
        (tmp_path / name).write_text("{}")
    with pytest.raises(InputError, match=r"holds no file of MAVEN\. Looked for train, dev, valid or test"):
        read("maven", tmp_path)


def test_a_line_file_that_is_not_utf8(tmp_path):
    (tmp_path / "train.jsonl").write_bytes(json.dumps(document()).encode() + b"\n\xff\n")
    with pytest.raises(InputError, match=r"train\.jsonl:2: is not UTF-8"):
        read("maven", tmp_path)
