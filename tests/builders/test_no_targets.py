"""JSON lines in another form than ours: the error says which keys there are, and how they can be read."""

from __future__ import annotations

import json

import pytest

from sde_datasets.errors import InputError, UsageError
from tests.conftest import read

SPAN = {"start": 0, "end": 3, "label": "PER"}


def write(tmp_path, *rows):
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "wrong", "hint"),
    [
        (
            {"text": "Ana met Bo.", "spans": [SPAN]},
            "no line has the key 'annotations'; the keys are 'text', 'spans'",
            "--columns annotations=spans --columns target=label.",
        ),
        (
            {"sentence": "Ana", "ents": [{"start_offset": 0, "end_offset": 3, "type": "PER", "text": "Ana"}]},
            "the keys are 'sentence', 'ents'",
            'columns = { "text" = "sentence", "annotations" = "ents", "target" = "type", "start" = "start_offset", '
            '"end" = "end_offset", "mention" = "text" }',
        ),
        (
            {"text": "Ana", "label": [[0, 3, "PER"]]},
            "the keys are 'text', 'label'",
            "The items of 'label' are lists such as [0, 3, name]. Write each one as an object",
        ),
        (
            {"text": "Ana", "label": [{"start": 0, "end": 3, "labels": ["PER"]}]},
            "the keys are 'text', 'label'",
            "hold a list of names ('labels'). Write one object for each name",
        ),
        ({"tokens": ["Ana"], "ner_tags": ["B-PER"]}, "'tokens', 'ner_tags'", "These are tokens with tags."),
        ({"title": "x", "content": [], "events": []}, "'content', 'events'", "--source maven=PATH reads them"),
        ({"text": "Ana", "food": "positive"}, "'text', 'food'", "is read by --source csv"),
        (
            {"text": "Ana", "annotations": []},
            "no line has an item in 'annotations', so no target is annotated anywhere",
            "--targets NAME",
        ),
        (
            {"text": "Ana", "annotations": [SPAN]},
            "no item of 'annotations' has a name under the key 'target'; the keys are 'start', 'end', 'label'",
            "--columns target=label",
        ),
        (
            {"text": "Ana", "annotations": [[0, 3, "PER"]]},
            "the items of 'annotations' are not objects, but lists such as [0, 3, name]",
            'Write each one as an object: {"target": "NAME", "start": 0, "end": 3}',
        ),
    ],
)
def test_lines_in_another_form_are_described(tmp_path, row, wrong, hint):
    with pytest.raises(InputError) as error:
        read("jsonl", write(tmp_path, row), task="ner")
    assert error.value.location == "own.jsonl"
    assert wrong in error.value.problem and hint in error.value.hint


def test_the_columns_that_the_error_names_are_read(tmp_path):
    row = {"sentence": "Ana met Bo.", "ents": [SPAN, SPAN | {"start": 8, "end": 10}]}
    columns = {"text": "sentence", "annotations": "ents", "target": "label"}
    (record,), rejects, _ = read("jsonl", write(tmp_path, row), task="ner", columns=columns)
    assert [(a.target, a.spans) for a in record.annotations] == [
        ("PER", ((0, 3),)),
        ("PER", ((8, 10),)),
    ] and not rejects


def test_a_key_that_has_another_meaning_has_to_be_named_too(tmp_path):
    path = write(tmp_path, {"text": "a", "annotations": [{"label": "food", "value": "positive"}]})
    with pytest.raises(UsageError, match="'label' is now the key of target: give the key of label, too"):
        read("jsonl", path, task="mabsa", columns={"target": "label"})
    (record,), _, _ = read("jsonl", path, task="mabsa", columns={"target": "label", "label": "value"})
    assert [(a.target, a.label) for a in record.annotations] == [("food", "positive")]
