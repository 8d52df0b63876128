"""schema.json: tasks, aliases, labels and weights of one's own, and what is refused.

pytest tests/scoring/test_rules.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sde_datasets import score
from sde_datasets.errors import InputError
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.tasks.task import get_task

STANCE = Path(__file__).parents[1] / "plugin" / "stance.toml"


def test_a_task_a_language_and_targets_are_enough():
    rules = ScoringSettings.from_dict({"task": "mabsa", "language": "zh", "targets": ["食品评价"]})
    assert rules.schema == get_task("mabsa").schema(("食品评价",), "zh")
    assert rules.weights[1] == (0.67, 1, 0.67, 0.67)
    assert ("积极", "正面") in rules.aliases.labels and ("not mentioned", "未提及") in rules.aliases.labels


def test_a_schema_as_it_stands_in_a_dataset_is_one():
    schema = get_task("ed").schema(("Motion",))
    assert ScoringSettings.from_dict(json.loads(schema.to_json())) == ScoringSettings(schema)


def test_aliases_of_targets_and_labels_are_understood():
    given = {"task": "mabsa", "targets": ["food", "price"], "target_aliases": {"food": ["taste", "the meal"]},
             "label_aliases": {"positive": ["great"]}}  # fmt: skip
    gold = ["food: positive\nprice: negative"]
    scores = score(gold, ["taste: great\nprice: 负面"], design="lines-text", schema=given)
    assert scores["headline"]["accuracy"]["value"] == 1
    assert {name: each["error"] for name, each in scores["defects"].items()} == {
        "reworded_target": False,
        "reworded_label": False,
    }


@pytest.mark.parametrize(
    "task, gold, answer",
    [
        ("mabsa", "a: positive\nb: unmentioned", "a: positive\nb: not discussed"),
        ("ner", "'a': 'x'\n'b': ''", "'a': 'x'\n'b': 'not discussed'"),
        ("ner", "'a': 'x'\n'b': ''", "'a': 'x'\n'b': Not discussed"),
    ],
)
def test_an_alias_of_the_placeholder_means_not_mentioned(task, gold, answer):
    given = {"task": task, "targets": ["a", "b"], "placeholder_aliases": ["not discussed"]}
    scores = score([gold], [answer], design="lines-text", schema=given)
    assert scores.headline["sample_accuracy"].value == 1 and "reworded_label" in scores.defects


def test_labels_numbers_and_weights_of_ones_own():
    given = {"kind": "label", "task": "mood", "targets": ["team"], "labels": ["good", "bad"], "numbers": [7, 9]}
    given |= {"placeholder": "silent", "placeholder_number": 0, "weights": [[1, 0, 0.5], [0, 1, 0.5], [0.5, 0.5, 1]]}
    scores = score(
        ["team: 7", "team: 9", "team: 0"], ["team: 7", "team: 0", "team: 8"], design="lines-num", schema=given
    )
    assert scores["figures"]["classes"] == ["good", "bad", "silent"]
    assert scores["figures"]["confusion"] == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    assert list(scores["defects"]) == ["number_out_of_range"]
    # Po = (1 + 0.5 + 1) / 3; rows 1/3 each, columns 1/3, 0, 2/3: Pe = (1 + 0 + 0.5) / 9 + 2 (0.5 + 0.5 + 1) / 9
    expected = 5.5 / 9
    assert scores["figures"]["pooled"]["kappa"] == pytest.approx((2.5 / 3 - expected) / (1 - expected))


def test_other_labels_without_weights_get_cohens_kappa():
    rules = ScoringSettings.from_dict(
        {"task": "mabsa", "targets": ["food"], "labels": ["good", "bad"], "numbers": [1, 2]}
    )
    assert rules.weights is None and not rules.aliases.labels


def test_the_toml_file_of_a_task(tmp_path):
    (tmp_path / "stance.toml").write_text(STANCE.read_text("utf-8"), "utf-8")
    (tmp_path / "schema.json").write_text('{"task": "stance.toml", "targets": ["trains"]}')
    assert ScoringSettings.read(tmp_path / "schema.json").schema == get_task(str(STANCE)).schema(("trains",))


def test_a_schema_of_a_task_that_is_not_installed():
    schema = Schema(**(vars(get_task("mabsa").schema(("food",))) | {"task": "unheard_of"}))
    assert ScoringSettings.of(schema) == ScoringSettings(schema)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"targets": ["a"]}, "the task is ''"),
        ({"task": "nerr", "targets": ["a"]}, "the task is 'nerr'"),
        ({"task": "ner", "kind": "label", "targets": ["a"]}, "ner is a mention task"),
        ({"task": "ner", "targets": []}, "there are no targets"),
        ({"task": "ner", "target": ["a"]}, "unknown key 'target'.*targets"),
        ({"task": "ner", "targets": "DNA"}, "targets is 'DNA'"),
        ({"task": "ner", "targets": ["a"], "target_aliases": {"b": ["c"]}}, "unknown name 'b'"),
        ({"task": "ner", "targets": ["a"], "target_aliases": {"a": "c"}}, "the aliases of 'a'"),
        ({"task": "mabsa", "targets": ["a"], "label_aliases": ["x"]}, "not a table of lists"),
        ({"task": "ner", "targets": ["a"], "placeholder_aliases": "x"}, "placeholder_aliases are 'x'"),
        ({"task": "mabsa", "targets": ["a"], "weights": [[1]]}, "4 rows of 4 numbers"),
        ({"task": "mabsa", "targets": ["a"], "weights": [[1, 2, 0, 0]] * 4}, "4 rows of 4 numbers"),
        ({"task": "ner", "targets": ["a"], "weights": [[1]]}, "weights do not fit the labels"),
        ({"task": "mabsa", "targets": ["a"], "language": 3}, "language is 3"),
        ({"task": "mabsa", "targets": ["a"], "labels": ["x", "y"]}, "each label needs a number"),
    ],
)
def test_what_is_wrong_is_said(given, said):
    with pytest.raises(InputError, match=said):
        ScoringSettings.from_dict(given, "schema.json")


def test_files_that_hold_no_schema(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        ScoringSettings.read(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        ScoringSettings.read(tmp_path / "bad.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="is not a JSON object"):
        ScoringSettings.read(tmp_path / "list.json")
