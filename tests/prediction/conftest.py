"""Fixtures of the tests of prediction, which are skipped where a library is missing."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.optional_libraries import MISSING

collect_ignore_glob = ["test_*.py"] if MISSING else [] if find_spec("openai") else ["test_server*.py"]


def pytest_report_header() -> list[str]:
    return [f"tests/prediction is skipped: {MISSING[0]} is not installed"] if MISSING else []


@pytest.fixture
def short_pauses(monkeypatch):
    """Wait shortly before a response that cannot be read is requested again."""
    from sde_datasets.prediction import server_client

    monkeypatch.setattr(server_client, "_PAUSE", 0.01)


@pytest.fixture
def served():
    """A server that answers each prompt with its length: its address, and what it was asked."""
    from tests.prediction.server import serving

    with serving(lambda prompt: f"'DNA': '{len(prompt)}'") as (url, state):
        yield url, state


@pytest.fixture
def template(data):
    """The template of the prompts of ner-es."""
    from sde_datasets.runs.samples import Split

    return Split.open(str(data), "ner-es", "test").template
