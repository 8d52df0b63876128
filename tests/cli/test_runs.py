"""The command `runs` and the table at the end of training.

pytest tests/cli/test_runs.py
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.runs import metrics_file
from sde_datasets.runs.run_list import list_runs
from sde_datasets.training.summary import duration

pytestmark = pytest.mark.train


def command(*words: object):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def folder(run, tmp_path) -> Path:
    """Three runs: b with a validation score and newer than a, and one within c that was stopped."""
    for number, name in enumerate(("a", "b", "c/d")):
        path = tmp_path / "runs" / name
        shutil.copytree(run, path)
        options = (path / "run.toml").read_text("utf-8")
        (path / "run.toml").write_text(options.replace("seed = 1", f"seed = {5 - number}"), "utf-8")
        for file in ("run.toml", "metrics.jsonl"):
            os.utime(path / file, (number * 100_000, number * 100_000))
    metrics_file.append_row(tmp_path / "runs/b/metrics.jsonl", {"step": 12, "validation": 0.25, "figure": "f1"})
    os.utime(tmp_path / "runs/b/metrics.jsonl", (100_000, 100_000))
    shutil.rmtree(tmp_path / "runs/c/d/model")
    return tmp_path / "runs"


def test_runs_have_their_scores_and_states(folder):
    rows = {str(row.path.relative_to(folder)): row for row in list_runs(folder)}
    assert sorted(rows) == ["a", "b", "c/d"]
    assert (rows["b"].figure, rows["b"].score) == ("f1 (validation)", 0.25) and rows["a"].score is None
    assert rows["c/d"].state == "step 12" and rows["a"].state == "complete"
    assert {row.size for row in rows.values()} == {480} and rows["a"].model == "tiny"


@pytest.mark.parametrize(
    "words, order",
    [
        ([], ["c/d", "b", "a"]),
        (["--reverse"], ["a", "b", "c/d"]),
        (["--sort", "score"], ["b", "a", "c/d"]),
        (["--sort", "seed"], ["c/d", "b", "a"]),
    ],
)
def test_runs_are_sorted(folder, words, order):
    done = command("runs", folder, *words)
    assert done.exit_code == 0, done.output
    shown = [line.split("│")[1].strip() for line in done.output.splitlines() if line.startswith("│")]
    assert shown == order


def test_folder_without_runs_is_one_line(tmp_path):
    done = command("runs", tmp_path)
    assert done.exit_code == 1 and "contains no run. Train one" in done.stderr
    assert "is not a folder" in command("runs", tmp_path / "none").stderr


def test_training_ends_with_a_table(data, tmp_path):
    words = ["--model", "tiny", "--steps", 2, "--eval-every", 1, "--eval-samples", 2, "--train-size", 8]
    done = command("train", "ner-lines-text-noinst", "--data", data, *words, "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    found = {line.split("│")[1].strip() for line in done.stderr.splitlines() if line.startswith("│")}
    assert {"steps", "time", "tokens", "peak memory", "last loss", "best score", "path"} == found


def test_durations_are_in_the_two_largest_units():
    assert [duration(s) for s in (0.4, 42, 185, 7800)] == ["0 s", "42 s", "3 min 5 s", "2 h 10 min"]
