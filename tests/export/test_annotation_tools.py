"""The full circle: a config, its annotations in an annotation tool, what the tool exports, and a build of it.

pytest tests/export/test_annotation_tools.py
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.export.config_data import ConfigData

CONFIGS = ["ner-lines-text", "mabsa-lines-text", "mabsa_zh-lines-text", "ed-lines-text"]


def in_label_studio(folder: Path, export: Path) -> Path:
    """What Label Studio exports after an annotator accepted every prediction: it has tasks with annotations."""
    tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
    for number, task in enumerate(tasks, 1):
        (prediction,) = task.pop("predictions")
        result = prediction["result"]
        task |= {
            "id": number,
            "annotations": [{"id": number, "completed_by": 1, "was_cancelled": False, "result": result}],
        }
    export.write_text(json.dumps(tasks), encoding="utf-8")
    return export


def in_doccano(folder: Path, export: Path) -> Path:
    """What doccano exports: the texts with an id of its own, and with comments."""
    lines = (folder / "texts.jsonl").read_text("utf-8").splitlines()
    rows = [{"id": number, **json.loads(line), "Comments": []} for number, line in enumerate(lines, 1)]
    export.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return export


def annotations(data: str, config: str, with_evidence: bool) -> dict[str, dict]:
    """The annotations of each text by split and id; the pieces of a discontinuous mention apart."""
    opened = ConfigData.open(data, config)
    found: dict[str, dict] = {}
    for split in opened.splits:
        for row in opened.annotated(split):
            marks = set()
            for each in row.annotations:
                evidence = [(span["start"], span["end"]) for span in each["evidence"]] if with_evidence else []
                pieces = [(span["start"], span["end"]) for span in each["spans"]] or [None]
                marks |= {(each["target"], each["label"], piece, tuple(sorted(evidence))) for piece in pieces}
            found[f"{split} {row.id} {row.text}"] = marks
    return found


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize(("tool", "through"), [("labelstudio", in_label_studio), ("doccano", in_doccano)])
def test_annotations_come_back_from_the_tool(built, tmp_path, monkeypatch, tool, through, config):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["export", str(built), config, "--to", tool])
    assert result.exit_code == 0, result.output
    export = through(
        Path("exports") / f"{config}-{tool}", Path("EXPORT.json" if tool == "labelstudio" else "EXPORT.jsonl")
    )
    assert export.exists()
    # the command that the export prints
    command = result.output.strip().splitlines()[-1]
    arguments = [*shlex.split(command)[1:], "--designs", "lines-text", "--quiet"]
    rebuilt = CliRunner().invoke(main, arguments)
    assert rebuilt.exit_code == 0, rebuilt.output
    view = config.partition("-")[0].partition("_")[0]
    with_evidence = tool == "labelstudio" and view == "mabsa"
    before = annotations(str(built), config, with_evidence)
    assert annotations("corrected", f"{view}-lines-text", with_evidence) == before
    assert len(before) == 600 and sum(map(len, before.values())) > 800


def test_predictions_replace_gold_and_only_answered_texts_are_written(built, tmp_path):
    data = ConfigData.open(str(built), "ner-lines-text")
    (first, _, completion), (second, *_), *_ = data.prompted("test")
    answers = tmp_path / "model-a.jsonl"
    rows = [{"id": first, "prediction": completion}, {"id": second, "prediction": "'DNA': ''"}]
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = ["export", str(built), "ner-lines-text", "--to", "labelstudio", "--predictions", str(answers)]
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text("utf-8"))
    assert [task["data"]["id"] for task in tasks] == [first, second]
    assert [task["predictions"][0]["model_version"] for task in tasks] == ["model-a", "model-a"]
    assert tasks[0]["predictions"][0]["result"] and not tasks[1]["predictions"][0]["result"]


def test_answers_of_another_split_are_refused(built, tmp_path):
    answers = tmp_path / "a.jsonl"
    answers.write_text('{"id": "other", "prediction": ""}\n', encoding="utf-8")
    arguments = ["export", str(built), "ner-lines-text", "--to", "doccano", "--predictions", str(answers)]
    result = CliRunner().invoke(main, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 1 and "the id 'other' does not occur in ner-lines-text test" in result.output
