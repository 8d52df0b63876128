"""What the tests of training share: bundled corpora under some designs, small random models, a run.

Without torch and its kin they are skipped, and say so.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDED = ("torch", "transformers", "peft", "accelerate", "llguidance")
MISSING = [name for name in NEEDED if find_spec(name) is None]
collect_ignore_glob = ["test_*.py"] if MISSING else []


def pytest_report_header() -> list[str]:
    return [f"tests/train is skipped: {MISSING[0]} is not installed"] if MISSING else []


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Two test processes share two cores."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """The bundled corpora under all designs without an instruction, and ES and EW."""
    from dataclasses import replace

    from sde_datasets.build import build
    from sde_datasets.plan import bundled_plan, read_plan
    from sde_datasets.progress import Progress

    out = tmp_path_factory.mktemp("bundled") / "data"
    plan = replace(read_plan(bundled_plan()), designs=("*-noinst", "es", "ew"))
    build(plan, out, workers=1, progress=Progress(quiet=True))
    return out


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """Folders with small random models: llama, qwen, gpt2 (tokenizer without a pad token)."""
    from train.models import save_models

    folder = tmp_path_factory.mktemp("models")
    save_models(folder)
    return folder


@pytest.fixture(scope="session")
def run(tmp_path_factory, data) -> Path:
    """A run of the bundled model, trained for a few steps: it answers, badly."""
    from sde_datasets.progress import Progress
    from sde_datasets.train.options import Options
    from sde_datasets.train.run import train

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    options = Options(config="ner-lines-text-noinst", data=str(data), model="tiny", steps=12, out=str(folder))
    train(options, progress=Progress(quiet=True))
    return folder


@pytest.fixture(scope="session")
def quiet():
    from sde_datasets.progress import Progress

    return Progress(quiet=True)


@pytest.fixture
def hurried(monkeypatch):
    """Wait shortly between tries."""
    from sde_datasets.train import patience

    monkeypatch.setattr(patience, "_FIRST", 0.01)


@pytest.fixture
def served():
    """A server that answers each prompt with its length: its address, and what it was asked."""
    from train.server import serving

    with serving(lambda prompt: f"'DNA': '{len(prompt)}'") as (url, state):
        yield url, state


@pytest.fixture
def template(data):
    """The template of the prompts of ner-es."""
    from sde_datasets.train.samples import Split

    return Split.of(str(data), "ner-es", "test").template
