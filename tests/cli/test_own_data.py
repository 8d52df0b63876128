"""Own data on the command line, as a new user gives them: what is read, and what the terminal says.

pytest tests/cli/test_own_data.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest


def sde(*args: object):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def build(tmp_path: Path, *args: object):
    return sde("build", "--out", tmp_path / "out", "--designs", "es", "--quiet", *args)


def records(tmp_path: Path, view: str) -> list[dict]:
    return ds.dataset(tmp_path / f"out/data/{view}-records").to_table().to_pylist()


def write(path: Path, *rows: dict) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def said(target: str, mention: str) -> dict:
    return {"target": target, "mention": mention}


def test_two_files_are_one_view_whose_splits_their_names_say(tmp_path):
    train = write(tmp_path / "train.jsonl", {"text": "Ana met Bo.", "annotations": [said("PER", "Ana")]})
    test = write(tmp_path / "test.jsonl", {"text": "Oslo.", "annotations": [said("LOC", "Oslo")]})
    done = build(tmp_path, "--source", f"jsonl={train}", "--source", f"jsonl={test}", "--task", "ner")
    assert done.exit_code == 0, done.output
    assert {(row["id"], row["split"]) for row in records(tmp_path, "ner")} == {("train-1", "train"), ("test-1", "test")}
    state = Manifest.load(tmp_path / "out").views["ner"]
    assert state.schema.targets == ("LOC", "PER")
    assert list(state.inputs) == ["test.jsonl", "train.jsonl"]
    assert str(tmp_path) not in Manifest.load(tmp_path / "out").to_json()


def test_two_files_are_read_again_where_one_has_changed(tmp_path):
    paths = [write(tmp_path / f"{name}.jsonl", {"text": name, "annotations": []}) for name in ("train", "test")]
    args = [arg for path in paths for arg in ("--source", f"jsonl={path}")]
    for texts in (["train"], ["train", "more"]):
        write(paths[0], *({"text": text, "annotations": []} for text in texts))
        assert build(tmp_path, *args, "--task", "ner", "--targets", "PER").exit_code == 0
        assert sorted(row["text"] for row in records(tmp_path, "ner")) == sorted(["test", *texts])


def test_columns_labels_targets_and_options_are_set_on_the_command_line(tmp_path):
    (tmp_path / "own.csv").write_text("Kommentar;stars;Essen\nGut.;5;1\nSchlecht.;1;5\n", "utf-8")
    done = build(
        tmp_path,
        *("--source", f"csv={tmp_path / 'own.csv'}", "--task", "mabsa", "--options", "delimiter=;"),
        *("--columns", "text=Kommentar", "--labels", "1=negative", "--labels", "5=positive", "--targets", "Essen"),
    )
    assert done.exit_code == 0, done.output
    found = {row["text"]: row["annotations"][0]["label"] for row in records(tmp_path, "mabsa")}
    assert found == {"Gut.": "negative", "Schlecht.": "positive"}


def test_a_key_called_label_is_the_target_of_a_span(tmp_path):
    row = {"text": "Ana met Bo.", "annotations": [{"start": 0, "end": 3, "label": "PER"}]}
    source = f"jsonl={write(tmp_path / 'own.jsonl', row)}"
    done = build(tmp_path, "--source", source, "--task", "ner", "--columns", "target=label")
    assert done.exit_code == 0, done.output
    assert [(a["target"], a["mention"]) for a in records(tmp_path, "ner")[0]["annotations"]] == [("PER", "Ana")]


def test_not_a_number_is_left_out_and_a_whole_float_is_an_integer(tmp_path):
    spans = [{"target": "PER", "mention": "Ana", "start": float("nan")}, {"target": "PER", "start": 8.0, "end": 10.0}]
    source = f"jsonl={write(tmp_path / 'own.jsonl', {'id': 1.0, 'text': 'Ana met Bo.', 'annotations': spans})}"
    assert build(tmp_path, "--source", source, "--task", "ner").exit_code == 0
    (row,) = records(tmp_path, "ner")
    assert row["id"] == "1" and [a["mention"] for a in row["annotations"]] == ["Ana", "Bo"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--columns", "text"), "--columns 'text' does not have the form KEY=NAME"),
        (("--labels", "=positive"), "--labels '=positive' does not have the form VALUE=LABEL"),
        (("--columns", "txt=a"), "columns: unknown key 'txt'. Did you mean text or start?"),
        (("--options", "delimeter=;"), "has no option 'delimeter'. Did you mean delimiter?"),
        (("--split", "90/10"), "split: '90/10' is not of the form 80/10/10"),
    ],
)
def test_wrong_settings_are_bad_usage(tmp_path, args, says):
    (tmp_path / "own.csv").write_text("text,food\nGood.,positive\n", "utf-8")
    done = build(tmp_path, "--source", f"csv={tmp_path / 'own.csv'}", "--task", "mabsa", *args)
    assert done.exit_code == 2 and says in done.output, done.output


def test_settings_of_own_data_need_a_source(tmp_path):
    done = build(tmp_path, "--columns", "text=a")
    assert done.exit_code == 2 and "--columns, --labels" in done.output and "need --source" in done.output


@pytest.mark.parametrize(("corpus", "says"), [("csv", "delimiter"), ("jsonl", '"annotations": ['), ("brat", ".ann")])
def test_a_corpus_is_described_with_its_options(corpus, says):
    done = sde("corpora", corpus)
    assert done.exit_code == 0 and says in done.output and f"Options of {corpus}: " in done.output
    assert sde("corpora", "jsnol").exit_code == 2
