"""When numbers are labels, and which columns of a table are targets: every other case stops with what to write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_builders.label_survey import indicators
from sde_builders.labels import is_empty, number_in
from sde_datasets.errors import InputError
from tests.conftest import read


def table(tmp_path, content: str, **options):
    (tmp_path / "own.csv").write_text(content, "utf-8")
    return read("csv", tmp_path / "own.csv", task="mabsa", **options)


def labels(records) -> list[dict]:
    return [{a.target: a.label for a in record.annotations} for record in records]


def refused(tmp_path, content: str, **options) -> InputError:
    with pytest.raises(InputError) as error:
        table(tmp_path, content, **options)
    assert error.value.location == "own.csv"
    return error.value


def test_the_numbers_of_the_task_with_a_negative_one_are_labels(tmp_path):
    records, rejects, _ = table(tmp_path, "text,food,service\na,1.0,\nb,-1.0,0\nc,positive,-2\n")
    assert labels(records) == [{"food": "positive"}, {"food": "negative", "service": "neutral"}, {"food": "positive"}]
    assert not rejects


@pytest.mark.parametrize(
    ("cells", "write"),
    [
        (["1", "2", "3", "4", "5"], '{ "1" = "...", "2" = "...", "3" = "...", "4" = "...", "5" = "..." }'),
        (["0", "1", "2"], '{ "0" = "...", "1" = "...", "2" = "..." }'),
        (["0", "1"], '{ "0" = "...", "1" = "..." }'),
        (["1"], '{ "1" = "..." }'),
        (["1.0", "4.50"], '{ "1" = "...", "4.5" = "..." }'),
    ],
)
def test_ratings_and_codes_stop_with_the_labels_to_write(tmp_path, cells, write):
    error = refused(tmp_path, "text,food\n" + "".join(f"soup,{cell}\n" for cell in cells))
    assert error.problem.startswith("no column holds labels: 'food' holds ")
    assert f"labels = {write} in the plan, or --labels VALUE=LABEL" in error.hint
    assert "positive, neutral, negative, unmentioned" in error.hint


def test_numbers_that_are_almost_those_of_the_task_stop_with_their_words(tmp_path):
    error = refused(tmp_path, "text,food\na,-1\nb,0\nc,2\n", targets=("food",))
    assert error.problem == "the labels of 'food' are numbers: -1, 0, 2"
    assert 'labels = { "-1" = "negative", "0" = "neutral", "2" = "..." }' in error.hint


def test_ratings_are_read_as_the_plan_says(tmp_path):
    stars = {"1": "negative", "3.0": "neutral", "5": "positive"}
    records, rejects, _ = table(tmp_path, "text,food\na,1.0\nb,3\nc,5\n", labels=stars)
    assert [said["food"] for said in labels(records)] == ["negative", "neutral", "positive"] and not rejects


def test_the_labels_of_json_lines_are_judged_alike(tmp_path):
    rows = [{"text": "a", "annotations": [{"target": "food", "label": stars}]} for stars in (1, 5, 3.0)]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match="the labels of 'food' are numbers: 1, 3, 5"):
        read("jsonl", tmp_path / "own.jsonl", task="mabsa")
    stars = {"1": "negative", "3": "neutral", "5": "positive"}
    records, _, _ = read("jsonl", tmp_path / "own.jsonl", task="mabsa", labels=stars)
    assert [said["food"] for said in labels(records)] == ["negative", "positive", "neutral"]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("food_positive,food_negative", "'food_positive', 'food_negative'"),
        ("POS-food,neg-food", "'POS-food', 'neg-food'"),
        ("positive,neutral", "'positive', 'neutral'"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"labels": {"1": "positive", "0": "unmentioned"}}])
def test_indicator_columns_are_no_targets(tmp_path, header, names, options):
    error = refused(tmp_path, f"text,{header}\na,1,0\nb,0,1\n", **options)
    assert error.problem == f"{names} are indicator columns, one for each label"


def test_columns_whose_values_are_no_labels_stop_with_the_targets_to_write(tmp_path):
    content = "text,date,user,stars,food,price\na,2025-01-01,ana,5,positive,\nb,2025-01-02,bo,1,negative,neutral\n"
    error = refused(tmp_path, content)
    assert error.problem.startswith(
        "columns whose values are not labels: 'date' holds 2025-01-01, 2025-01-02; 'user' holds"
    )
    assert "'stars' holds 1, 5" in error.problem
    assert 'targets = ["food", "price"] in the plan, or --targets "food" --targets "price"' in error.hint
    records, rejects, _ = table(tmp_path, content, targets=("food", "price"))
    assert labels(records) == [{"food": "positive"}, {"food": "negative", "price": "neutral"}] and not rejects


def test_the_index_that_pandas_writes_is_no_target(tmp_path):
    _, _, context = table(tmp_path, "Unnamed: 0.1,Unnamed: 0,,text,food\n0,0,0,a,positive\n", targets=("food",))
    assert context.schema.targets == ("food",)
    _, _, context = table(tmp_path, "Unnamed: 0,,text,food\n0,0,a,positive\n1,1,b,negative\n")
    assert context.schema.targets == ("food",)


def test_a_column_with_a_wrong_word_among_labels_stays_a_target(tmp_path):
    records, rejects, _ = table(tmp_path, "text,food\na,positive\nb,postive\nc,neg\n")
    assert len(records) == 2 and 'labels = { "postive" = "..." }' in rejects[0].reason


def test_names_of_columns_are_known_in_any_case_and_without_blanks_at_their_edges(tmp_path):
    records, _, context = table(tmp_path, " Text ,ID, Food \nGood.,r1,positive\n")
    assert (records[0].text, records[0].id, context.schema.targets) == ("Good.", "r1", ("Food",))


@pytest.mark.parametrize("word", ["NaN", "None", "N/A", "null", "<NA>", "NA", "", " "])
def test_words_for_nothing_are_empty_cells(tmp_path, word):
    content = f"id,text,split,food,service\n{word},good,{word},positive,{word}\n"
    (record,), rejects, _ = table(tmp_path, content, targets=("food", "service"))
    assert (record.id, record.split, labels([record])) == ("own-2", None, [{"food": "positive"}]) and not rejects


def test_a_word_for_nothing_that_the_plan_knows_is_a_label(tmp_path):
    (record,), _, _ = table(tmp_path, "text,food\ngood,N/A\n", labels={"N/A": "neutral"})
    assert labels([record]) == [{"food": "neutral"}]


@given(st.integers(-(10**6), 10**6), st.integers(0, 3), st.sampled_from(["", "+", "0"]))
def test_a_whole_number_is_one_value_however_it_is_written(number, zeros, before):
    shown = f"{number}.{'0' * zeros}" if zeros else str(number)
    assert number_in(shown if number < 0 else before + shown) == str(number)


@given(st.text(max_size=6))
def test_what_is_no_number_is_none(text):
    found = number_in(text)
    assert (found is None) or float(found) == float(text.strip())
    assert not (is_empty(text) and found)


def test_columns_that_differ_in_more_than_a_label_are_no_indicators():
    words = ("positive", "negative")
    assert [*indicators(["food_positive", "price_negative", "positivefood", "food"], words)] == []
    assert [*indicators(["a positive", "a-NEGATIVE", "b.positive"], words)] == [["a positive", "a-NEGATIVE"]]
