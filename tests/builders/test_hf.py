"""The builder of datasets of the Hub: the forms of rows in local files, and the names of classes from features."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.builders.written import read_marks, write

FOUND = [[("PER", "Ana"), ("ORG", "Acme Co")]]
TOKENS = ["Ana", "joined", "Acme", "Co"]


@pytest.mark.parametrize(
    "row",
    [
        {"tokens": TOKENS, "ner_tags": ["B-PER", "O", "B-ORG", "I-ORG"]},
        {"tokenized_text": TOKENS, "ner": [[0, 0, "PER"], [2, 3, "ORG"]]},
        {"sentence": TOKENS, "ner": [{"index": [0], "type": "PER"}, {"index": [2, 3], "type": "ORG"}]},
        {
            "text": "Ana joined Acme Co",
            "entities": [{"start": 0, "end": 3, "label": "PER"}, {"start": 11, "end": 18, "type": "ORG"}],
        },
    ],
    ids=["tags", "GLiNER", "W2NER", "spans"],
)
def test_every_form_of_a_row_gives_the_same_mentions(tmp_path, row):
    found, rejects, _ = read_marks("hf", write(tmp_path, "train.jsonl", [row]), task="ner")
    assert (found, rejects) == (FOUND, [])


def test_gaps_in_the_tokens_of_w2ner_are_discontinuous_mentions(tmp_path):
    row = {"sentence": TOKENS, "ner": [{"index": [0, 2], "type": "X"}]}
    assert read_marks("hf", write(tmp_path, "a.json", (row,)), task="ner")[0] == [[("X", "Ana Acme")]]


def test_the_names_of_tags_and_labels_come_from_the_features(tmp_path):
    import datasets

    tags = datasets.ClassLabel(names=["O", "B-PER", "I-PER"])
    features = datasets.Features({"tokens": datasets.List(datasets.Value("string")), "ner_tags": datasets.List(tags)})
    rows = {"tokens": [["Ana", "ran"]], "ner_tags": [[1, 0]]}
    pq.write_table(pa.Table.from_pydict(rows, features.arrow_schema), tmp_path / "a.parquet")
    assert read_marks("hf", tmp_path / "a.parquet", task="ner")[0] == [[("PER", "Ana")]]
    labels = datasets.ClassLabel(names=["negative", "positive"])
    features = datasets.Features({"text": datasets.Value("string"), "food": labels, "place": labels})
    rows = {"text": ["Good soup."], "food": [1], "place": [None]}
    pq.write_table(pa.Table.from_pydict(rows, features.arrow_schema), tmp_path / "b.parquet")
    assert read_marks("hf", tmp_path / "b.parquet", task="mabsa")[0] == [[("food", "positive")]]


def test_numbers_of_tags_without_names_are_rejected_with_the_option_that_names_them(tmp_path):
    path = write(tmp_path, "a.jsonl", [{"tokens": ["Ana", "ran"], "ner_tags": [1, 0]}])
    assert "tag_names = " in read_marks("hf", path, task="ner", targets=("PER",))[1][0]
    assert read_marks("hf", path, task="ner", tag_names="O,B-PER")[0] == [[("PER", "Ana")]]


def test_the_mentions_of_w2ner_s_genia_are_counted_as_published(corpora):
    found, rejects, _ = read_marks("hf", corpora / "genia_term" / "json_w2ner" / "dev.json", task="ner")
    assert (len(found), sum(map(len, found)), rejects) == (1669, 5365, [])
