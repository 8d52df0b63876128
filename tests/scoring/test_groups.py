"""Figures by length of text, number of targets, nesting, corpus and any column: those of the group scored alone.

pytest tests/scoring/test_groups.py
"""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from click.testing import CliRunner

from sde_datasets import score
from sde_datasets.cli.main import main
from sde_datasets.errors import InputError
from sde_datasets.scoring.scores_file import read_scores
from tests.scoring.conftest import answers_file
from tests.scoring.examples import SCHEMAS, completions

ROWS = [
    {"corpus": "a", "topic": 1, "source_text": "x" * 10},
    {"corpus": "a", "topic": None, "source_text": "x" * 50},
    {"corpus": "b", "topic": 1, "source_text": "x" * 51},
    {"corpus": "b", "topic": 2, "source_text": "x" * 900},
]


def gold(task: str = "mabsa") -> list[dict]:
    return [row | {"completion": text} for row, text in zip(ROWS, completions(task, "lines-text"), strict=True)]


def scored(rows: list[dict], answers: list[str], **options):
    return score(rows, answers, design="lines-text", schema=SCHEMAS["mabsa"], resamples=0, **options)


def test_a_group_has_the_figures_of_its_samples_alone():
    rows = gold()
    answers = [rows[1]["completion"], "x", *(row["completion"] for row in rows[2:])]
    groups = scored(rows, answers, by=["topic"])["groups"]
    assert list(groups) == ["text_length", "targets", "corpus", "topic"]
    assert {name: each["samples"] for name, each in groups["text_length"]["groups"].items()} == {
        "0-50": 2,
        "51-100": 1,
        "801+": 1,
    }
    assert {name: each["samples"] for name, each in groups["targets"]["groups"].items()} == {"0": 1, "1": 2, "2": 1}
    assert {name: each["samples"] for name, each in groups["topic"]["groups"].items()} == {"1": 2, "": 1, "2": 1}
    alone = scored(rows[:2], answers[:2])["headline"]
    assert groups["corpus"]["groups"]["a"]["figures"] == {name: figure["value"] for name, figure in alone.items()}


def test_samples_of_a_column_with_very_many_values_are_left_out_with_their_number():
    rows = [row | {"completion": "food: positive", "topic": number} for number, row in enumerate(ROWS * 20)]
    topic = scored(rows, ["food: positive"] * 80, by=["topic"])["groups"]["topic"]
    assert len(topic["groups"]) == 50 and topic["other"] == 30


def test_one_group_alone_is_shown_on_request_only():
    rows = [row | {"corpus": "a"} for row in gold()]
    assert "corpus" not in scored(rows, ["x"] * 4)["groups"]
    assert "corpus" in scored(rows, ["x"] * 4, by=["corpus"])["groups"]


def test_a_column_that_gold_lacks_is_an_error():
    with pytest.raises(InputError, match="no column 'theme'"):
        scored(gold(), ["x"] * 4, by=["theme"])


def test_samples_with_nested_mentions_form_a_group_and_the_command_groups_by_column(out, tmp_path):
    path = answers_file(tmp_path / "answers.jsonl", {f"n{n}": "x" for n in range(3)})
    command = ["score", str(path), "--data", str(out), "--config", "genes-lines-text", "--quiet", "--by", "language"]
    done = CliRunner().invoke(main, [*command, "--json", str(tmp_path / "scores.json")])
    assert done.exit_code == 0, done.output
    groups = read_scores(tmp_path / "scores.json").groups
    sizes = {name: each.samples for name, each in groups["nesting"].groups.items()}
    assert sizes == {"no mention": 1, "flat": 1, "nested": 1}
    assert groups["language"].groups["en"].samples == 3
    assert "By language" in done.output and "By nesting of gold" in done.output


def test_rows_without_a_dataset_are_grouped_by_their_keys(tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps({"task": "mabsa", "targets": ["food"]}))
    rows = [{"completion": "food: positive", "prediction": "food: positive", "topic": topic} for topic in "aab"]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    command = ["score", str(tmp_path / "rows.jsonl"), "--design", "lines-text", "--by", "topic", "--quiet"]
    done = CliRunner().invoke(main, [*command, "--schema", str(tmp_path / "schema.json")])
    assert done.exit_code == 0 and "By topic" in done.output


def test_batches_are_grouped_together():
    table = pa.Table.from_pylist(gold() * 600)
    corpus = scored(table, table.column("completion").to_pylist())["groups"]["corpus"]["groups"]
    assert corpus["a"]["samples"] == corpus["b"]["samples"] == 1200
