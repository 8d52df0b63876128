"""Scoring against a repository on the Hub gives what scoring against the folder gives that was pushed there.

pytest tests/hub/test_score.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.hub.conftest import NAME, pushed
from tests.loopback import Hub

pytestmark = pytest.mark.slow

CONFIG = "mabsa-lines-text"


def sde(hub: Hub, home: Path, *args: object) -> subprocess.CompletedProcess:
    """Run a command in a process of its own, which reads the environment anew."""
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    environment.pop("HF_TOKEN", None)
    command = [sys.executable, "-m", "sde_datasets", *map(str, args)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def answers(folder: Path, path: Path) -> Path:
    table = pq.read_table(sorted((folder / "data" / CONFIG).glob("train-*")))
    rows = zip(table.column("id").to_pylist(), table.column("completion").to_pylist(), strict=True)
    said = [json.dumps({"id": id, "prediction": text if n else "x"}) for n, (id, text) in enumerate(rows)]
    path.write_text("\n".join(said), encoding="utf-8")
    return path


def test_a_repository_is_scored_as_its_folder(before, tmp_path):
    path = answers(before, tmp_path / "answers.jsonl")
    asked = ("--config", CONFIG, "--split", "train", "--quiet", "--json")
    with Hub(tmp_path / "hub") as hub:
        pushed(hub, before)
        done = sde(hub, tmp_path / "home", "score", path, "--data", NAME, *asked, tmp_path / "hub.json")
        assert done.returncode == 0, done.stderr
        wrong = sde(hub, tmp_path / "home", "score", path, "--data", "org/other", *asked, tmp_path / "no.json")
    assert wrong.returncode == 1 and "cannot be loaded" in wrong.stderr and "Traceback" not in wrong.stderr
    here = sde(hub, tmp_path / "home", "score", path, "--data", before, *asked, tmp_path / "here.json")
    assert here.returncode == 0, here.stderr
    one, other = (json.loads((tmp_path / name).read_text("utf-8")) for name in ("hub.json", "here.json"))
    assert one["inputs"]["gold"]["name"] == NAME
    assert one["inputs"]["gold"]["revision"]
    assert {k: v for k, v in one.items() if k != "inputs"} == {k: v for k, v in other.items() if k != "inputs"}


def test_a_split_that_a_repository_does_not_have_is_named_with_those_that_it_has(before, tmp_path):
    path = answers(before, tmp_path / "answers.jsonl")
    with Hub(tmp_path / "hub") as hub:
        pushed(hub, before)
        asked = ("--config", CONFIG, "--split", "validation", "--quiet")
        done = sde(hub, tmp_path / "home", "score", path, "--data", NAME, *asked)
    assert done.returncode == 2, done.stderr
    assert f"{CONFIG!r} has no split 'validation'. Known: train, test." in done.stderr
