"""Targets under other names, and names that differ only in case or blanks.

pytest tests/ingest/test_targets.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.errors import InputError
from sde_datasets.ingest.plan import read_plan
from sde_datasets.ingest.targets import alike, renamed

TEXT = "Ana met Bo in Oslo."
SAID = [
    {"target": "PER", "start": 0, "end": 3},
    {"target": "per ", "start": 8, "end": 10},
    {"target": "LOCderiv", "mention": "Oslo"},
]


def build(tmp_path: Path, *args: object):
    given = ("build", "--out", tmp_path / "out", "--quiet", "--designs", "es", *args)
    return CliRunner().invoke(main, [str(arg) for arg in given])


def own(tmp_path: Path, *rows: list[dict]) -> Path:
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps({"text": TEXT, "annotations": row}) + "\n" for row in rows), "utf-8")
    return path


def view(tmp_path: Path, name: str = "ner") -> ViewState:
    return Manifest.load(tmp_path / "out").views[name]


def test_targets_are_renamed_in_the_prompt_and_two_with_one_name_are_merged(tmp_path):
    names = ("--rename", "PER=person", "--rename", "per =person", "--rename", "LOCderiv=place adjective")
    done = build(tmp_path, "--source", f"jsonl={own(tmp_path, SAID)}", "--task", "ner", *names)
    assert done.exit_code == 0, done.output
    assert view(tmp_path).schema.targets == ("person", "place adjective")
    assert view(tmp_path).report.annotations["kept"] == 3
    assert "ner: 'LOCderiv' is renamed 'place adjective'" in done.output
    shown = CliRunner().invoke(main, ["show", str(tmp_path / "out"), "ner-es"]).output
    assert "'person': 'Ana', 'Bo'" in shown and "PER" not in shown


def test_equal_annotations_of_merged_targets_are_one(tmp_path):
    both = [{"target": name, "mention": "Oslo"} for name in ("PLACE", "Place")]
    source = f"jsonl={own(tmp_path, both)}"
    assert build(tmp_path, "--source", source, "--task", "ner", "--rename", "Place=PLACE").exit_code == 0
    assert view(tmp_path).report.annotations == {"kept": 1, "merged": 1, "outside": 0, "read": 2}


def test_the_columns_of_a_table_are_renamed_and_chosen_by_their_own_names(tmp_path):
    (tmp_path / "own.csv").write_text("text,Essen,Bedienung,Lage\nGut.,positive,negative,positive\n", "utf-8")
    names = ("--rename", "Essen=food", "--rename", "Bedienung=service", "--targets", "Bedienung", "--targets", "Essen")
    done = build(tmp_path, "--source", f"csv={tmp_path / 'own.csv'}", "--task", "mabsa", *names)
    assert done.exit_code == 0, done.output
    assert view(tmp_path, "mabsa").schema.targets == ("service", "food")
    shown = CliRunner().invoke(main, ["show", str(tmp_path / "out"), "mabsa-es"]).output
    assert "service: negative" in shown and "food: positive" in shown


def test_a_plan_renames_and_a_changed_name_is_built_again(tmp_path):
    own(tmp_path, SAID)
    for name in ("person", "human"):
        text = f"[[view]]\ncorpus = 'jsonl'\npath = 'own.jsonl'\ntask = 'ner'\nrename = {{PER = '{name}'}}\n"
        (tmp_path / "sde.toml").write_text(text)
        done = CliRunner().invoke(
            main, ["build", "--plan", f"{tmp_path}/sde.toml", "--out", f"{tmp_path}/out", "--quiet"]
        )
        assert done.exit_code == 0 and view(tmp_path).schema.targets == (name, "per ", "LOCderiv")


def test_a_name_that_is_no_target_is_named_with_the_nearest(tmp_path):
    done = build(tmp_path, "--source", f"jsonl={own(tmp_path, SAID)}", "--task", "ner", "--rename", "PRE=person")
    assert done.exit_code == 1 and "rename: 'PRE' is not a target. Did you mean PER?" in done.output


@pytest.mark.parametrize(
    ("new", "says"),
    [("''", r"'PER' becomes '' *\. Give the new name"), ("3", r"rename is {'PER': 3}\. Give a table of strings")],
)
def test_a_new_name_is_a_string(tmp_path, new, says):
    text = f"[[view]]\ncorpus = 'jsonl'\npath = 'own.jsonl'\ntask = 'ner'\nrename = {{PER = {new}}}\n"
    (tmp_path / "sde.toml").write_text(text)
    with pytest.raises(InputError, match=says):
        read_plan(tmp_path / "sde.toml")


def test_targets_that_differ_in_case_or_blanks_are_told_with_what_merges_them(tmp_path):
    done = build(tmp_path, "--source", f"jsonl={own(tmp_path, SAID)}", "--task", "ner")
    said = (
        "ner: the targets 'PER', 'per ' differ only in case or blanks; to merge them: rename = { \"per \" = \"PER\" }"
    )
    assert done.exit_code == 0 and said in done.output
    card = (tmp_path / "out/README.md").read_text("utf-8")
    assert "differ only in case or blanks" in card


def test_a_target_outside_the_chosen_ones_is_told_too(tmp_path):
    args = ("--source", f"jsonl={own(tmp_path, SAID)}", "--task", "ner", "--targets", "PER")
    assert "the targets 'PER', 'per ' differ" in build(tmp_path, *args).output


def test_names_that_are_alike():
    assert alike(["a", "B", "A ", "b", "c", "c d"]) == [["a", "A "], ["B", "b"]]
    assert alike(["STRASSE", "straße"]) == [["STRASSE", "straße"]]


def test_renamed_targets_keep_their_order():
    assert renamed(("a", "b", "c"), {"c": "a", "b": "x"}) == ("a", "x")
