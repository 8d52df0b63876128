"""Tables of one's own: which columns are what, and rows and files that do not fit."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_builders.labels import is_empty
from sde_datasets.errors import InputError, UsageError
from sde_datasets.records.record import Record, record_problem
from tests.conftest import read
from tests.properties import examples


def table(tmp_path, content, name="own.csv", **options):
    path = tmp_path / name
    path.write_text(content, "utf-8", newline="")
    options = {"task": "mabsa"} | options
    records, rejects, context = read("csv", path, **options)
    assert all(record_problem(record, context.schema) is None for record in records)
    return records, rejects, context


def labels(record):
    return {a.target: a.label for a in record.annotations}


def test_a_table_as_in_the_docstring(tmp_path):
    content = (
        "id,review,split,food,service\n"
        'r1,"Good soup, slow\nwaiters.",train,positive,-1\n'
        "r2,We sat outside.,dev,,unmentioned\n"
        ",It was fine.,,正面, Neutral \n"
    )
    records, rejects, context = table(tmp_path, content)
    assert context.schema.targets == ("food", "service") and not rejects
    assert [(r.id, r.split, r.line, r.file) for r in records] == [
        ("r1", "train", 2, "own.csv"),
        ("r2", "validation", 4, "own.csv"),
        ("own-5", None, 5, "own.csv"),
    ]
    assert records[0].text == "Good soup, slow\nwaiters."
    assert [labels(r) for r in records] == [
        {"food": "positive", "service": "negative"},
        {},
        {"food": "positive", "service": "neutral"},
    ]


@pytest.mark.parametrize("value", ["", " ", "NaN", "None", "N/A", "null", "unmentioned", "-2", "未提及"])
def test_cells_that_say_not_mentioned(tmp_path, value):
    (record,), rejects, _ = table(tmp_path, f"text,food,price\nfine,-1,{value}\n")
    assert labels(record) == {"food": "negative"} and not rejects


def test_the_column_text_comes_first_then_the_only_other_one(tmp_path):
    assert table(tmp_path, "review,text,food\na,b,-1\n", targets=("food",))[0][0].text == "b"
    assert table(tmp_path, "food,content\n-1,b\n")[0][0].text == "b"
    for header in ("review,sentence,food", "title,food"):
        with pytest.raises(InputError) as error:
            table(tmp_path, f"{header}\na,b,1\n")
        assert "own.csv: cannot tell which column is the text; present: " in str(error.value)
        assert "--columns text=NAME" in error.value.hint and repr(header.split(",")[0]) in error.value.problem


def test_columns_delimiter_and_labels_of_the_plan(tmp_path):
    columns = {"text": "Kommentar", "id": "Nr", "split": "Teil", "document": "Fall"}
    mapped = {"gut": "positive", "5": 1, "schlecht": "negative", "-": "unmentioned"}
    content = "Nr;Kommentar;Teil;Fall;food;service;price\n7;so, so;test;f1;gut;5;-\n"
    options = {"columns": columns, "labels": mapped, "delimiter": ";"}
    (record,), _, context = table(tmp_path, content, **options)
    assert context.schema.targets == ("food", "service", "price")
    assert (record.id, record.text, record.split, record.document) == ("7", "so, so", "test", "f1")
    assert labels(record) == {"food": "positive", "service": "positive"}
    (record,), _, _ = table(tmp_path, content, targets=("service",), **options)
    assert labels(record) == {"service": "positive"}


@pytest.mark.parametrize(
    ("row", "reason", "id_"),
    [
        ("r1,good,1", "expected 4 fields, as many as the header has, found 3", None),
        ("r1,good,1,,", "expected 4 fields, as many as the header has, found 5", None),
        ("r1,good,tasty,", "unknown label 'tasty' for 'food'; known: positive, neutral, negative, unmentioned", "r1"),
        ("r1,good,1.x,", "unknown label '1.x' for 'food'", "r1"),
        ("r1,null,1,", "the text is empty", "r1"),
        ("r1, ,1,", "the text is empty", "r1"),
        (",,1,", "the text is empty", None),
    ],
)
def test_a_row_that_does_not_fit_is_rejected(tmp_path, row, reason, id_):
    records, (reject,), _ = table(tmp_path, f"id,text,food,price\n{row}\nr2,fine,,-1\nr3,fine,0,\n")
    assert [r.id for r in records] == ["r2", "r3"]
    assert (reject.file, reject.line, reject.id) == ("own.csv", 2, id_) and reason in reject.reason


def test_an_unknown_split_is_rejected_and_a_blank_line_skipped(tmp_path):
    records, (reject,), context = table(tmp_path, "text,split,food\na,holdout,-1\n\nb,,1\n", name="test.csv")
    assert "unknown split 'holdout'" in reject.reason and reject.line == 2
    assert [(r.id, r.split) for r in records] == [("test-4", "test")] and context.notes == {"blank lines": 1}


@pytest.mark.parametrize(
    ("header", "options", "wrong"),
    [
        ("text,food", {"targets": ("food", "price")}, "has no column 'price'; present: 'text', 'food'"),
        ("text,food", {"columns": {"text": "body"}}, "has no column 'body'; present: 'text', 'food'"),
        ("text,food", {"columns": {"id": "nr"}}, "has no column 'nr'"),
        ("text,food,food", {}, "has the column 'food' twice"),
        ("text,text,food", {}, "has the column 'text' twice"),
    ],
)
def test_a_missing_column_refuses_the_file(tmp_path, header, options, wrong):
    with pytest.raises(InputError) as error:
        table(tmp_path, f"{header}\na,1\n", **options)
    assert error.value.location == "own.csv" and wrong in error.value.problem and error.value.hint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "ner"}, "is for label tasks, and 'ner' has mentions. Write one row for each mention"),
        ({"task": "ner", "targets": ("DNA",)}, "or use the corpus jsonl."),
        ({"delimiter": ""}, "delimiter must be one character"),
        ({"delimiter": 7}, "delimiter must be one character"),
        ({"columns": {"txt": "a"}}, "columns: unknown key 'txt'. Did you mean text"),
        ({"labels": {"a": "b"}}, "'a' is mapped to 'b', which is not a label"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path, options, message):
    with pytest.raises(UsageError) as error:
        table(tmp_path, "text,food\na,1\n", **options)
    assert message in str(error.value)


@pytest.mark.parametrize("task", ["discover", "read"])
def test_a_file_of_blank_lines_has_no_header(tmp_path, task):
    with pytest.raises(InputError, match=r"own.csv: has no header"):
        table(tmp_path, "\n\n", targets=("food",) if task == "read" else ())
    assert table(tmp_path, "\ntext,food\na,-1\n")[0][0].line == 3


def test_targets_of_several_files_and_columns_without_a_name(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "train.csv").write_text(",text,food,price\n0,a,1,\n")
    (folder / "dev.csv").write_text("text,price,food\nb,-1,\n")
    records, _, context = read("csv", folder, task="mabsa")
    assert context.schema.targets == ("price", "food")
    assert [(r.id, r.split, labels(r)) for r in records] == [
        ("dev-2", "validation", {"price": "negative"}),
        ("train-2", "train", {"food": "positive"}),
    ]
    with pytest.raises(InputError, match="has no column for a target"):
        table(tmp_path, "id,text\n1,a\n")


CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8)


@settings(max_examples=examples(100))
@given(st.lists(st.tuples(CELLS, st.sampled_from(["", "-1", "negative", "x"])), max_size=4))
def test_what_csv_writes_is_read_back(tmp_path_factory, rows):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([("text", "food"), *rows])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(stream.getvalue(), "utf-8", newline="")
    records, rejects, _ = read("csv", path, task="mabsa", targets=("food",))
    assert [r.text for r in records] == [text for text, label in rows if not is_empty(text) and label != "x"]
    assert len(records) + len(rejects) == len(rows) and all(isinstance(r, Record) for r in records)


def test_a_column_with_the_ids_of_the_texts_is_no_target(tmp_path):
    records, _, context = table(tmp_path, "review_id,review,food\n7,Good soup.,positive\n")
    assert ([record.id for record in records], context.schema.targets) == (["7"], ("food",))
    with pytest.raises(InputError, match="'text_id' holds 7"):
        table(tmp_path, "review_id,text_id,review,food\n7,7,Good soup.,positive\n")
