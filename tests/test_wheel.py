"""The wheel alone, without the checkout: it holds the builders, the corpora, the tasks and the facts, and builds them.

pytest tests/test_wheel.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder that holds only what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    # a copy, since building leaves files beside the sources
    ignore = shutil.ignore_patterns(".*", "*.egg-info", "tests", "demo-out")
    shutil.copytree(ROOT, folder / "source", ignore=ignore)
    shutil.rmtree(folder / "source" / "build", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, folder / "source"], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    return folder / "site"


def test_the_wheel_alone_builds_and_checks_the_bundled_corpora(site, tmp_path):
    env = os.environ | {"PYTHONPATH": str(site)}
    where = "import sde_datasets, sde_builders, sde_datasets.cards as c; print(sde_builders.__file__, c.__file__)"
    shown = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert shown.stdout.count(str(site)) == 2
    command = [sys.executable, "-m", "sde_datasets"]
    page = ["explore", "out", "--html", "page.html", "--n", "1"]
    for arguments in (["build", "--designs", "lines-text", "--out", "out"], page, ["check", "out"]):
        done = subprocess.run([*command, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert "all right" in done.stdout


def test_the_wheel_holds_every_data_file(site):
    """Plans, tasks, templates, cards and the bundled corpora, whatever folder they are in."""
    packages = {"sde_datasets": "sde_datasets", "builders": "sde_builders", "cards": "sde_datasets/cards"}
    for folder, package in packages.items():
        data = [path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file()]
        data = [path for path in data if path.suffix not in (".py", ".pyc")]
        assert data and [path for path in data if not (site / package / path).is_file()] == []
