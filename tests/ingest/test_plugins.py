"""What another package adds: a builder and a task, found by entry point; and a task as a file, without any package.

`tests/plugin` is such a package as its author would write it: one module and one TOML file. It is installed into a
folder of its own, as pip would, and every command runs in a new process that has this folder on its path.

pytest tests/ingest/test_plugins.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow

PLUGIN = Path(__file__).parents[1] / "plugin"
ENTRY_POINTS = """[sde_datasets.builders]
stance_tweets = stance_builder:BUILDER

[sde_datasets.tasks]
stance = stance_builder:task
"""
TWEETS = {
    "The sea is rising and we must act now. Lower taxes can wait.": "climate=favour taxes=against",
    "Night trains are back, and I love it!": "trains=favour",
    "A new budget: taxes up, trains down, nobody happy.": "taxes=neither trains=against",
    "What a lovely morning.": "",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder on the path into which the package of another person is installed."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / "stance_tweets-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stance-tweets\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    for name in ("stance_builder.py", "stance.toml"):
        shutil.copy(PLUGIN / name, folder)
    return folder


def sde(where: Path, *args: object, site: Path | None = None, fails: bool = False) -> str:
    """What a command says, run in a new process in `where`."""
    env = os.environ | {"HF_HOME": str(where / "home"), "HF_HUB_OFFLINE": "1"}
    if site:
        env["PYTHONPATH"] = str(site)
    command = [sys.executable, "-m", "sde_datasets", *map(str, args)]
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=100)
    assert "Traceback" not in done.stderr, done.stderr
    assert bool(done.returncode) == fails, done.stderr
    return done.stdout + done.stderr


def first(folder: Path, config: str, text: str) -> dict:
    """The sample of a config, in any split, whose text starts with `text`."""
    paths = sorted((folder / "data" / config).glob("*.parquet"))
    rows = (row for path in paths for row in pq.read_table(path).to_pylist())
    return next(row for row in rows if row["source_text"].startswith(text))


def test_the_builder_is_as_short_as_the_readme_says():
    assert len((PLUGIN / "stance_builder.py").read_text("utf-8").splitlines()) < 40


def test_without_the_package_there_is_neither_builder_nor_task(tmp_path):
    assert "stance" not in sde(tmp_path, "corpora")
    says = sde(tmp_path, "build", "--source", "stance_tweets=x", "--out", "out", fails=True)
    assert "unknown corpus 'stance_tweets'" in says
    assert "unknown task 'stance'" in sde(
        tmp_path, "designs", "--view", "stance", "--explain", "lines-text", fails=True
    )


def test_commands_know_the_builder_and_its_task(tmp_path, site):
    line = next(line for line in sde(tmp_path, "corpora", site=site).splitlines() if line.startswith("stance_tweets"))
    assert line.split()[1] == "stance" and "see its package" in line
    says = sde(tmp_path, "designs", "--view", "stance", "--explain", "lines-text-cot", site=site)
    assert "quote as passage" in says and 'one: "a text" -> favour' in says and "Stances:" in says


def test_a_corpus_is_built_under_every_design_and_checked(tmp_path, site):
    tweets = tmp_path / "tweets"
    tweets.mkdir()
    for split, count in (("train", 40), ("dev", 8), ("test", 8)):
        rows = list(TWEETS.items()) * (count // len(TWEETS))
        lines = [f"{split}-{n}\t{text} #{n}\t{stances}\n" for n, (text, stances) in enumerate(rows)]
        (tweets / f"{split}.tsv").write_text("".join(lines), "utf-8")
    with (tweets / "train.tsv").open("a", encoding="utf-8") as more:
        more.write("broken-1\tno stances here\n")
        more.write("broken-2\tan unknown label\tclimate=maybe\n")
        more.write("other\tHello neighbours.\tcats=favour\n")

    out = tmp_path / "out"
    source = ["--source", f"stance_tweets={tweets}"]
    says = sde(tmp_path, "build", *source, "--designs", "all", "--out", out, "--quiet", site=site)
    assert "1 outside the targets" in says
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_text("utf-8").splitlines()]
    assert [(r["file"], r["line"]) for r in rejects] == [("stance_tweets/train.tsv", n) for n in (41, 42)]
    assert "2 fields, not 3" in rejects[0]["reason"] and "'maybe'" in rejects[1]["reason"]
    assert "all right" in sde(tmp_path, "check", out, "--quiet", site=site)

    plain = first(out, "stance-lines-text", "A new budget")
    assert plain["completion"] == "climate: silent\ntrains: against\ntaxes: neither"
    assert plain["corpus"] == "stance_tweets" and plain["prompt"].endswith("\nStances:\n")
    assert first(out, "stance-lines-num", "A new budget")["completion"] == "climate: 9\ntrains: 1\ntaxes: 0"
    assert json.loads(first(out, "stance-json-text-ou", "Night")["completion"]) == {
        "topic": "trains",
        "stance": "favour",
    }


def test_the_task_as_a_file_needs_no_package(tmp_path):
    rows = [
        {
            "text": f"{text} #{n}",
            "annotations": [dict(zip(("target", "label"), s.split("="), strict=True)) for s in stances.split()],
        }
        for n, (text, stances) in enumerate(list(TWEETS.items()) * 10)
    ]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = PLUGIN / "stance.toml"
    sde(tmp_path, "build", "--source", "jsonl=mine.jsonl", "--task", task, "--out", "out", "--quiet")
    assert "all right" in sde(tmp_path, "check", "out", "--quiet")
    sample = first(tmp_path / "out", "stance-lines-text", "Night")
    assert "trains: favour" in sample["completion"] and sample["corpus"] == "jsonl"


def test_a_package_that_cannot_be_imported_is_named_and_the_others_work(tmp_path):
    broken = tmp_path / "site" / "broken-1.0.dist-info"
    broken.mkdir(parents=True)
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (broken / "entry_points.txt").write_text("[sde_datasets.builders]\nlost = nothing_there:BUILDER\n")
    listed = sde(tmp_path, "corpora", site=tmp_path / "site")
    assert "'lost' of the package 'broken' cannot be imported" in " ".join(listed.split()) and "genia" in listed
    says = sde(tmp_path, "build", "--source", "lost=x", "--out", "out", site=tmp_path / "site", fails=True)
    assert "cannot be imported" in says
