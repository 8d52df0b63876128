"""The builders of doccano, Prodigy and spaCy: all generations of their files, and every quirk."""

from __future__ import annotations

import pytest

from sde_builders.doccano import NUMBERS, RELATIONS
from sde_builders.prodigy import NOT_ACCEPTED
from sde_datasets.errors import InputError
from tests.builders.written import read_marks, write
from tests.conftest import read

TEXT = {"id": 1, "text": "Ana met Bo."}
OFFSETS = {"start_offset": 0, "end_offset": 3}
ANA = [[("PER", "Ana")]]


@pytest.mark.parametrize(
    "row",
    [
        {**TEXT, "label": [[0, 3, "PER"]]},
        {"id": 1, "data": "Ana met Bo.", "label": [[0, 3, "PER"]]},
        {**TEXT, "labels": [[0, 3, "PER"]]},
        {**TEXT, "annotations": [{"label": "PER", "user": 1, **OFFSETS}]},
        {**TEXT, "entities": [{"id": 1, "label": "PER", **OFFSETS}], "relations": []},
    ],
)
def test_every_generation_of_doccano_is_read(tmp_path, row):
    assert read_marks("doccano", write(tmp_path, "a.jsonl", [row]), task="ner")[0] == ANA
    assert read_marks("doccano", write(tmp_path, "b.json", (row,)), task="ner")[0] == ANA


def test_numbers_of_labels_get_their_names_from_the_file_of_labels(tmp_path):
    row = {**TEXT, "annotations": [{"label": 7, "user": 1, **OFFSETS}]}
    write(tmp_path, "corpus/a.jsonl", [row])
    found, _, notes = read_marks("doccano", tmp_path / "corpus", task="ner")
    assert (found, notes[NUMBERS]) == ([[("7", "Ana")]], 1)
    write(tmp_path, "corpus/label_config.json", ({"id": 7, "text": "PER", "background_color": "#fff"},))
    assert read_marks("doccano", tmp_path / "corpus", task="ner")[0] == ANA


def test_offsets_in_utf16_units_are_read_on_request(tmp_path):
    path = write(tmp_path, "a.jsonl", [{"id": 1, "text": "🙂 Bo.", "label": [[3, 5, "PER"]]}])
    assert read_marks("doccano", path, task="ner", offsets="utf16")[0] == [[("PER", "Bo")]]


def test_users_of_doccano_are_annotators(tmp_path):
    items = [{"label": "PER", "user": user, **OFFSETS} for user in (1, 2)]
    items.append({"label": "ORG", "user": 2, "start_offset": 8, "end_offset": 10})
    path = write(tmp_path, "a.jsonl", [{**TEXT, "annotations": items}])
    assert read_marks("doccano", path, task="ner")[0] == ANA


def test_categories_of_doccano_name_the_aspect_and_the_label(tmp_path):
    rows = [{**TEXT, "label": ["food positive", "Service-NEGATIVE"]}, {"id": 2, "text": "Good.", "label": ["positive"]}]
    assert read_marks("doccano", write(tmp_path, "a.jsonl", rows), task="mabsa")[0] == [
        [("food", "positive"), ("Service", "negative")],
        [("sentiment", "positive")],
    ]


def test_relations_of_doccano_are_counted(tmp_path):
    row = {**TEXT, "entities": [], "relations": [{"from_id": 1}]}
    assert read_marks("doccano", write(tmp_path, "a.jsonl", [row]), task="ner", targets=("PER",))[2][RELATIONS] == 1


def test_a_text_without_annotations_is_rejected_by_doccano_and_prodigy(tmp_path):
    path = write(tmp_path, "a.jsonl", [TEXT])
    for corpus in ("doccano", "prodigy"):
        assert read_marks(corpus, path, task="ner", targets=("PER",))[1][0].startswith("unlabelled: there is none of")


SPAN = {"start": 0, "end": 3, "label": "PER", "token_start": 0, "token_end": 0}
ANSWER = {"text": "Ana met Bo.", "spans": [SPAN], "tokens": [], "answer": "accept", "_input_hash": 5, "_task_hash": 6}


