"""What the tests of publishing share: a loopback Hub, two small folders, and what a reader of a repository sees."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml
from huggingface_hub import HfApi, get_session, set_client_factory
from huggingface_hub.utils import disable_progress_bars

from sde_datasets.building.pipeline import build
from sde_datasets.hub.connection import Connection
from sde_datasets.hub.push import Push, PushResult
from sde_datasets.hub.push_options import PushOptions
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from sde_datasets.utils.progress import Progress
from tests.hub.commands import speak_to
from tests.loopback import Hub

NAME = "org/sde"
QUIET = Progress(quiet=True)
# where the library keeps the token of whoever is logged in
TOKEN = Path(os.environ["HF_TOKEN_PATH"])


disable_progress_bars()


@pytest.fixture
def hub(tmp_path):
    with Hub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture(autouse=True)
def nobody(monkeypatch) -> Iterator[None]:
    """A machine on which nobody is logged in; the client is as it was after each command."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    yield
    TOKEN.unlink(missing_ok=True)
    usual_client()


def usual_client() -> None:
    """The client of the library, which waits for ever."""
    hooks = get_session().event_hooks
    set_client_factory(lambda: httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=None))


@pytest.fixture
def here(hub, monkeypatch) -> Hub:
    """The loopback Hub as the one that commands speak to, and a token that it knows."""
    speak_to(hub.url, hub.token, monkeypatch)
    return hub


@pytest.fixture
def folder(before, tmp_path) -> Path:
    """A built folder that may be damaged."""
    return Path(shutil.copytree(before, tmp_path / "built"))


def connected(hub: Hub, name: str = NAME) -> Connection:
    """A connection to a repository of the loopback Hub."""
    return Connection(HfApi(endpoint=hub.url, token=hub.token), name, hub.token)


def pushed(hub: Hub, folder: Path, one_commit: int = 2_000, **how) -> PushResult:
    """Push a folder as the command does."""
    return Push.prepare(folder, PushOptions(NAME, **how), connected(hub), one_commit).run(QUIET)


def own_data(folder: Path, texts: list[str], designs: tuple[str, ...], licence: str = "cc-by-4.0") -> Path:
    """Build texts of our own, about food, the last of them as test; the folder that was built."""
    rows = [
        {"text": text, "split": "train", "annotations": [{"target": "food", "label": "positive"}]} for text in texts
    ]
    rows[-1]["split"] = "test"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    view = ViewPlan("jsonl", "mine.jsonl", task="mabsa", targets=("food", "price"), licence=licence)
    plan = completed(Plan((view,), name="Small", designs=designs, base=folder), "test")
    build(plan, folder / "out", 1, progress=QUIET)
    return folder / "out"


@pytest.fixture(scope="session")
def before(tmp_path_factory) -> Path:
    """A folder of four data files: one design and the records, each with train and test."""
    return own_data(tmp_path_factory.mktemp("before"), ["good soup", "nice tea", "fine cake"], ("lines-text",))


@pytest.fixture(scope="session")
def after(tmp_path_factory) -> Path:
    """The same with one text changed and another design instead: files are added, replaced and removed."""
    return own_data(tmp_path_factory.mktemp("after"), ["good soup", "cold tea", "fine cake"], ("json-text",))


def shown(hub: Hub, revision: str = "main") -> dict:
    """What a reader sees: for each config that the card lists, the content of the files of its splits.

    Fails where the card names no file that is there, or one that the manifest does not list.
    """
    try:
        files = hub.repository(NAME).files(revision)
    except KeyError:
        return {}
    if "README.md" not in files:
        return {}
    card = files["README.md"].decode()
    configs = yaml.load(card.split("---\n")[1], yaml.CSafeLoader)["configs"]
    listed = set(json.loads(files["manifest.json"])["outputs"])
    seen = {}
    for config in configs:
        for part in config["data_files"]:
            start = part["path"].removesuffix("*")
            found = sorted(path for path in files if path.startswith(start) and "/" not in path[len(start) :])
            assert found and listed >= set(found), part["path"]
            seen[config["config_name"], part["split"]] = b"".join(files[path] for path in found)
    return seen
