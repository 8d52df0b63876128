"""The commands: all at once, and their options in a file.

pytest tests/cli/test_train.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sde_datasets.cli.main import main
from sde_datasets.runs.run_folder import RunFolder

pytestmark = pytest.mark.train


def command(*words: str | Path | int) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def file(tmp_path, data) -> Path:
    """A run file whose answers are few."""
    path = tmp_path / "run.toml"
    path.write_text(
        f'config = "mabsa-lines-text-noinst"\ndata = "{data}"\nmodel = "tiny"\nsteps = 2\nchat = true\n'
        f'out = "{tmp_path}/run"\n\n[answer]\nlimit = 3\nsplit = "validation"\n',
        "utf-8",
    )
    return path


def test_one_command_trains_and_scores_from_one_file(file, tmp_path):
    done = command("train", "--run", file, "--no-chat", "--steps", 1, "--evaluate", "--table", "--quiet")
    assert done.exit_code == 0, done.output
    options = RunFolder(tmp_path / "run").options()
    assert (options.steps, options.chat, options.model) == (1, False, "tiny"), "the command line does not go first"
    answers = tmp_path / "run/predictions/mabsa-lines-text-noinst-validation-3.jsonl"
    assert len(answers.read_text("utf-8").splitlines()) == 3
    assert "validation: 3 samples; greedy decoding" in done.output and str(answers) in done.output
    gold = json.loads((tmp_path / "run/about.json").read_text("utf-8"))["example"]
    assert "gold" in done.output and "ambience general" in done.output and "ambience general" in gold


def test_resumed_run_uses_the_options_of_its_folder(file, tmp_path):
    done = command("train", "--run", file, "--no-chat", "--quiet")
    assert done.exit_code == 0, done.output
    done = command("train", "--out", tmp_path / "run", "--resume", "--evaluate")
    assert done.exit_code == 0 and "is already complete" in done.output
    # and of steps and epochs the command line's are taken
    again = ("train", "--run", tmp_path / "run/run.toml", "--epochs", 0.05, "--out", tmp_path / "again", "--quiet")
    assert command(*again).exit_code == 0
    options = RunFolder(tmp_path / "again").options()
    assert (options.epochs, options.steps) == (0.05, None)


@pytest.mark.parametrize(
    "words, expected",
    [
        (["--merge"], "--merge is for an adapter"),
        (["--table"], "--table goes with --evaluate"),
        (["--learning-rate", "nan"], "learning_rate is nan"),
    ],
)
def test_invalid_options_are_reported_before_training(file, tmp_path, words, expected):
    done = command("train", "--run", file, "--no-chat", *words)
    assert done.exit_code == 2 and expected in done.stderr and not (tmp_path / "run").exists()


def test_answer_options_can_be_in_a_file(run, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text('[answer]\nlimit = 2\nsplit = "validation"\nmax_new_tokens = 3\n', "utf-8")
    done = command("predict", run, "--run", file, "--limit", 4, "--out", tmp_path / "a.jsonl", "--quiet")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 4 and max(row["tokens"] for row in rows) == 3


def test_input_option_can_be_in_a_file(run, tmp_path):
    (tmp_path / "new.jsonl").write_text('{"text": "IL-2"}\n', "utf-8")
    (tmp_path / "run.toml").write_text(
        f'[answer]\ninput = "{tmp_path}/new.jsonl"\nout = "{tmp_path}/a.jsonl"\n', "utf-8"
    )
    done = command("predict", run, "--run-file", tmp_path / "run.toml", "--quiet")
    assert done.exit_code == 0 and json.loads((tmp_path / "a.jsonl").read_text("utf-8"))["text"] == "IL-2"


@pytest.mark.parametrize(
    "table, words",
    [
        ("[answer]\nlimits = 2\n", r"[answer]: unknown option 'limits'. Did you mean limit"),
        ("answer = 2\n", "answer is 2. Make it a table: [answer]"),
        ("[answer]\nlimit = [1, 2]\n", "limit is [1, 2]. Give one value"),
        ("[answer]\ntemperature = 0.5\n", "--temperature and --top-p are for --sample"),
        ("[answer]\nsample = true\ntemperature = 1e-9\n", "--temperature is 0.01 or more"),
    ],
)
def test_invalid_answer_table_is_reported_before_training(file, tmp_path, table, words):
    file.write_text(file.read_text("utf-8").partition("\n[answer]")[0] + table, "utf-8")
    done = command("train", "--run", file, "--no-chat", "--evaluate", "--quiet")
    assert done.exit_code in (1, 2) and words in done.stderr
    assert not (tmp_path / "run").exists()
