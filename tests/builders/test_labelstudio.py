"""The builder of Label Studio: JSON and JSON-MIN, and every quirk of its exports."""

from __future__ import annotations

import pytest

from sde_builders.labelstudio import CANCELLED, OTHERS
from sde_datasets.errors import InputError
from tests.builders.written import read_marks, write
from tests.conftest import read


def region(start: int, end: int, *labels: str, text: str | None = None, id_: str = "r") -> dict:
    value = {"start": start, "end": end, "labels": list(labels)} | ({} if text is None else {"text": text})
    return {"id": id_, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def choice(aspect: str, *chosen: str, id_: str = "c") -> dict:
    return {"id": id_, "type": "choices", "from_name": aspect, "to_name": "text", "value": {"choices": list(chosen)}}


def task(*results: dict, text: str = "Ana met Bo.", key: str = "text", **more) -> dict:
    return {"id": 7, "data": {key: text}, "annotations": [{"completed_by": 1, "result": list(results), **more}]}


def export(folder, *tasks: dict):
    return write(folder, "export.json", tuple(tasks))


def test_each_label_of_a_region_is_a_mention_and_regions_may_overlap(tmp_path):
    given = task(region(0, 3, "PER", "HUMAN"), region(0, 10, "EVENT"))
    found, rejects, _ = read_marks("labelstudio", export(tmp_path, given), task="ner")
    assert (found, rejects) == ([[("PER", "Ana"), ("HUMAN", "Ana"), ("EVENT", "Ana met Bo")]], [])


def test_the_id_is_that_of_the_task(tmp_path):
    assert read("labelstudio", export(tmp_path, task(region(0, 3, "PER"))), task="ner")[0][0].id == "7"


@pytest.mark.parametrize("text", [None, "Bo"])
def test_offsets_after_an_emoji_are_utf16_units(tmp_path, text):
    given = task(region(7, 9, "PER", text=text), text="Ana 🙂 Bo.")
    assert read_marks("labelstudio", export(tmp_path, given), task="ner")[0] == [[("PER", "Bo")]]


def test_offsets_in_characters_are_found_out_from_the_text_of_the_regions(tmp_path):
    given = task(region(6, 8, "PER", text="Bo"), text="Ana 🙂 Bo.")
    found, _, notes = read_marks("labelstudio", export(tmp_path, given), task="ner")
    assert found == [[("PER", "Bo")]]
    assert notes == {"mentions in export.json whose text shows that its offsets are in characters": 1}


def test_choices_are_labels_of_the_control_or_of_the_aspect_that_they_name(tmp_path):
    given = task(choice("food", "positive"), choice("aspects", "service negative"))
    assert read_marks("labelstudio", export(tmp_path, given), task="mabsa")[0] == [
        [("food", "positive"), ("service", "negative")]
    ]


def test_a_choice_for_a_region_has_the_region_as_evidence(tmp_path):
    given = task(region(5, 9, "food", id_="x"), choice("sentiment", "positive", id_="x"), text="Good soup.")
    (record,), _, _ = read("labelstudio", export(tmp_path, given), task="mabsa")
    assert [(a.target, a.label, a.evidence) for a in record.annotations] == [("food", "positive", ((5, 9),))]


def test_ratings_are_labels_that_the_plan_maps(tmp_path):
    rating = {"id": "x", "type": "rating", "from_name": "food", "to_name": "text", "value": {"rating": 5}}
    path = export(tmp_path, task(rating))
    assert "map it in the plan" in read_marks("labelstudio", path, task="mabsa")[1][0]
    assert read_marks("labelstudio", path, task="mabsa", labels={"5": "positive"})[0] == [[("food", "positive")]]


def test_the_text_is_under_the_key_that_results_name_or_the_only_string(tmp_path):
    assert read_marks("labelstudio", export(tmp_path, task(region(0, 3, "PER"), key="review")), task="ner")[0]
    two = task(region(0, 3, "PER"))
    two["data"] = {"a": "Ana", "b": "Bo"}
    with pytest.raises(InputError, match="cannot tell which key of `data` is the text; the keys are 'a', 'b'"):
        read("labelstudio", export(tmp_path, two), task="ner")
    assert read_marks("labelstudio", export(tmp_path, two), task="ner", columns={"text": "a"})[0] == [[("PER", "Ana")]]


def test_cancelled_annotations_are_left_out_and_a_task_without_another_is_rejected(tmp_path):
    found, rejects, notes = read_marks(
        "labelstudio",
        export(tmp_path, task(region(0, 3, "PER")), task(region(0, 3, "ORG"), was_cancelled=True)),
        task="ner",
    )
    assert (found, notes[CANCELLED]) == ([[("PER", "Ana")]], 1)
    assert rejects == ["$[1]: unlabelled: the task has no annotation that is not cancelled"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("majority", [("PER", "Ana")]), ("first", [("PER", "Ana"), ("ORG", "Bo")]), ("ground truth", [("PER", "Bo")])],
)
def test_annotators_are_merged_by_the_rule_of_the_plan(tmp_path, rule, expected):
    given = task(region(0, 3, "PER"), region(8, 10, "ORG"))
    given["annotations"].append({"completed_by": 2, "result": [region(0, 3, "PER")]})
    given["annotations"].append({"completed_by": 3, "ground_truth": True, "result": [region(8, 10, "PER")]})
    assert read_marks("labelstudio", export(tmp_path, given), task="ner", annotator=rule)[0] == [expected]


