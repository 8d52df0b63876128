"""What the tests of publishing share: a loopback Hub, two small folders, and what a reader of a repository sees."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from huggingface_hub import HfApi, set_client_factory
from huggingface_hub.utils import disable_progress_bars
from huggingface_hub.utils._http import default_client_factory
from loopback import Hub

from hub.commands import speak_to
from sde_datasets.build import build
from sde_datasets.hub.connection import Connection
from sde_datasets.hub.push import Push, Pushed
from sde_datasets.hub.target import Target
from sde_datasets.plan import Plan, ViewPlan, named
from sde_datasets.progress import Progress

NAME = "org/sde"
QUIET = Progress(quiet=True)


@pytest.fixture(scope="package", autouse=True)
def settings(tmp_path_factory):
    """What the library reads from the environment at its import: no Xet storage, nothing kept, nobody else asked."""
    disable_progress_bars()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        patch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr("huggingface_hub.utils._detect_agent._registry", {"standardEnvVars": [], "harnesses": {}})
        yield


@pytest.fixture
def hub(tmp_path):
    with Hub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path) -> Iterator[None]:
    """A machine on which nobody is logged in; the client is as it was after each command."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    yield
    set_client_factory(default_client_factory)


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


def pushed(hub: Hub, folder: Path, one_commit: int = 2_000, **how) -> Pushed:
    """Push a folder as the command does."""
    return Push.of(folder, Target(NAME, **how), connected(hub), one_commit).run(QUIET)


def own_data(folder: Path, texts: list[str], designs: tuple[str, ...], licence: str = "cc-by-4.0") -> Path:
    """Build texts of our own, about food, the last of them as test; the folder that was built."""
    rows = [
        {"text": text, "split": "train", "annotations": [{"target": "food", "label": "positive"}]} for text in texts
    ]
    rows[-1]["split"] = "test"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    view = ViewPlan("jsonl", "mine.jsonl", task="mabsa", targets=("food", "price"), licence=licence)
    plan = named(Plan((view,), name="Small", designs=designs, base=folder), "test")
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

    Fails where the card names a file that is not there, or the manifest another one.
    """
    try:
        files = hub.repository(NAME).files(revision)
    except KeyError:
        return {}
    if "README.md" not in files:
        return {}
    card = files["README.md"].decode()
    configs = yaml.safe_load(card.split("---\n")[1])["configs"]
    listed = set(json.loads(files["manifest.json"])["outputs"])
    seen = {}
    for config in configs:
        for part in config["data_files"]:
            assert part["path"] in files and part["path"] in listed, part["path"]
            seen[config["config_name"], part["split"]] = files[part["path"]]
    return seen
