"""The page of a repository on the Hub shows what that of the folder shows that was pushed there.

pytest tests/hub/test_explore.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.hub.conftest import NAME, pushed
from tests.hub.test_score import sde
from tests.loopback import Hub

pytestmark = pytest.mark.slow


def data(page: Path) -> dict:
    """What a page holds."""
    return json.loads(re.search(r'type="application/json" id="data">(.*?)</script>', page.read_text("utf-8"))[1])


def test_the_page_of_a_repository_is_that_of_its_folder(before, tmp_path):
    with Hub(tmp_path / "hub") as hub:
        pushed(hub, before)
        done = sde(hub, tmp_path / "home", "explore", NAME, "--html", tmp_path / "hub.html")
        assert done.returncode == 0, done.stderr
        wrong = sde(hub, tmp_path / "home", "explore", "org/other", "--html", tmp_path / "no.html")
    assert wrong.returncode == 1 and "org/other: does not exist" in wrong.stderr and "Traceback" not in wrong.stderr
    here = sde(hub, tmp_path / "home", "explore", before, "--html", tmp_path / "here.html")
    assert here.returncode == 0, here.stderr
    one, other = data(tmp_path / "hub.html"), data(tmp_path / "here.html")
    assert one["catalogue"]["dataset"] == NAME and re.fullmatch("[0-9a-f]{40}", one["catalogue"]["revision"])
    assert one["held"] == other["held"] and one["catalogue"]["views"] == other["catalogue"]["views"]