def test_only_accepted_answers_of_prodigy_count(tmp_path):
    rows = [ANSWER, {**ANSWER, "answer": "reject"}, {**ANSWER, "_input_hash": 6, "answer": "ignore"}]
    found, _, notes = read_marks("prodigy", write(tmp_path, "a.jsonl", rows), task="ner")
    assert (found, notes[NOT_ACCEPTED]) == (ANA, 2)


def test_answers_of_several_annotators_to_one_text_are_one_record(tmp_path):
    other = {**ANSWER, "_input_hash": 9}
    rows = [{**ANSWER, "_annotator_id": "a"}, other, {**ANSWER, "_annotator_id": "b", "spans": []}]
    path = write(tmp_path, "a.jsonl", rows)
    records, _, context = read("prodigy", path, task="ner", annotator="first")
    assert [record.id for record in records] == ["9", "5"] and context.remarks
    assert read_marks("prodigy", path, task="ner", annotator="first")[0] == [*ANA, *ANA]


def test_questions_about_one_text_to_one_annotator_are_joined(tmp_path):
    rows = [
        {"text": "Good.", "label": f"{a} positive", "answer": "accept", "_input_hash": 1} for a in ("food", "place")
    ]
    found, _, _ = read_marks("prodigy", write(tmp_path, "a.jsonl", rows), task="mabsa")
    assert found == [[("food", "positive"), ("place", "positive")]]


def test_accepted_options_of_prodigy_are_labels(tmp_path):
    row = {"text": "Good.", "options": [{"id": "food positive"}], "accept": ["food positive"], "answer": "accept"}
    assert read_marks("prodigy", write(tmp_path, "a.jsonl", [row]), task="mabsa")[0] == [[("food", "positive")]]


def test_an_accepted_answer_without_spans_mentions_nothing_and_meta_is_the_document(tmp_path):
    row = {**ANSWER, "meta": {"source": "news"}}
    del row["spans"]
    (record,), _, _ = read("prodigy", write(tmp_path, "a.jsonl", [row]), task="ner", targets=("PER",))
    assert (record.annotations, record.document) == ([], "news")


TUPLES = (["Ana met Bo.", {"entities": [[0, 3, "PER"]]}], ["Good.", {"entities": [], "cats": {"food positive": 1.0}}])


def test_old_training_tuples_of_spacy_are_read(tmp_path):
    for name, content in (("a.json", TUPLES), ("b.jsonl", list(TUPLES))):
        path = write(tmp_path, name, content)
        assert read_marks("spacy", path, task="ner")[0] == [*ANA, []]
        assert read_marks("spacy", path, task="mabsa")[0] == [[], [("food", "positive")]]


def test_a_tuple_of_another_form_is_rejected(tmp_path):
    path = write(tmp_path, "a.jsonl", [*TUPLES, ["Ana"]])
    assert read_marks("spacy", path, task="ner")[1][0].startswith('a tuple: expected ["text", {"entities"')


def test_entities_spans_and_categories_of_a_docbin_are_read(tmp_path):
    spacy = pytest.importorskip("spacy", reason="needs the extra spacy")
    from spacy.tokens import DocBin, Span

    nlp = spacy.blank("en")
    ents, spans, cats, bare = (nlp("Ana met Bo .") for _ in range(4))
    ents.ents = [Span(ents, 0, 1, "PER")]
    spans.spans["sc"] = [Span(spans, 0, 1, "PER"), Span(spans, 0, 3, "EVENT")]
    cats.cats = {"food positive": 0.9, "food negative": 0.1}
    path = write(tmp_path, "a.spacy", DocBin(docs=[ents, spans, cats, bare], store_user_data=True).to_bytes())
    found, rejects, _ = read_marks("spacy", path, task="ner")
    assert (found[:2], len(rejects)) == ([[("PER", "Ana")], [("PER", "Ana"), ("EVENT", "Ana met Bo")]], 2)
    assert read_marks("spacy", path, task="mabsa")[0] == [[("food", "positive")]]
    with pytest.raises(InputError, match="is not a DocBin of spaCy"):
        read("spacy", write(tmp_path, "b.spacy", b"no DocBin"), task="ner")