def test_the_report_states_the_agreement_of_annotators(tmp_path):
    given = task(region(0, 3, "PER"), region(8, 10, "ORG"))
    given["annotations"].append({"completed_by": 2, "result": [region(0, 3, "PER")]})
    _, _, context = read("labelstudio", export(tmp_path, given), task="ner")
    said = "agreement of annotators: pairwise F1 0.667 (texts with several annotators: 1)"
    assert context.remarks == [said]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"type": "paragraphlabels", "value": {"start": "0", "end": "1", "paragraphlabels": ["A"]}}, "has no offsets"),
        ({"type": "labels", "value": {"start": 0, "end": 3}}, "labels: expected a list of names"),
        ({"type": "labels", "value": {"start": 0, "end": 99, "labels": ["A"]}}, "lies outside the text"),
    ],
)
def test_results_of_another_form_reject_their_task(tmp_path, result, reason):
    _, rejects, _ = read_marks("labelstudio", export(tmp_path, task(region(0, 3, "PER")), task(result)), task="ner")
    assert len(rejects) == 1 and reason in rejects[0]


def test_relations_are_counted_and_left_out(tmp_path):
    relation = {"type": "relation", "value": {}, "from_id": "a", "to_id": "b"}
    found, _, notes = read_marks("labelstudio", export(tmp_path, task(region(0, 3, "PER"), relation)), task="ner")
    assert (found, notes[OTHERS]) == ([[("PER", "Ana")]], 1)


def test_json_min_is_read_and_its_rows_of_one_id_are_annotators(tmp_path):
    span = {"start": 0, "end": 3, "text": "Ana", "labels": ["PER"]}
    row = {"id": 7, "text": "Ana met Bo.", "annotator": 1, "label": [span], "food": "positive"}
    rows = (row, {**row, "annotator": 2}, {**row, "id": 8, "food": {"choices": ["negative"]}})
    path = write(tmp_path, "min.json", rows)
    assert read_marks("labelstudio", path, task="ner")[0] == [[("PER", "Ana")], [("PER", "Ana")]]
    assert read_marks("labelstudio", path, task="mabsa")[0] == [[("food", "positive")], [("food", "negative")]]


def test_error_names_the_json_path_of_an_array_on_one_line(tmp_path):
    cancelled = {"was_cancelled": True, "result": []}
    second = task(region(0, 3, "PER"), {"type": "labels", "value": {"start": 0, "end": 3}})
    second["annotations"].insert(0, cancelled)
    third = task(region(0, 3, "PER"), region(0, 99, "ORG"))
    third["id"] = 8
    good = {**task(region(0, 3, "PER")), "id": 9}
    _, rejects, _ = read_marks("labelstudio", export(tmp_path, good, second, third), task="ner")
    places = [reason.partition(": ")[0] for reason in rejects]
    assert places == ["$[1].annotations[1].result[1]", "$[2].annotations[0].result[1]"]


def test_the_text_of_json_min_is_the_only_string_that_is_no_label(tmp_path):
    row = {"id": 1, "review": "Good soup.", "food": "positive", "created_at": "2024-05-02", "annotator": 1}
    path = write(tmp_path, "min.json", (row,))
    assert read_marks("labelstudio", path, task="mabsa")[0] == [[("food", "positive")]]
    path = write(tmp_path, "min.json", ({**row, "place": "Rome"},))
    with pytest.raises(InputError, match="cannot tell which key is the text; the keys are 'id', 'review'"):
        read("labelstudio", path, task="mabsa")
