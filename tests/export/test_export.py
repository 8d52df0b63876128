"""The command `export`: what it writes, prints and refuses.

pytest tests/export/test_export.py
"""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.tools import TOOLS

CONFIG = "ner-lines-text"


def export(built, out, *options: str):
    return CliRunner().invoke(main, ["export", str(built), CONFIG, "--out", str(out), *options])


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_an_export_prints_its_files_and_the_command(built, tmp_path):
    result = export(built, tmp_path / "a", "--to", "trl")
    assert result.exit_code == 0, result.output
    assert f"{tmp_path}/a/train.jsonl       480 rows" in result.output
    assert f"trl sft --config {tmp_path}/a/sft.yaml" in result.output


def test_pairs_are_the_samples_of_the_config_in_their_order(built, exported):
    data = ConfigData.open(str(built), CONFIG)
    for split in ("train", "validation", "test"):
        written = [(row["id"], row["prompt"], row["completion"]) for row in rows(exported("trl") / f"{split}.jsonl")]
        assert written == list(data.prompted(split))


def test_conversations_have_the_messages_of_training_with_chat(built, exported):
    folder = exported("llamafactory", "--chat", "--system", "Be exact.")
    (_, prompt, completion), *_ = ConfigData.open(str(built), CONFIG).prompted("train")
    assert rows(folder / "train.jsonl")[0]["messages"] == [
        {"role": "system", "content": "Be exact."},
        {"role": "user", "content": prompt},
        {"role": "assistant", "content": completion},
    ]


def test_the_preset_sets_the_hyperparameters(exported):
    small, paper = exported("trl"), exported("trl", "--preset", "paper", config="mabsa-lines-text")
    ranks = [yaml.safe_load((folder / "sft.yaml").read_text("utf-8"))["lora_r"] for folder in (small, paper)]
    assert ranks == [16, 8]


def test_an_export_is_replaced_and_the_bytes_are_the_same(built, tmp_path):
    contents = []
    for _ in range(2):
        assert export(built, tmp_path / "a", "--to", "llamafactory").exit_code == 0
        contents.append({path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()})
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", ["model.safetensors", "notes"])
def test_a_folder_with_other_files_is_not_replaced(built, tmp_path, name):
    assert export(built, tmp_path / "a", "--to", "trl").exit_code == 0
    (tmp_path / "a" / name).write_text("mine")
    result = export(built, tmp_path / "a", "--to", "trl")
    assert result.exit_code == 1 and f"holds what no export wrote ({name})" in result.output
    assert (tmp_path / "a" / name).read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "trl", "--system", "Hi"), "--system is a part of a chat"),
        (("--to", "trl", "--predictions", "a.jsonl"), "trl takes no predictions"),
    ],
)
def test_options_that_a_tool_does_not_take_are_refused(built, tmp_path, options, message):
    result = export(built, tmp_path / "a", *options)
    assert result.exit_code == 2 and message in result.output
    assert not (tmp_path / "a").exists()


def test_an_unknown_config_is_refused_and_writes_nothing(built, tmp_path):
    result = CliRunner().invoke(
        main, ["export", str(built), "ner-line-text", "--to", "trl", "--out", str(tmp_path / "a")]
    )
    assert result.exit_code == 2 and "Did you mean" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_has_a_page_that_says_whether_it_loaded_the_export(tool):
    from pathlib import Path

    page = Path(__file__).resolve().parents[2] / "docs" / "export" / f"{tool}.md"
    text = page.read_text("utf-8")
    assert f"--to {tool}" in text
    assert "Loaded by " in text or "Not loaded by the tool here" in text
